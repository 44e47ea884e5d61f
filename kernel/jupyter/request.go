package jupyter

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"
)

// Request sends a request and waits for its reply, on the shell or the control
// channel, whichever it comes on. The reply does not appear in the stream of
// events; what else the request causes does.
//
// GoNB never answers is_complete, history, connect and comm_info requests, and
// answers the others only between executions: give ctx a deadline.
func (c *Client) Request(ctx context.Context, ch Channel, content Content) (Event, error) {
	return c.request(ctx, ch, content, false)
}

// RequestQuietly is Request without anything in the stream of events: what else
// the request causes, output of code for instance, is dropped.
func (c *Client) RequestQuietly(ctx context.Context, ch Channel, content Content) (Event, error) {
	return c.request(ctx, ch, content, true)
}

func (c *Client) request(ctx context.Context, ch Channel, content Content, mute bool) (Event, error) {
	return c.requestWith(ctx, ch, c.header(rand.Text(), content), content, mute)
}

func (c *Client) requestWith(ctx context.Context, ch Channel, h Header, content Content, mute bool) (Event, error) {
	id := h.ID
	reply := make(chan Event, 1)
	if err := c.await(id, reply, mute); err != nil {
		return Event{}, fmt.Errorf("jupyter: send %s: %w", content.MessageType(), err)
	}
	defer func() {
		c.mu.Lock()
		delete(c.waiting, id)
		c.mu.Unlock()
	}()
	if err := c.send(ctx, ch, content, &Message{Header: h}); err != nil {
		return Event{}, err
	}
	select {
	case e := <-reply:
		if e.Err != nil && e.Content == nil {
			return e, fmt.Errorf("jupyter: waiting for the reply to %s: %w", content.MessageType(), e.Err)
		}
		return e, nil
	case <-ctx.Done():
		return Event{}, fmt.Errorf("jupyter: no reply to %s: %w", content.MessageType(), context.Cause(ctx))
	}
}

// await enters a request whose reply, or the news that none can come any more,
// will be put into reply.
func (c *Client) await(id string, reply chan Event, mute bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return ErrClosed
	}
	if c.lost[Shell] != nil && c.lost[Control] != nil {
		return c.lost[Shell]
	}
	c.waiting[id] = reply
	if mute {
		c.muted[id] = true
	}
	return nil
}

// ask is Request with the reply's content in its own type.
func ask[R Content](ctx context.Context, c *Client, ch Channel, content Content) (R, error) {
	var none R
	e, err := c.Request(ctx, ch, content)
	if err != nil {
		return none, err
	}
	reply, ok := e.Content.(R)
	if !ok {
		return none, fmt.Errorf("jupyter: reply to %s is a %s", content.MessageType(), e.Type())
	}
	return reply, nil
}

// KernelInfo asks the kernel to describe itself.
func (c *Client) KernelInfo(ctx context.Context) (*KernelInfoReply, error) {
	return ask[*KernelInfoReply](ctx, c, Shell, &KernelInfoRequest{})
}

// Complete asks how code could go on at cursor, in code points.
func (c *Client) Complete(ctx context.Context, code string, cursor int) (*CompleteReply, error) {
	return ask[*CompleteReply](ctx, c, Shell, &CompleteRequest{Code: code, CursorPos: cursor})
}

// Inspect asks what stands at cursor, in code points.
func (c *Client) Inspect(ctx context.Context, code string, cursor, detail int) (*InspectReply, error) {
	return ask[*InspectReply](ctx, c, Shell, &InspectRequest{Code: code, CursorPos: cursor, DetailLevel: detail})
}

// IsComplete asks whether code can be run as it is.
func (c *Client) IsComplete(ctx context.Context, code string) (*IsCompleteReply, error) {
	return ask[*IsCompleteReply](ctx, c, Shell, &IsCompleteRequest{Code: code})
}

// History asks for earlier inputs.
func (c *Client) History(ctx context.Context, request HistoryRequest) (*HistoryReply, error) {
	return ask[*HistoryReply](ctx, c, Shell, &request)
}

// CommInfo asks for the open comms of a target, or of all if it is empty.
func (c *Client) CommInfo(ctx context.Context, target string) (*CommInfoReply, error) {
	return ask[*CommInfoReply](ctx, c, Shell, &CommInfoRequest{TargetName: target})
}

// askAgain is how long WaitReady waits for a reply before it asks once more,
// as jupyter_client does.
const askAgain = time.Second

// How long WaitReady gives the iopub messages of an answered request to come:
// first a time in which they usually do, unless the subscription was too late,
// then longer.
const (
	firstPublishWait = 10 * time.Millisecond
	lastPublishWait  = 200 * time.Millisecond
)

// WaitReady returns when the kernel has answered a kernel_info_request and a
// first message has come on iopub. The latter shows that the subscription has
// taken effect: until then a kernel drops what it publishes.
func (c *Client) WaitReady(ctx context.Context) (*KernelInfoReply, error) {
	var info *KernelInfoReply
	wait := firstPublishWait
	for {
		attempt, cancel := context.WithTimeout(ctx, askAgain)
		e, err := c.request(attempt, Shell, &KernelInfoRequest{}, true)
		cancel()
		if ctx.Err() != nil {
			return nil, c.notReady(ctx, info)
		}
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return nil, err
		}
		if reply, ok := e.Content.(*KernelInfoReply); ok {
			info = reply
		}
		if info == nil {
			continue
		}
		select {
		case <-c.published:
			return info, nil
		case <-ctx.Done():
			return nil, c.notReady(ctx, info)
		case <-time.After(wait):
			wait = min(2*wait, lastPublishWait)
		}
	}
}

func (c *Client) notReady(ctx context.Context, info *KernelInfoReply) error {
	if info == nil {
		return fmt.Errorf("jupyter: no reply to kernel_info_request: %w", context.Cause(ctx))
	}
	return fmt.Errorf("jupyter: kernel_info_reply came, but nothing on iopub: %w", context.Cause(ctx))
}
