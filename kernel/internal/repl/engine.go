package repl

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// engine is the kernel that a session uses: one after the other, if kernels die
// or are restarted.
type engine struct {
	start func(context.Context) (*jupyter.Kernel, error)
	// attached says that the kernel runs for somebody else: it is not ended,
	// and not replaced.
	attached bool

	mu      sync.Mutex
	current *launch
}

// launch is one start of a kernel, and its outcome.
type launch struct {
	done   chan struct{} // closed when kernel and err are set
	cancel context.CancelFunc
	kernel *jupyter.Kernel
	err    error
}

// launch begins to start a kernel in the background; wait has the outcome.
func (g *engine) launch(ctx context.Context) *launch {
	ctx, cancel := context.WithCancel(ctx)
	l := &launch{done: make(chan struct{}), cancel: cancel}
	g.mu.Lock()
	g.current = l
	g.mu.Unlock()
	go func() {
		defer close(l.done)
		l.kernel, l.err = g.start(ctx)
	}()
	return l
}

// errCanceled ends the wait for a kernel.
var errCanceled = errors.New("canceled")

// wait returns the kernel when it is ready.
func (g *engine) wait(ctx context.Context) (*jupyter.Kernel, error) {
	g.mu.Lock()
	l := g.current
	g.mu.Unlock()
	select {
	case <-l.done:
		return l.kernel, l.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// ready returns the kernel if it has started, else nil.
func (g *engine) ready() *jupyter.Kernel {
	g.mu.Lock()
	l := g.current
	g.mu.Unlock()
	select {
	case <-l.done:
		return l.kernel
	default:
		return nil
	}
}

// endTime bounds how long a kernel may take to end when asked.
const endTime = 5 * time.Second

// close ends the kernel, or the connection to one that is not ours.
func (g *engine) close() {
	g.mu.Lock()
	l := g.current
	g.mu.Unlock()
	l.cancel()
	<-l.done
	if l.kernel == nil {
		return
	}
	if !g.attached {
		ctx, cancel := context.WithTimeout(context.Background(), endTime)
		defer cancel()
		// What is left of a kernel that cannot be ended cannot be helped here.
		_ = l.kernel.Shutdown(ctx)
	}
	_ = l.kernel.Close()
}

// replace ends the kernel and starts another in the background.
func (g *engine) replace(ctx context.Context) {
	g.close()
	g.launch(ctx)
}
