package zmtp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/go-zeromq/zmq4/security/null"
)

// Kind is a ZeroMQ socket type.
type Kind = zmq4.SocketType

// The socket types of a Jupyter client and of a kernel.
const (
	Dealer Kind = zmq4.Dealer
	Sub    Kind = zmq4.Sub
	Req    Kind = zmq4.Req
	Router Kind = zmq4.Router
	Pub    Kind = zmq4.Pub
	Rep    Kind = zmq4.Rep
)

// handshakeTimeout bounds the greeting with a peer that accepts connections
// but does not speak ZMTP, for instance another program that took the port.
const handshakeTimeout = 10 * time.Second

// ErrProtocol marks bytes that are not ZMTP, or a frame too large to read.
// The connection cannot be used any more.
var ErrProtocol = errors.New("not valid ZMTP")

// Conn is one ZMTP connection. Send may be called by several goroutines at a
// time, Recv by one.
type Conn struct {
	zmq  *zmq4.Conn
	pipe *pipe
	peer string // the other end's identity

	sendMu sync.Mutex
}

// Dial connects to an endpoint ("tcp://127.0.0.1:5555", "ipc:///run/k-1"),
// once: whoever waits for a peer to come up calls it again. The identity is
// what a ROUTER at the other end addresses the connection by; it may be empty.
func Dial(ctx context.Context, endpoint string, kind Kind, identity string) (*Conn, error) {
	network, address, err := splitEndpoint(endpoint)
	if err != nil {
		return nil, err
	}
	raw, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("zmtp: connect to %s: %w", endpoint, err)
	}
	conn, err := open(ctx, raw, kind, identity, false)
	if err != nil {
		return nil, fmt.Errorf("zmtp: connect to %s: %w", endpoint, err)
	}
	return conn, nil
}

// open performs the handshake over raw and closes raw if that fails.
func open(ctx context.Context, raw net.Conn, kind Kind, identity string, server bool) (conn *Conn, err error) {
	defer func() {
		if err != nil {
			raw.Close()
		}
	}()
	// zmq4 indexes into the peer's metadata with lengths the peer sent.
	defer recoverAs(&err)

	if err := raw.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { raw.SetDeadline(time.Unix(1, 0)) })
	p := newPipe(raw)
	z, err := zmq4.Open(p, null.Security(), kind, zmq4.SocketIdentity(identity), server, nil)
	if !stop() && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	p.handshakeDone()
	peer := z.Peer.Meta["Identity"]
	if peer == "" && kind == Router {
		// A ROUTER invents an identity for those who bring none.
		peer = rand.Text()
	}
	return &Conn{zmq: z, pipe: p, peer: peer}, raw.SetDeadline(time.Time{})
}

// PeerIdentity returns the identity that the other end announced or, on a
// ROUTER's connection, was given.
func (c *Conn) PeerIdentity() string { return c.peer }

// Send writes one message. If ctx ends in the middle of it the connection is
// closed, because the stream is cut inside a frame.
func (c *Conn) Send(ctx context.Context, frames ...[]byte) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	c.sendMu.Lock()
	defer c.sendMu.Unlock()
	stop := context.AfterFunc(ctx, func() { c.pipe.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()

	err := c.zmq.SendMsg(zmq4.NewMsgFrom(frames...))
	if err == nil {
		err = c.pipe.flush()
	}
	if err == nil {
		return nil
	}
	c.Close()
	if ctx.Err() != nil {
		return fmt.Errorf("zmtp: message cut off, connection closed: %w", context.Cause(ctx))
	}
	return fmt.Errorf("zmtp: send: %w", err)
}

// Recv returns the frames of the next message. It fails with io.EOF when the
// other end closed the connection, with net.ErrClosed after
// Close, and with ErrProtocol when what came makes no sense; each time again.
func (c *Conn) Recv() (frames [][]byte, err error) {
	defer recoverAs(&err)
	for {
		msg, err := c.zmq.RecvMsg()
		switch {
		case errors.Is(err, zmq4.ErrClosedConn):
			// zmq4 remembers the loss but not its cause.
			return nil, io.EOF
		case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET): // closed with data unread
			return nil, io.EOF
		case errors.Is(err, net.ErrClosed):
			return nil, net.ErrClosed
		case err != nil:
			return nil, err
		case msg.Type == zmq4.CmdMsg:
			// A PING, which zmq4 has answered into our buffer. Peers send
			// none to a ZMTP 3.0 client such as this one, by the standard.
			if err := c.flushReply(); err != nil {
				return nil, err
			}
			continue
		}
		return msg.Frames, nil
	}
}

func (c *Conn) flushReply() error {
	c.sendMu.Lock()
	defer c.sendMu.Unlock()
	return c.pipe.flush()
}

// Close ends the connection and any Recv and Send that wait on it.
func (c *Conn) Close() error { return c.pipe.Close() }

// Subscribe asks a publisher for every topic that starts with the prefix.
func (c *Conn) Subscribe(ctx context.Context, prefix string) error {
	return c.Send(ctx, append([]byte{1}, prefix...))
}

// recoverAs turns a panic of the parser below into an error: a peer's bytes
// must not end this process.
func recoverAs(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v", ErrProtocol, p)
	}
}

// splitEndpoint gives the network and address that package net wants.
func splitEndpoint(endpoint string) (network, address string, err error) {
	scheme, address, ok := strings.Cut(endpoint, "://")
	if ok && address != "" {
		switch scheme {
		case "tcp":
			return "tcp", address, nil
		case "ipc":
			return "unix", address, nil
		}
	}
	return "", "", fmt.Errorf("zmtp: endpoint %q: want tcp://host:port or ipc:///path", endpoint)
}
