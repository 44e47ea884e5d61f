package fakekernel

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// Execution is one execute request and what a script can do about it.
type Execution struct {
	// Kernel is the fake that executes.
	Kernel *Kernel
	// Request is the client's message, Content its content.
	Request *Request
	Content *jupyter.ExecuteRequest
	// Code is Content.Code.
	Code string
	// Count is the execution count.
	Count int
	// NoReply leaves out the execute_reply, NoIdle the final status. A script
	// sets them.
	NoReply, NoIdle bool

	reply         *jupyter.ExecuteReply
	metadata      json.RawMessage // of the reply
	afterIdle     []func()
	interrupted   chan struct{}
	interruptOnce sync.Once
}

// execute runs the script for one request.
func (k *Kernel) execute(r *Request, content *jupyter.ExecuteRequest) {
	x := &Execution{Kernel: k, Request: r, Content: content, Code: content.Code, interrupted: make(chan struct{})}
	k.mu.Lock()
	if content.StoreHistory && !content.Silent {
		k.count++
	}
	x.Count = k.count
	k.current = x
	k.mu.Unlock()
	defer func() {
		k.mu.Lock()
		k.current = nil
		k.mu.Unlock()
	}()
	x.reply = &jupyter.ExecuteReply{Status: jupyter.StatusOK, ExecutionCount: x.Count}

	if !k.options.Manual {
		x.Status(jupyter.Busy)
		x.EchoInput()
	}
	if k.options.Execute != nil {
		k.options.Execute(x)
	}
	if k.options.Manual {
		return
	}
	if !x.NoReply {
		must(x.Kernel.server.SendWith(jupyter.Shell, x.Request, x.reply, x.metadata))
	}
	if !x.NoIdle {
		x.Status(jupyter.Idle)
	}
	for _, f := range x.afterIdle {
		f()
	}
}

// Publish sends content on iopub, as caused by this request.
func (x *Execution) Publish(content jupyter.Content, buffers ...[]byte) {
	x.Kernel.publish(x.Request.Message.Header, content, buffers)
}

// PublishFor sends content on iopub as caused by another request, of which
// only the id matters.
func (x *Execution) PublishFor(parentID string, content jupyter.Content) {
	h := x.Request.Message.Header
	h.ID = parentID
	x.Kernel.publish(h, content, nil)
}

// Stdout sends one stream message.
func (x *Execution) Stdout(text string) { x.Publish(&jupyter.Stream{Name: "stdout", Text: text}) }

// Stderr sends one stream message.
func (x *Execution) Stderr(text string) { x.Publish(&jupyter.Stream{Name: "stderr", Text: text}) }

// Display sends display_data. The id may be empty.
func (x *Execution) Display(displayID string, data map[string]string) {
	x.Publish(&jupyter.DisplayData{Data: Bundle(data), Transient: jupyter.Transient{DisplayID: displayID}})
}

// Update sends update_display_data.
func (x *Execution) Update(displayID string, data map[string]string) {
	x.Publish(&jupyter.UpdateDisplayData{Data: Bundle(data), Transient: jupyter.Transient{DisplayID: displayID}})
}

// Result sends execute_result.
func (x *Execution) Result(data map[string]string) {
	x.Publish(&jupyter.ExecuteResult{ExecutionCount: x.Count, Data: Bundle(data)})
}

// Fail publishes an error and makes the reply say the same.
func (x *Execution) Fail(name, value string, traceback ...string) {
	x.Publish(&jupyter.ErrorOutput{Name: name, Value: value, Traceback: traceback})
	x.SetReply(&jupyter.ExecuteReply{
		Status: jupyter.StatusError, ExecutionCount: x.Count,
		ReplyError: jupyter.ReplyError{Name: name, Value: value, Traceback: traceback},
	})
}

// Clear sends clear_output.
func (x *Execution) Clear(wait bool) { x.Publish(&jupyter.ClearOutput{Wait: wait}) }

// Status sends a status, EchoInput an execute_input. Both happen by themselves
// unless [Options.Manual] is set.
func (x *Execution) Status(state string) { x.Publish(&jupyter.Status{State: state}) }

// EchoInput sends execute_input.
func (x *Execution) EchoInput() {
	x.Publish(&jupyter.ExecuteInput{Code: x.Code, ExecutionCount: x.Count})
}

// SetReply is what will be answered when the script ends.
func (x *Execution) SetReply(r *jupyter.ExecuteReply) { x.reply = r }

// SetReplyMetadata is the metadata of that answer, a JSON object.
func (x *Execution) SetReplyMetadata(metadata json.RawMessage) { x.metadata = metadata }

// Reply answers the request now, on the shell channel.
func (x *Execution) Reply(r *jupyter.ExecuteReply) { x.Kernel.Reply(x.Request, r) }

// ReplyOn answers the request now, on any channel.
func (x *Execution) ReplyOn(ch jupyter.Channel, content jupyter.Content) {
	must(x.Kernel.server.Send(ch, x.Request, content))
}

// AfterIdle runs f when reply and idle have been sent, before the next request
// is looked at.
func (x *Execution) AfterIdle(f func()) { x.afterIdle = append(x.afterIdle, f) }

// Input asks the client for a line and waits for it, until an interrupt or the
// fake's end.
func (x *Execution) Input(prompt string, password bool) (string, error) {
	x.ReplyOn(jupyter.Stdin, &jupyter.InputRequest{Prompt: prompt, Password: password})
	select {
	case line := <-x.Kernel.inputs:
		return line, nil
	case <-x.interrupted:
		return "", fmt.Errorf("interrupted while waiting for input")
	case <-x.Kernel.ctx.Done():
		return "", context.Cause(x.Kernel.ctx)
	}
}

// Interrupted is closed when the client interrupts this execution.
func (x *Execution) Interrupted() <-chan struct{} { return x.interrupted }

// Sleep waits for d, and reports false if an interrupt or the fake's end came
// first.
func (x *Execution) Sleep(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-x.interrupted:
	case <-x.Kernel.ctx.Done():
	}
	return false
}

// Raw sends frames as they are: on iopub to every subscriber, else to the
// client that sent the request.
func (x *Execution) Raw(ch jupyter.Channel, frames ...[]byte) {
	if ch != jupyter.IOPub || !x.Kernel.options.SilentIOPub {
		x.Kernel.server.SendFrames(ch, x.Request, frames)
	}
}

// Frames encodes a message about this request, for Raw to send after damage.
func (x *Execution) Frames(content jupyter.Content) [][]byte {
	frames, err := x.Kernel.server.Frames(x.Request.Header(), nil, content)
	must(err)
	return frames
}

// BadSignature sends content on a channel, signed with another key.
func (x *Execution) BadSignature(ch jupyter.Channel, content jupyter.Content) {
	frames := x.Frames(content)
	for i, f := range frames {
		if string(f) == "<IDS|MSG>" {
			frames[i+1] = []byte("00000000000000000000000000000000" + "00000000000000000000000000000000")
			break
		}
	}
	x.Raw(ch, frames...)
}

func (x *Execution) interrupt() { x.interruptOnce.Do(func() { close(x.interrupted) }) }

// Bundle makes a MIME bundle of texts.
func Bundle(data map[string]string) jupyter.MIMEBundle {
	b := jupyter.MIMEBundle{}
	for mimeType, text := range data {
		raw, err := json.Marshal(text)
		if err != nil {
			panic(fmt.Sprintf("fakekernel: %v", err)) // strings always encode
		}
		b[mimeType] = raw
	}
	return b
}
