package fakekernel

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/zmtp"
)

// Options are a fake kernel's script and its misbehaviour.
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
	info    *jupyter.ConnectionInfo
	signer  jupyter.Signer
	session string
	servers [5]*zmtp.Server

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
type Request struct {
	Channel  jupyter.Channel
	Message  *jupyter.Message
	Content  jupyter.Content
	identity string // of the client's socket
}

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
	bound := *info
	k := &Kernel{
		options: options,
		info:    &bound,
		signer:  jupyter.NewSigner(info.Key),
		session: rand.Text(),
		shell:   make(chan *Request, 1000),
		stopped: make(chan struct{}),
		inputs:  make(chan string),
	}
	k.ctx, k.cancel = context.WithCancel(context.Background())
	kinds := [5]zmtp.Kind{
		jupyter.Shell: zmtp.Router, jupyter.Control: zmtp.Router, jupyter.Stdin: zmtp.Router,
		jupyter.IOPub: zmtp.Pub, jupyter.Heartbeat: zmtp.Rep,
	}
	ports := [5]*int{
		jupyter.Shell: &bound.ShellPort, jupyter.Control: &bound.ControlPort, jupyter.Stdin: &bound.StdinPort,
		jupyter.IOPub: &bound.IOPubPort, jupyter.Heartbeat: &bound.HBPort,
	}
	for i, kind := range kinds {
		ch := jupyter.Channel(i)
		s, err := zmtp.Listen(info.Endpoint(ch), kind, k.receiver(ch))
		if err != nil {
			k.Close()
			return nil, fmt.Errorf("fakekernel: %s: %w", ch, err)
		}
		k.servers[ch] = s
		if info.Transport == jupyter.TCP {
			if *ports[ch], err = portOf(s.Endpoint()); err != nil {
				k.Close()
				return nil, err
			}
		}
	}
	k.workers.Add(1)
	go k.work()
	return k, nil
}

func portOf(endpoint string) (int, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return 0, err
	}
	_, port, err := net.SplitHostPort(u.Host)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(port)
}

// Connection says where the fake listens.
func (k *Kernel) Connection() *jupyter.ConnectionInfo { return k.info }

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
		for _, s := range k.servers {
			if s != nil {
				// From a goroutine, because Close waits for the sockets'
				// handlers, and the caller may be one.
				k.workers.Add(1)
				go func() {
					defer k.workers.Done()
					s.Close()
				}()
			}
		}
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
	k.sendTo(ch, r.identity, k.frames(r.Message.Header, content, nil))
}

func (k *Kernel) publish(parent jupyter.Header, content jupyter.Content, buffers [][]byte) {
	k.publishFrames(k.frames(parent, content, buffers))
}

func (k *Kernel) publishFrames(frames [][]byte) {
	if !k.options.SilentIOPub {
		// A client that has gone is no error of the fake's.
		_ = k.servers[jupyter.IOPub].Publish(k.ctx, frames...)
	}
}

func (k *Kernel) sendTo(ch jupyter.Channel, identity string, frames [][]byte) {
	_ = k.servers[ch].SendTo(k.ctx, identity, frames...)
}

// frames encodes a message. Content that cannot be encoded is a mistake in the
// test.
func (k *Kernel) frames(parent jupyter.Header, content jupyter.Content, buffers [][]byte) [][]byte {
	raw, err := json.Marshal(content)
	if err != nil {
		panic(fmt.Sprintf("fakekernel: %v", err))
	}
	frames, err := k.signer.Encode(&jupyter.Message{
		Header: jupyter.Header{
			ID: rand.Text(), Session: k.session, Username: "fake",
			Date: time.Now().UTC().Format(time.RFC3339),
			Type: content.MessageType(), Version: jupyter.ProtocolVersion,
		},
		Parent: parent, Content: raw, Buffers: buffers,
	})
	if err != nil {
		panic(fmt.Sprintf("fakekernel: %v", err))
	}
	return frames
}
