package jupyter

import (
	"strings"
	"time"
)

// read delivers what comes on one channel until its connection ends.
func (c *Client) read(ch Channel) {
	defer c.readers.Done()
	for {
		frames, err := c.sockets[ch].Recv()
		now := time.Now()
		if err != nil {
			lost := &ChannelLostError{Channel: ch, Err: err}
			c.channelLost(lost)
			c.queue.push(Event{Time: now, Channel: ch, Err: lost})
			return
		}
		c.deliver(c.decode(now, ch, frames))
	}
}

func (c *Client) decode(now time.Time, ch Channel, frames [][]byte) Event {
	e := Event{Time: now, Channel: ch}
	var err error
	if e.Message, err = c.guard.Decode(c.signer, frames); err == nil {
		e.Content, err = ParseContent(e.Message.Header.Type, e.Message.Content)
	}
	if err != nil {
		e.Err = &BadMessageError{Channel: ch, Frames: len(frames), Err: err}
	}
	return e
}

// deliver gives an event to the call that waits for it, or to the stream.
func (c *Client) deliver(e Event) {
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

// finish ends the stream when no channel is left to read.
func (c *Client) finish() {
	c.readers.Wait()
	close(c.ended)
	if c.last != nil {
		if e, ok := c.last(); ok {
			c.queue.push(e)
		}
	}
	c.queue.end()
}
