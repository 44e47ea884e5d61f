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
	"github.com/gocifar/gocifar/kernel/jupyter/gateway/internal/wire"
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

// connection is one websocket, in the form of messages that both sides agreed
// on.
type connection struct {
	*websocket.Conn
	wire.Form
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

// dial makes a websocket.
func (r *remote) dial(ctx context.Context) (*connection, error) {
	g := r.gateway
	address := g.sockets.String() + r.path() + "/channels?" + url.Values{"session_id": {r.session}}.Encode()
	conn, response, err := websocket.Dial(ctx, address, &websocket.DialOptions{
		HTTPClient: g.http, HTTPHeader: g.header.Clone(), Subprotocols: []string{wire.Subprotocol},
	})
	if err != nil {
		if response != nil && response.StatusCode != http.StatusSwitchingProtocols {
			if refusal := g.refusal(response, nil); refusal != nil {
				err = refusal
			}
		} else {
			err = g.explain(ctx, err)
		}
		return nil, g.errorf("websocket of the kernel: %w", err)
	}
	conn.SetReadLimit(-1) // a notebook's output may be of any size
	return &connection{conn, wire.For(conn.Subprotocol())}, nil
}

// open makes the first websocket. The server may take its time: it answers when
// the kernel does.
func (r *remote) open(ctx context.Context) error {
	for attempt := 0; ; attempt++ {
		conn, err := r.dial(ctx)
		if err == nil {
			r.use(conn)
			return nil
		}
		if ctx.Err() != nil || isRefused(err) || attempt >= r.gateway.options.RetryMax {
			return err
		}
		if !sleep(ctx, r.gateway.options.pause(attempt)) {
			return err
		}
	}
}

// use makes conn the connection; nil says that there is none for now.
func (r *remote) use(conn *connection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended != nil && conn != nil { // it came too late
		conn.CloseNow()
		return
	}
	r.conn = conn
	if conn != nil {
		close(r.changed)
		r.changed = make(chan struct{})
		r.received.Store(time.Now().UnixNano())
		go r.keepAlive(conn)
	}
}

// end says that there will be no connection any more.
func (r *remote) end(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended == nil {
		r.ended = err
		close(r.changed)
	}
}

// current waits for a connection.
func (r *remote) current(ctx context.Context) (*connection, error) {
	for {
		r.mu.Lock()
		conn, ended, changed := r.conn, r.ended, r.changed
		r.mu.Unlock()
		switch {
		case ended != nil:
			return nil, ended
		case conn != nil:
			return conn, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("there is no connection to the gateway: %w", context.Cause(ctx))
		case <-r.ctx.Done():
			return nil, jupyter.ErrClosed
		}
	}
}

// writeLimit is how long a server may refuse to take a message.
const writeLimit = time.Minute

// Send implements [jupyter.Transport]. A message whose connection broke before
// all of it was written is sent again: the server has not had it.
func (r *remote) Send(ctx context.Context, ch jupyter.Channel, m *jupyter.Message) error {
	if ch == jupyter.Shell {
		r.progress.sent(m)
	}
	for {
		conn, err := r.current(ctx)
		if err != nil {
			return err
		}
		kind, raw, err := conn.Encode(ch, m)
		if err != nil {
			return err
		}
		// A context that ends during Write breaks the connection.
		written := make(chan error, 1)
		go func() {
			limit, cancel := context.WithTimeout(r.ctx, writeLimit)
			defer cancel()
			written <- conn.Write(limit, kind, raw)
		}()
		select {
		case err = <-written:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err == nil {
			return nil
		}
		conn.CloseNow()
		r.mu.Lock()
		if r.conn == conn { // until it is made again
			r.conn = nil
		}
		r.mu.Unlock()
	}
}

// Ping implements [jupyter.Transport]: the gateway answers. What else comes
// counts as well: the answer stands behind a large output.
func (r *remote) Ping(ctx context.Context) (time.Duration, error) {
	start := time.Now()
	conn, err := r.current(ctx)
	if err == nil {
		err = conn.Ping(ctx)
	}
	if err != nil && r.received.Load() < start.UnixNano() {
		return 0, err
	}
	return time.Since(start), nil
}

// A connection on which nothing comes for that long, in answer to a ping, is
// broken, although nobody has said so.
const (
	pingEvery = 15 * time.Second
	pingLimit = 15 * time.Second
)

// keepAlive notices connections that broke silently.
func (r *remote) keepAlive(conn *connection) {
	for sleep(r.ctx, pingEvery) && r.isCurrent(conn) {
		ctx, cancel := context.WithTimeout(r.ctx, pingLimit)
		start := time.Now()
		err := conn.Ping(ctx)
		cancel()
		if err != nil && r.received.Load() < start.UnixNano() {
			conn.CloseNow()
			return
		}
	}
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

// sleep waits, and reports whether ctx lasts.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
