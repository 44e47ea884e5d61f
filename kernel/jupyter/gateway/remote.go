package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// remote is a kernel on a gateway: a [jupyter.Remote].
type remote struct {
	gateway *Gateway
	id      string
	session string // by which the server knows us again
	owned   bool

	ctx    context.Context // ends with Close
	cancel context.CancelFunc

	// received is when something last came, in nanoseconds of Unix.
	received atomic.Int64

	mu       sync.Mutex
	conn     *connection   // nil while there is none
	changed  chan struct{} // closed when conn or ended is set
	ended    error         // why there will be no connection any more
	stopping bool          // the end was asked for
	progress progress
}

func newRemote(g *Gateway, id string, owned bool) *remote {
	r := &remote{
		gateway: g, id: id, session: rand.Text(), owned: owned, changed: make(chan struct{}),
		progress: newProgress(),
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

func (r *remote) path() string { return "/api/kernels/" + url.PathEscape(r.id) }

func (r *remote) model(ctx context.Context) (m model, err error) {
	return m, r.gateway.call(ctx, http.MethodGet, r.path(), nil, &m)
}

// Close implements [jupyter.Transport].
func (r *remote) Close() error {
	r.end(jupyter.ErrClosed)
	r.cancel()
	r.mu.Lock()
	conn := r.conn
	r.conn = nil
	r.mu.Unlock()
	if conn != nil {
		conn.CloseNow()
	}
	return nil
}

// Owned implements [jupyter.Remote].
func (r *remote) Owned() bool { return r.owned }

// Interrupt implements [jupyter.Remote]: the server does as the kernelspec says.
func (r *remote) Interrupt(ctx context.Context) error {
	return r.gateway.call(ctx, http.MethodPost, r.path()+"/interrupt", nil, nil)
}

// hurried bounds the end of a kernel whose context has ended; a server first
// asks a kernel, and kills it after some seconds.
const hurried = 10 * time.Second

// Shutdown implements [jupyter.Remote]. What the kernel sent until its end can
// still be received.
func (r *remote) Shutdown(ctx context.Context) error {
	r.mu.Lock()
	r.stopping = true
	r.mu.Unlock()
	err := r.remove(ctx)
	r.end(errStopped)
	r.mu.Lock()
	conn := r.conn
	r.mu.Unlock()
	if conn != nil {
		conn.Close(websocket.StatusNormalClosure, "") // takes in what is on its way
	}
	r.cancel()
	return err
}

var errStopped = errors.New("the kernel has been ended")

// remove has the gateway end the kernel.
func (r *remote) remove(ctx context.Context) error {
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), hurried)
		defer cancel()
	}
	err := r.gateway.call(ctx, http.MethodDelete, r.path(), nil, nil)
	if err != nil && !isGone(err) {
		return fmt.Errorf("kernel %s may still run there: %w", r.id, err)
	}
	return nil
}

// discard ends a kernel that nobody has a connection to.
func (r *remote) discard() error {
	ctx, cancel := context.WithTimeout(context.Background(), hurried)
	defer cancel()
	defer r.Close()
	return r.remove(ctx)
}

// Restart implements [jupyter.Remote].
func (r *remote) Restart(ctx context.Context) (jupyter.Remote, error) {
	r.mu.Lock()
	r.stopping = true
	r.mu.Unlock()
	r.Close()
	next := newRemote(r.gateway, r.id, r.owned)
	err := r.gateway.callFor(ctx, http.MethodPost, r.path()+"/restart", nil, nil)
	if err == nil {
		err = next.open(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, next.discard())
	}
	return next, nil
}
