package gateway

import (
	"bytes"
	"errors"
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
