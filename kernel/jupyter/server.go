package jupyter

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter/zmtp"
)

// Server is a kernel's end of the five channels: it receives requests and sends
// replies. What they mean is the kernel's affair, except for heartbeats, which
// the server answers. Its methods may be called by several goroutines at a
// time.
type Server struct {
	ctx     context.Context
	cancel  context.CancelFunc
	info    ConnectionInfo
	signer  Signer
	guard   ReplayGuard
	session string
	sockets [Heartbeat + 1]*zmtp.Server

	started chan struct{} // closed when the next two are set
	receive func(*Request)
	dropped func(Channel, error)
}

// Request is a message from a client to a kernel.
type Request struct {
	Channel Channel
	Message *Message
	Content Content
	from    *zmtp.Conn
}

// Header is the parent of what the request causes: none for a nil request.
func (r *Request) Header() Header {
	if r == nil {
		return Header{}
	}
	return r.Message.Header
}

// Serve opens the channels. What comes waits for Start. Nothing is sent after
// the end of ctx.
func Serve(ctx context.Context, info *ConnectionInfo) (*Server, error) {
	s := &Server{info: *info, signer: NewSigner(info.Key), session: rand.Text(), started: make(chan struct{})}
	s.ctx, s.cancel = context.WithCancel(ctx)
	ports := [...]*int{&s.info.ShellPort, &s.info.ControlPort, &s.info.StdinPort, &s.info.IOPubPort, &s.info.HBPort}
	for ch := range Heartbeat + 1 {
		kind, handle := zmtp.Router, s.receiver(ch)
		switch ch {
		case IOPub:
			kind, handle = zmtp.Pub, nil
		case Heartbeat:
			kind, handle = zmtp.Rep, func(from *zmtp.Conn, frames [][]byte) { _ = from.Send(s.ctx, frames...) }
		}
		socket, err := zmtp.Listen(info.Endpoint(ch), kind, handle)
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("jupyter: serve %s: %w", ch, err)
		}
		s.sockets[ch] = socket
		if info.Transport == TCP {
			_, port, _ := net.SplitHostPort(strings.TrimPrefix(socket.Endpoint(), "tcp://"))
			if *ports[ch], err = strconv.Atoi(port); err != nil {
				s.Close()
				return nil, fmt.Errorf("jupyter: serve %s: %w", ch, err)
			}
		}
	}
	return s, nil
}

// Connection says where the server listens. Ports that were 0 are those that
// the system chose: no other process can come between.
func (s *Server) Connection() *ConnectionInfo { return &s.info }

// Start gives every request to receive, which is called by one goroutine for
// each client and channel. A message that is not signed with the connection's
// key, came before or makes no sense is given to dropped instead.
func (s *Server) Start(receive func(*Request), dropped func(Channel, error)) {
	s.receive, s.dropped = receive, dropped
	close(s.started)
}

// receiver handles what comes on a channel.
func (s *Server) receiver(ch Channel) func(*zmtp.Conn, [][]byte) {
	return func(from *zmtp.Conn, frames [][]byte) {
		select {
		case <-s.started:
		case <-s.ctx.Done():
			return
		}
		message, err := s.guard.Decode(s.signer, frames)
		var content Content
		if err == nil {
			content, err = ParseContent(message.Header.Type, message.Content)
		}
		if content == nil {
			s.dropped(ch, err)
			return
		}
		s.receive(&Request{Channel: ch, Message: message, Content: content, from: from})
	}
}

// Send sends content that r causes on a channel of the client that r came from:
// the reply on r's, a request for input on stdin. An error says that the
// content cannot be encoded; a client that is gone needs no answer.
func (s *Server) Send(ch Channel, r *Request, content Content) error {
	return s.SendWith(ch, r, content, nil)
}

// SendWith is Send with the message's metadata, a JSON object.
func (s *Server) SendWith(ch Channel, r *Request, content Content, metadata json.RawMessage) error {
	m := &Message{Identities: r.Message.Identities, Parent: r.Header(), Metadata: metadata}
	frames, err := s.frames(m, content)
	if err == nil {
		s.SendFrames(ch, r, frames)
	}
	return err
}

// Publish tells all clients something that the request with header parent has
// caused, or that nobody has. Its error is as Send's.
func (s *Server) Publish(parent Header, content Content, buffers ...[]byte) error {
	return s.PublishWith(parent, content, nil, buffers...)
}

// PublishWith publishes content as Publish does, with the message's metadata, a
// JSON object.
func (s *Server) PublishWith(parent Header, content Content, metadata json.RawMessage, buffers ...[]byte) error {
	topic := [][]byte{[]byte("kernel." + s.session + "." + content.MessageType())}
	frames, err := s.frames(&Message{Identities: topic, Parent: parent, Metadata: metadata, Buffers: buffers}, content)
	if err == nil {
		s.SendFrames(IOPub, nil, frames)
	}
	return err
}

// SendFrames sends a message as Send does, or publishes it on iopub, whatever
// its frames are.
func (s *Server) SendFrames(ch Channel, r *Request, frames [][]byte) {
	switch {
	case ch == IOPub:
		_ = s.sockets[IOPub].Publish(s.ctx, frames...)
	case ch == r.Channel:
		_ = r.from.Send(s.ctx, frames...)
	default:
		_ = s.sockets[ch].SendTo(s.ctx, r.from.PeerIdentity(), frames...)
	}
}

// Frames returns a message as it is sent.
func (s *Server) Frames(parent Header, identities [][]byte, content Content, buffers ...[]byte) ([][]byte, error) {
	return s.frames(&Message{Identities: identities, Parent: parent, Buffers: buffers}, content)
}

// frames returns m as it is sent, with content and a header of its own.
func (s *Server) frames(m *Message, content Content) ([][]byte, error) {
	var err error
	if m.Content, err = json.Marshal(content); err != nil {
		return nil, fmt.Errorf("jupyter: content of %s: %w", content.MessageType(), err)
	}
	m.Header = Header{
		ID: rand.Text(), Session: s.session, Username: "kernel", Date: time.Now().UTC().Format(time.RFC3339Nano),
		Type: content.MessageType(), Version: ProtocolVersion,
	}
	return s.signer.Encode(m)
}

// Close closes all channels at once and waits for the calls of receive.
func (s *Server) Close() {
	s.cancel()
	var closing sync.WaitGroup
	for _, socket := range s.sockets {
		if socket != nil {
			closing.Go(func() { socket.Close() })
		}
	}
	closing.Wait()
}
