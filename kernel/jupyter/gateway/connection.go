package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/coder/websocket"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/gateway/internal/wire"
)

// connection is one websocket, in the form of messages that both sides agreed
// on.
type connection struct {
	*websocket.Conn
	wire.Form
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

// drop gives up a connection, until it is made again.
func (r *remote) drop(conn *connection) {
	conn.CloseNow()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conn == conn {
		r.conn = nil
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

// pause is how long to wait before an attempt, counted from 0, is repeated.
func (o Options) pause(attempt int) time.Duration {
	return min(o.RetryInterval<<min(attempt, 30), o.RetryIntervalMax)
}

// firstPause is how long a server may take to notice that a connection broke,
// from when on it keeps what the kernel sends.
const firstPause = 100 * time.Millisecond

// reconnect makes the websocket again. Its error says why it gave up, or that
// the kernel is gone.
func (r *remote) reconnect(broken error, deliver func(jupyter.Event)) error {
	r.use(nil)
	r.progress.broke()
	since := time.Now()
	pause := firstPause
	var last error
	for attempt := range max(r.gateway.options.RetryMax, 0) + 1 {
		if !sleep(r.ctx, pause) {
			return jupyter.ErrClosed
		}
		pause = r.gateway.options.pause(attempt)
		others, conn, err := r.again()
		switch {
		case r.over():
			return jupyter.ErrClosed
		case err == nil:
			r.use(conn)
			if r.progress.busy() {
				deliver(jupyter.Event{Time: time.Now(), Channel: jupyter.IOPub, Err: r.gap(broken, since, others)})
				go r.settle(conn, deliver)
			}
			return nil
		case isGone(err):
			return r.died("it does not know the kernel any more: it was ended there, or the gateway was started anew")
		}
		var died *jupyter.DiedError
		if last = err; errors.As(err, &died) || isRefused(err) {
			return err
		}
	}
	return r.gateway.errorf("the connection broke (%w) and could not be made again within %v (%w); "+
		"kernel %s may still run there", broken, time.Since(since).Round(time.Millisecond), last, r.id)
}

// again is one attempt. It tells how many connections to the kernel the server
// counts, this one not among them.
func (r *remote) again() (others int, conn *connection, err error) {
	ctx, cancel := context.WithTimeoutCause(r.ctx, r.gateway.options.ConnectTimeout,
		fmt.Errorf("no answer within %v", r.gateway.options.ConnectTimeout))
	defer cancel()
	m, err := r.model(ctx)
	if err != nil {
		return 0, nil, err
	}
	if m.State == "dead" {
		return 0, nil, r.died("it found the kernel dead" + reasonOf(m))
	}
	conn, err = r.dial(ctx)
	return m.Connections, conn, err
}

func reasonOf(m model) string {
	if m.Reason == "" {
		return ""
	}
	return ": " + m.Reason
}

// gap says what may be missing after the connection was made again.
func (r *remote) gap(broken error, since time.Time, others int) error {
	kept := "what the kernel sent meanwhile has been kept"
	if others > 0 {
		kept = "what the kernel sent meanwhile may not have been kept, because the gateway still counted a connection"
	}
	return &jupyter.GapError{Err: r.gateway.errorf("the connection broke (%w) and was made again after %v: %s; "+
		"output that was under way when it broke is lost", broken, time.Since(since).Round(time.Millisecond), kept)}
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
