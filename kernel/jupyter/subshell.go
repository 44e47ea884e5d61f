package jupyter

import (
	"context"
	"crypto/rand"
	"fmt"
)

// ExecuteIn is Execute in a subshell, or in the main shell for an empty id.
func (c *Client) ExecuteIn(ctx context.Context, subshell string, request ExecuteRequest) (id string, err error) {
	h := c.header(rand.Text(), &request)
	h.Subshell = subshell
	return h.ID, c.send(ctx, Shell, &request, &Message{Header: h})
}

// InterruptIn interrupts what a subshell runs, and with an empty id what a
// message to the kernel does. Kernels but our own may not look at the id.
func (c *Client) InterruptIn(ctx context.Context, subshell string) error {
	content := &InterruptRequest{}
	h := c.header(rand.Text(), content)
	h.Subshell = subshell
	e, err := c.requestWith(ctx, Control, h, content, false)
	if err != nil {
		return err
	}
	if reply, ok := e.Content.(*InterruptReply); ok && reply.Status == StatusError {
		return fmt.Errorf("jupyter: interrupt: %s: %s", reply.Name, reply.Value)
	}
	return nil
}
