package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// Receive implements [jupyter.Transport]: it reads one websocket after the
// other.
func (r *remote) Receive(deliver func(jupyter.Event)) {
	for {
		conn, err := r.current(r.ctx)
		if err != nil {
			return
		}
		broken := r.read(conn, deliver)
		conn.CloseNow()
		var died *jupyter.DiedError
		if r.over() {
			return
		}
		if !errors.As(broken, &died) {
			broken = r.reconnect(broken, deliver)
		}
		if broken == nil {
			continue
		}
		r.end(broken)
		if r.over() {
			return
		}
		r.last(broken, deliver)
		return
	}
}

// over tells whether the end was asked for.
func (r *remote) over() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopping || r.ctx.Err() != nil
}

// last delivers why nothing more comes.
func (r *remote) last(err error, deliver func(jupyter.Event)) {
	now := time.Now()
	var died *jupyter.DiedError
	if errors.As(err, &died) {
		deliver(jupyter.Event{Time: now, Channel: jupyter.IOPub, Err: died})
		return
	}
	for _, ch := range []jupyter.Channel{jupyter.Shell, jupyter.Control, jupyter.Stdin, jupyter.IOPub} {
		deliver(jupyter.Event{Time: now, Channel: ch, Err: &jupyter.ChannelLostError{Channel: ch, Err: err}})
	}
}

// read delivers what comes on a websocket until it breaks, or the server says
// that the kernel has died.
func (r *remote) read(conn *connection, deliver func(jupyter.Event)) error {
	for {
		kind, raw, err := r.readMessage(conn)
		if err != nil {
			return err
		}
		e := jupyter.Event{Time: time.Now(), Channel: jupyter.IOPub}
		ch, m, err := conn.Decode(kind, raw)
		if err == nil {
			e.Channel, e.Message = ch, m
			e.Content, err = jupyter.ParseContent(m.Header.Type, m.Content)
		}
		if err != nil {
			e.Err = &jupyter.BadMessageError{Channel: e.Channel, Frames: 1, Err: err}
		}
		if r.progress.probed(e) {
			continue
		}
		if died := r.death(e); died != nil && !r.over() {
			return died
		}
		r.progress.came(e)
		deliver(e)
		if dropped := r.dropped(e); dropped != nil {
			deliver(jupyter.Event{Time: e.Time, Channel: jupyter.IOPub, Err: dropped})
		}
	}
}

// readMessage notes that something comes while a long message does.
func (r *remote) readMessage(conn *connection) (websocket.MessageType, []byte, error) {
	kind, reader, err := conn.Reader(r.ctx)
	if err != nil {
		return 0, nil, err
	}
	var whole bytes.Buffer
	_, err = io.Copy(&whole, noting{reader, r})
	return kind, whole.Bytes(), err
}

// noting is a reader that notes when it was read from.
type noting struct {
	io.Reader
	remote *remote
}

func (n noting) Read(p []byte) (int, error) {
	count, err := n.Reader.Read(p)
	if count > 0 {
		n.remote.received.Store(time.Now().UnixNano())
	}
	return count, err
}

// death tells that the kernel has died: the server restarts kernels that die,
// and says so, in the name of no request, or it cannot.
func (r *remote) death(e jupyter.Event) *jupyter.DiedError {
	if status, ok := e.Content.(*jupyter.Status); ok && e.ParentID() == "" {
		switch status.State {
		case "restarting", "autorestarting":
			return r.died("it found the kernel dead and started it anew, without its values")
		case "dead":
			return r.died("it found the kernel dead, and starts it no more")
		}
	}
	if e.Message == nil || e.Message.Header.Session == r.session || !r.progress.another(e) {
		return nil
	}
	return r.died("another process answers for the kernel: it died meanwhile and was started anew")
}

func (r *remote) died(why string) *jupyter.DiedError {
	return &jupyter.DiedError{Reason: r.gateway.errorf("%s", why)}
}

// The servers' words for output that they did not send on.
var limits = []string{"IOPub data rate exceeded", "IOPub message rate exceeded"}

// dropped tells that the server has begun to drop output.
func (r *remote) dropped(e jupyter.Event) error {
	text, ok := e.Content.(*jupyter.Stream)
	if !ok || text.Name != "stderr" {
		return nil
	}
	for _, limit := range limits {
		if strings.HasPrefix(strings.TrimSpace(text.Text), limit) {
			setting := "iopub_data_rate_limit"
			if strings.Contains(limit, "message") {
				setting = "iopub_msg_rate_limit"
			}
			return &jupyter.GapError{Err: r.gateway.errorf("it dropped output that came faster than its %s allows: "+
				"start it with a higher one, or with 0 for none", setting)}
		}
	}
	return nil
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
