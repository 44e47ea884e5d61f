package jupyter

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"
)

// heart is the heartbeat's connection, opened at the first ping.
type heart struct {
	mu     sync.Mutex // held during a ping: REQ takes turns with its peer
	socket socket
	closed bool

	socketMu sync.Mutex // guards socket and closed for close
}

func (h *heart) ping(ctx context.Context, info *ConnectionInfo) (time.Duration, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s, err := h.connect(ctx, info)
	if err != nil {
		return 0, err
	}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	start := time.Now()
	// A REQ puts an empty frame in front of its request. GoNB stops for good
	// if it is missing.
	sent := [][]byte{nil, []byte("ping")}
	err = s.Send(ctx, sent...)
	var got [][]byte
	if err == nil {
		got, err = s.Recv()
	}
	if err == nil && (len(got) != 2 || !bytes.Equal(got[1], sent[1])) {
		err = errors.New("the echo differs from what was sent")
	}
	if err != nil {
		h.drop()
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return 0, err
	}
	return time.Since(start), nil
}

func (h *heart) connect(ctx context.Context, info *ConnectionInfo) (socket, error) {
	h.socketMu.Lock()
	s, closed := h.socket, h.closed
	h.socketMu.Unlock()
	if closed {
		return nil, ErrClosed
	}
	if s != nil {
		return s, nil
	}
	s, err := dial(ctx, info, Heartbeat, "")
	if err != nil {
		return nil, err
	}
	h.socketMu.Lock()
	defer h.socketMu.Unlock()
	if h.closed {
		s.Close()
		return nil, ErrClosed
	}
	h.socket = s
	return s, nil
}

func (h *heart) drop() {
	h.socketMu.Lock()
	defer h.socketMu.Unlock()
	if h.socket != nil {
		h.socket.Close()
		h.socket = nil
	}
}

func (h *heart) close() {
	h.socketMu.Lock()
	h.closed = true
	h.socketMu.Unlock()
	h.drop()
}
