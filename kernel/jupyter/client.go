package jupyter

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Client is a connection to a kernel: it sends requests and delivers what the
// kernel says as one ordered stream of events. Its methods may be called by
// several goroutines at a time.
type Client struct {
	session   string
	transport Transport
	queue     *eventQueue
	ended     chan struct{} // closed when nothing more is received

	// last, if set, is called when nothing more is received and gives the
	// stream's final event.
	last func() (Event, bool)

	// subshell is set before anybody else knows the client; see AttachSubshell.
	subshell string

	mu        sync.Mutex
	closed    bool
	lost      [Heartbeat]error      // why a channel ended
	waiting   map[string]chan Event // for the reply to a request, by its id
	muted     map[string]bool       // requests whose events nobody wants
	published chan struct{}         // closed at the first iopub message
	hasIOPub  bool
}

// ChannelLostError reports that a channel's connection ended or broke. The
// kernel is most likely gone; a new client can find out.
type ChannelLostError struct {
	Channel Channel
	Err     error
}

// Error names the channel and the cause.
func (e *ChannelLostError) Error() string {
	return fmt.Sprintf("jupyter: %s channel lost: %v", e.Channel, e.Err)
}

// Unwrap returns the cause, often io.EOF.
func (e *ChannelLostError) Unwrap() error { return e.Err }

// ErrClosed is returned by the methods of a client that was closed.
var ErrClosed = errors.New("jupyter: client is closed")

// Connect reaches a running kernel, and retries until ctx ends. Call
// [Client.WaitReady] before anything else.
func Connect(ctx context.Context, info *ConnectionInfo) (*Client, error) {
	return connect(ctx, info, nil)
}

func connect(ctx context.Context, info *ConnectionInfo, last func() (Event, bool)) (*Client, error) {
	if err := info.Validate(); err != nil {
		return nil, fmt.Errorf("jupyter: connection: %w", err)
	}
	session := rand.Text()
	transport, err := dialSockets(ctx, info, session)
	if err != nil {
		return nil, fmt.Errorf("jupyter: connect to kernel: %w", err)
	}
	return newClient(transport, session, last), nil
}

// NewClient returns a client of the kernel that a transport reaches. Call
// [Client.WaitReady] before anything else.
func NewClient(transport Transport) *Client { return newClient(transport, rand.Text(), nil) }

func newClient(transport Transport, session string, last func() (Event, bool)) *Client {
	c := &Client{
		session:   session,
		transport: transport,
		queue:     newEventQueue(),
		ended:     make(chan struct{}),
		last:      last,
		waiting:   map[string]chan Event{},
		muted:     map[string]bool{},
		published: make(chan struct{}),
	}
	go c.receive()
	return c
}

// disconnected returns a client that is closed already.
func disconnected() *Client {
	c := &Client{transport: &sockets{}, queue: newEventQueue(), ended: make(chan struct{}), closed: true}
	c.queue.abandon()
	close(c.ended)
	return c
}

// Events returns the stream of what the kernel sent, in the order in which it
// came; there is one stream for all callers. Output belongs to the request
// named by [Event.ParentID], which may long be answered: output can come late.
// Replies that [Client.Request] and its kin wait for are not in the stream.
//
// The channel is closed after the last event when the kernel is gone, and by
// [Client.Close]. Events queue up without limit until they are read.
func (c *Client) Events() <-chan Event { return c.queue.out }

// Close ends the connection. The kernel goes on.
func (c *Client) Close() error {
	c.mu.Lock()
	c.closed = true
	c.failWaiting(ErrClosed)
	c.mu.Unlock()
	err := c.transport.Close()
	c.queue.abandon()
	<-c.ended
	return err
}

// Ping sends an echo request to the kernel's heartbeat and returns the time
// until the answer. It tells whether the process is alive, also while a cell
// runs; whether it is well, it cannot tell. After an error the connection is
// made anew. Of a kernel behind a gateway it tells that the gateway answers.
func (c *Client) Ping(ctx context.Context) (time.Duration, error) {
	d, err := c.transport.Ping(ctx)
	if err != nil {
		return 0, fmt.Errorf("jupyter: heartbeat: %w", err)
	}
	return d, nil
}

// Send sends a request and returns its id, by which the events it causes can
// be told: their [Event.ParentID].
func (c *Client) Send(ctx context.Context, ch Channel, content Content) (id string, err error) {
	id = rand.Text()
	return id, c.send(ctx, ch, content, &Message{Header: c.header(id, content)})
}

// SendComm sends a comm message with buffers on the shell channel.
func (c *Client) SendComm(ctx context.Context, content Content, buffers ...[]byte) (id string, err error) {
	return c.SendWith(ctx, Shell, content, nil, buffers...)
}

// SendWith sends a request as Send does, with the message's metadata, a JSON
// object, and buffers.
func (c *Client) SendWith(ctx context.Context, ch Channel, content Content, metadata json.RawMessage,
	buffers ...[]byte) (id string, err error) {
	id = rand.Text()
	return id, c.send(ctx, ch, content, &Message{Header: c.header(id, content), Metadata: metadata, Buffers: buffers})
}

// Execute asks the kernel to run code and returns at once with the request's
// id. What follows are events with that parent: usually status busy,
// execute_input, output, an execute_reply on the shell channel, and status
// idle; but a kernel may leave out any of them, or send more later.
func (c *Client) Execute(ctx context.Context, request ExecuteRequest) (id string, err error) {
	return c.Send(ctx, Shell, &request)
}

// Input answers an input_request that came on the stdin channel.
func (c *Client) Input(ctx context.Context, request *Message, value string) error {
	reply := &InputReply{Value: value}
	return c.send(ctx, Stdin, reply, &Message{Header: c.header(rand.Text(), reply), Parent: request.Header})
}

func (c *Client) header(id string, content Content) Header {
	return Header{
		ID:       id,
		Session:  c.session,
		Username: "gocifar",
		Date:     time.Now().UTC().Format("2006-01-02T15:04:05.000000Z"),
		Type:     content.MessageType(),
		Version:  ProtocolVersion,
		Subshell: c.subshell,
	}
}

func (c *Client) send(ctx context.Context, ch Channel, content Content, m *Message) error {
	h := m.Header
	if ch < 0 || ch >= Heartbeat || ch == IOPub {
		return fmt.Errorf("jupyter: cannot send %s on the %s channel", h.Type, ch)
	}
	if err := c.unusable(ch); err != nil {
		return fmt.Errorf("jupyter: send %s: %w", h.Type, err)
	}
	var err error
	if m.Content, err = json.Marshal(content); err != nil {
		return fmt.Errorf("jupyter: content of %s: %w", h.Type, err)
	}
	if err := c.transport.Send(ctx, ch, m); err != nil {
		return fmt.Errorf("jupyter: send %s: %w", h.Type, err)
	}
	return nil
}

// channelLost notes the end of a channel. Replies come on shell or control, so
// who waits for one is told when both have ended, not earlier: the last reply
// may still be on its way when the other channels end.
func (c *Client) channelLost(lost *ChannelLostError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lost[lost.Channel] = lost
	if c.lost[Shell] != nil && c.lost[Control] != nil {
		c.failWaiting(lost)
	}
}

// failWaiting must be called with the lock held.
func (c *Client) failWaiting(err error) {
	for id, w := range c.waiting {
		w <- Event{Time: time.Now(), Err: err}
		delete(c.waiting, id)
	}
}

// unusable says why nothing can be sent on a channel.
func (c *Client) unusable(ch Channel) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return ErrClosed
	}
	return c.lost[ch]
}
