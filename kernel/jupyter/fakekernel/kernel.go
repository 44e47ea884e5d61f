package fakekernel

import (
	"context"
	"fmt"
	"sync"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// Options are a fake kernel's script and its misbehavior.
type Options struct {
	// Execute is the script for execute requests. Nil prints nothing.
	Execute func(*Execution)
	// Manual leaves every message about an execution to the script.
	Manual bool
	// Respond may answer any other request than execute_request, with
	// [Kernel.Reply], and then returns true. It runs before the default
	// answers to kernel_info, interrupt and shutdown requests; other requests
	// have no default answer and stay without one.
	Respond func(k *Kernel, r *Request) bool
	// Info answers kernel_info_request. Nil gives a plain one.
	Info *jupyter.KernelInfoReply
	// NeverReady leaves kernel_info requests unanswered.
	NeverReady bool
	// SilentIOPub publishes nothing, as if every subscription came too late.
	SilentIOPub bool
	// ControlRepliesOnShell sends the replies to control requests on the
	// shell socket, as GoNB does.
	ControlRepliesOnShell bool
	// IgnoreInterrupt answers interrupt requests but interrupts nothing.
	IgnoreInterrupt bool
	// IgnoreShutdown does not answer shutdown requests, and goes on.
	IgnoreShutdown bool
}

// Kernel is a running fake.
type Kernel struct {
	options Options
	server  *jupyter.Server

	ctx     context.Context
	cancel  context.CancelFunc
	workers sync.WaitGroup
	shell   chan *Request
	stopped chan struct{}
	once    sync.Once

	mu       sync.Mutex
	received []*jupyter.Message
	count    int
	current  *Execution
	inputs   chan string
}

// Request is a message from the client.
type Request = jupyter.Request

// Start serves on free ports of the loopback interface.
func Start(options Options) (*Kernel, error) {
	info, err := jupyter.NewTCPConnection()
	if err != nil {
		return nil, err
	}
	// Let the listening sockets choose the ports: no other process can come
	// between.
	info.ShellPort, info.ControlPort, info.StdinPort, info.IOPubPort, info.HBPort = 0, 0, 0, 0, 0
	return Serve(info, options)
}

// Serve serves on the given connection, of which ports may be 0.
func Serve(info *jupyter.ConnectionInfo, options Options) (*Kernel, error) {
	k := &Kernel{
		options: options,
		shell:   make(chan *Request, 1000),
		stopped: make(chan struct{}),
		inputs:  make(chan string),
	}
	k.ctx, k.cancel = context.WithCancel(context.Background())
	var err error
	if k.server, err = jupyter.Serve(k.ctx, info); err != nil {
		k.cancel()
		return nil, fmt.Errorf("fakekernel: %w", err)
	}
	k.workers.Go(k.work)
	k.server.Start(k.receive, func(jupyter.Channel, error) {})
	return k, nil
}

// Connection says where the fake listens.
func (k *Kernel) Connection() *jupyter.ConnectionInfo { return k.server.Connection() }

// Received returns every well-formed message that came so far.
func (k *Kernel) Received() []*jupyter.Message {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]*jupyter.Message(nil), k.received...)
}

// Executed returns the code of every execute request that came so far.
func (k *Kernel) Executed() []string {
	var code []string
	for _, m := range k.Received() {
		if c, err := jupyter.ParseContent(m.Header.Type, m.Content); err == nil {
			if x, ok := c.(*jupyter.ExecuteRequest); ok {
				code = append(code, x.Code)
			}
		}
	}
	return code
}

// Stopped is closed when the fake has been shut down or has died.
func (k *Kernel) Stopped() <-chan struct{} { return k.stopped }

// Die closes every socket at once, as the system does for a killed process. A
// script may call it.
func (k *Kernel) Die() {
	k.once.Do(func() {
		k.cancel()
		// In a goroutine, because Close waits for the calls of receive, and the
		// caller may be one.
		k.workers.Go(k.server.Close)
		close(k.stopped)
	})
}

// Close ends the fake and returns when nothing of it is left. A script must
// not call it.
func (k *Kernel) Close() {
	k.Die()
	k.workers.Wait()
}

// Publish sends content on iopub with no parent.
func (k *Kernel) Publish(content jupyter.Content) { k.publish(jupyter.Header{}, content, nil) }

// Reply answers a request on the channel it came on, or on shell with
// ControlRepliesOnShell.
func (k *Kernel) Reply(r *Request, content jupyter.Content) {
	ch := r.Channel
	if ch == jupyter.Control && k.options.ControlRepliesOnShell {
		ch = jupyter.Shell
	}
	must(k.server.Send(ch, r, content))
}

func (k *Kernel) publish(parent jupyter.Header, content jupyter.Content, buffers [][]byte) {
	if !k.options.SilentIOPub {
		must(k.server.Publish(parent, content, buffers...))
	}
}

// must panics: content that cannot be encoded is a mistake in the test.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("fakekernel: %v", err))
	}
}
