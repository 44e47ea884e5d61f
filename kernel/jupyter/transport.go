package jupyter

import (
	"context"
	"time"
)

// Transport carries messages between a [Client] and one kernel. [Connect] uses
// ZeroMQ sockets; package gateway has one for kernels behind a Jupyter server.
// Its methods may be called by several goroutines at a time.
type Transport interface {
	// Send sends a message on Shell, Control or Stdin, or fails because it
	// cannot, or because ctx ended before it could.
	Send(ctx context.Context, ch Channel, m *Message) error
	// Receive hands on what comes, in the order in which it came, until nothing
	// more can come, and returns then. It is called once. That a channel has
	// ended, or the kernel died, is an event as well: see [Event.Err].
	Receive(deliver func(Event))
	// Ping returns how long an echo took, of the kernel or of what is nearest
	// to the kernel.
	Ping(ctx context.Context) (time.Duration, error)
	// Close ends the connection, and with it Receive. The kernel goes on.
	Close() error
}

// Remote is a kernel whose process is another program's, which also ends and
// interrupts it.
type Remote interface {
	Transport
	Interrupt(ctx context.Context) error
	// Shutdown ends the kernel and returns when it is gone. It does so in some
	// seconds also if ctx has ended.
	Shutdown(ctx context.Context) error
	// Restart ends the kernel's process and returns another kernel like it,
	// with a connection of its own.
	Restart(ctx context.Context) (Remote, error)
	// Owned tells whether the kernel was started for this program, so that
	// [Kernel.Close] ends it.
	Owned() bool
}

// GapError reports that messages of the kernel did not come, or may not have
// come, through a [Transport] that is good again.
type GapError struct{ Err error }

// Error says what is missing and why.
func (e *GapError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *GapError) Unwrap() error { return e.Err }

// Use makes a Kernel of a remote one and waits until it is ready or ctx ends;
// then the kernel is closed.
func Use(ctx context.Context, remote Remote) (*Kernel, error) {
	k := &Kernel{
		Client: NewClient(remote), remote: remote,
		stopping: make(chan struct{}), stopped: make(chan struct{}),
	}
	var err error
	if k.Info, err = k.Client.WaitReady(ctx); err != nil {
		k.Close()
		return nil, err
	}
	return k, nil
}
