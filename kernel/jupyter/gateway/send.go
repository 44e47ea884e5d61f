package gateway

import (
	"context"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

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
		r.drop(conn)
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
