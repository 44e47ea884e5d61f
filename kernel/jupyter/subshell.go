package jupyter

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"
)

// AttachSubshell is Attach for a subshell of its own: what the kernel gets from
// here runs beside what others have it run, and the kernel need not be idle. The
// subshell ends with Close.
func AttachSubshell(ctx context.Context, info *ConnectionInfo) (*Kernel, error) {
	client, err := Connect(ctx, info)
	if err != nil {
		return nil, err
	}
	reply, err := ask[*CreateSubshellReply](ctx, client, Control, &CreateSubshellRequest{})
	if err == nil && (reply.Status != StatusOK || reply.ID == "") {
		err = fmt.Errorf("jupyter: the kernel makes no subshell: %s %s", reply.Name, reply.Value)
	}
	if err != nil {
		client.Close()
		return nil, fmt.Errorf("%w (kernels with subshells say so; the live kernel has them)", err)
	}
	client.subshell = reply.ID
	k := &Kernel{Client: client, stopping: make(chan struct{}), stopped: make(chan struct{})}
	if k.Info, err = client.WaitReady(ctx); err != nil {
		k.Close()
		return nil, err
	}
	return k, nil
}

// leaving is how long a kernel may take to end a subshell.
const leaving = time.Second

// leaveSubshell ends the subshell of this client, if it has one.
func (c *Client) leaveSubshell() {
	if c.subshell == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaving)
	defer cancel()
	// A kernel that is gone has no subshells.
	_, _ = c.Request(ctx, Control, &DeleteSubshellRequest{ID: c.subshell})
}

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
