package jupyter

import (
	"errors"
	"strings"
)

// receive delivers what the transport brings and ends the stream after it.
func (c *Client) receive() {
	c.transport.Receive(c.deliver)
	close(c.ended)
	if c.last != nil {
		if e, ok := c.last(); ok {
			c.queue.push(e)
		}
	}
	c.queue.end()
}

// deliver gives an event to the call that waits for it, or to the stream.
func (c *Client) deliver(e Event) {
	var lost *ChannelLostError
	if errors.As(e.Err, &lost) {
		c.channelLost(lost)
	}
	parent := e.ParentID()
	c.mu.Lock()
	if e.Channel == IOPub && e.Message != nil && !c.hasIOPub {
		c.hasIOPub = true
		close(c.published)
	}
	// The reply to a control request may come on the shell channel.
	isReply := (e.Channel == Shell || e.Channel == Control) && strings.HasSuffix(e.Type(), "_reply")
	if w, ok := c.waiting[parent]; ok && isReply {
		delete(c.waiting, parent)
		c.mu.Unlock()
		w <- e // has room for the one event it gets
		return
	}
	drop := parent != "" && c.muted[parent]
	c.mu.Unlock()
	if !drop {
		c.queue.push(e)
	}
}
