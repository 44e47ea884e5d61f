package zmtp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
)

// Server is a listening socket: the kernel's end of a channel.
type Server struct {
	kind      Kind
	endpoint  string
	listener  net.Listener
	onMessage func(from *Conn, frames [][]byte)
	ctx       context.Context
	cancel    context.CancelFunc
	running   sync.WaitGroup

	mu     sync.Mutex
	peers  map[*Conn]*peer
	closed bool
}

// peer is what a server knows about one connection.
type peer struct {
	topics []string // a SUB's subscriptions, by prefix
}

// Listen opens an endpoint; a tcp port of 0 means any free one. onMessage is
// called for every message, by one goroutine per connection; subscriptions to
// a PUB socket are handled by the server itself. onMessage may be nil.
func Listen(endpoint string, kind Kind, onMessage func(from *Conn, frames [][]byte)) (*Server, error) {
	network, address, err := splitEndpoint(endpoint)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen(network, address)
	if err != nil {
		return nil, fmt.Errorf("zmtp: listen on %s: %w", endpoint, err)
	}
	if network == "tcp" {
		endpoint = "tcp://" + l.Addr().String()
	} else if err := os.Chmod(address, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("zmtp: listen on %s: %w", endpoint, err)
	}
	s := &Server{kind: kind, endpoint: endpoint, listener: l, onMessage: onMessage, peers: map[*Conn]*peer{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.running.Add(1)
	go s.accept()
	return s, nil
}

// Endpoint returns the address to dial, with the port that was chosen.
func (s *Server) Endpoint() string { return s.endpoint }

func (s *Server) accept() {
	defer s.running.Done()
	for {
		raw, err := s.listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue // one client's failure to connect is not the server's
		}
		s.running.Add(1)
		go s.serve(raw)
	}
}

func (s *Server) serve(raw net.Conn) {
	defer s.running.Done()
	conn, err := open(s.ctx, raw, s.kind, "", true)
	if err != nil {
		return
	}
	defer conn.Close()
	if !s.add(conn) {
		return
	}
	defer s.remove(conn)
	for {
		frames, err := conn.Recv()
		if err != nil {
			return
		}
		if s.kind == Pub {
			s.subscribe(conn, frames)
		} else if s.onMessage != nil {
			s.onMessage(conn, frames)
		}
	}
}

func (s *Server) add(conn *Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.peers[conn] = &peer{}
	return true
}

func (s *Server) remove(conn *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.peers, conn)
}

// subscribe reads a subscription (1) or its end (0), followed by the prefix.
func (s *Server) subscribe(conn *Conn, frames [][]byte) {
	if len(frames) != 1 || len(frames[0]) == 0 {
		return
	}
	prefix := string(frames[0][1:])
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.peers[conn]
	switch frames[0][0] {
	case 1:
		p.topics = append(p.topics, prefix)
	case 0:
		for i, t := range p.topics {
			if t == prefix {
				p.topics = append(p.topics[:i], p.topics[i+1:]...)
				break
			}
		}
	}
}

// SendTo writes a message to the connection with the given identity. As a
// ROUTER does, it drops the message if there is none.
func (s *Server) SendTo(ctx context.Context, identity string, frames ...[]byte) error {
	return s.send(ctx, frames, func(c *Conn, _ *peer) bool { return c.PeerIdentity() == identity })
}

// Publish writes a message to every subscriber of its first frame.
func (s *Server) Publish(ctx context.Context, frames ...[]byte) error {
	if len(frames) == 0 {
		return nil
	}
	topic := string(frames[0])
	return s.send(ctx, frames, func(_ *Conn, p *peer) bool {
		for _, t := range p.topics {
			if strings.HasPrefix(topic, t) {
				return true
			}
		}
		return false
	})
}

func (s *Server) send(ctx context.Context, frames [][]byte, wanted func(*Conn, *peer) bool) error {
	s.mu.Lock()
	var to []*Conn
	for c, p := range s.peers {
		if wanted(c, p) {
			to = append(to, c)
		}
	}
	s.mu.Unlock()
	var errs []error
	for _, c := range to {
		errs = append(errs, c.Send(ctx, frames...))
	}
	return errors.Join(errs...)
}

// Close stops listening, cuts every connection and returns when no goroutine
// of the server is left. A unix socket's file is removed.
func (s *Server) Close() error {
	s.cancel()
	err := s.listener.Close() // removes the socket file too
	s.mu.Lock()
	s.closed = true
	for c := range s.peers {
		c.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
	return err
}
