package live

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/zmtp"
)

// server is the kernel's end of the five channels.
type server struct {
	signer  jupyter.Signer
	once    jupyter.Once
	session string
	servers [5]*zmtp.Server
	ctx     context.Context
	receive func(*request)
}

// request is a message from a client.
type request struct {
	channel jupyter.Channel
	message *jupyter.Message
	content jupyter.Content
	from    *zmtp.Conn
}

// header is the parent of what the request causes.
func (r *request) header() jupyter.Header {
	if r == nil {
		return jupyter.Header{}
	}
	return r.message.Header
}

// listen opens the channels. receive is called by one goroutine for each client
// and channel.
func listen(ctx context.Context, info *jupyter.ConnectionInfo, receive func(*request)) (*server, error) {
	s := &server{signer: jupyter.NewSigner(info.Key), session: rand.Text(), ctx: ctx, receive: receive}
	kinds := [5]zmtp.Kind{jupyter.Shell: zmtp.Router, jupyter.Control: zmtp.Router, jupyter.Stdin: zmtp.Router,
		jupyter.IOPub: zmtp.Pub, jupyter.Heartbeat: zmtp.Rep}
	for i, kind := range kinds {
		channel := jupyter.Channel(i)
		opened, err := zmtp.Listen(info.Endpoint(channel), kind, s.receiver(channel))
		if err != nil {
			s.close()
			return nil, fmt.Errorf("%s channel: %w", channel, err)
		}
		s.servers[channel] = opened
	}
	return s, nil
}

// receiver handles what comes on a channel. A message that is not signed with our
// key, or makes no sense, is dropped with a word in the log.
func (s *server) receiver(channel jupyter.Channel) func(*zmtp.Conn, [][]byte) {
	switch channel {
	case jupyter.IOPub:
		return nil
	case jupyter.Heartbeat:
		return func(from *zmtp.Conn, frames [][]byte) { _ = from.Send(s.ctx, frames...) }
	}
	return func(from *zmtp.Conn, frames [][]byte) {
		message, err := s.once.Decode(s.signer, frames)
		if err != nil {
			fmt.Fprintf(os.Stderr, "live kernel: a message on %s was dropped: %v\n", channel, err)
			return
		}
		content, err := jupyter.ParseContent(message.Header.Type, message.Content)
		if content == nil {
			fmt.Fprintf(os.Stderr, "live kernel: a message on %s was dropped: %v\n", channel, err)
			return
		}
		s.receive(&request{channel: channel, message: message, content: content, from: from})
	}
}

// reply answers a request on the connection it came on.
func (s *server) reply(r *request, content jupyter.Content) {
	if frames := s.frames(r.header(), content, r.message.Identities); frames != nil {
		_ = r.from.Send(s.ctx, frames...) // a client that is gone needs no answer
	}
}

// ask sends a request on the stdin channel of the client that sent r.
func (s *server) ask(r *request, content jupyter.Content) {
	if frames := s.frames(r.header(), content, r.message.Identities); frames != nil {
		_ = s.servers[jupyter.Stdin].SendTo(s.ctx, r.from.PeerIdentity(), frames...)
	}
}

// publish tells all clients something about r, which may be nil.
func (s *server) publish(r *request, content jupyter.Content) {
	topic := [][]byte{[]byte("kernel." + s.session + "." + content.MessageType())}
	if frames := s.frames(r.header(), content, topic); frames != nil {
		_ = s.servers[jupyter.IOPub].Publish(s.ctx, frames...)
	}
}

func (s *server) frames(parent jupyter.Header, content jupyter.Content, identities [][]byte) [][]byte {
	raw, err := json.Marshal(content)
	if err == nil {
		var frames [][]byte
		frames, err = s.signer.Encode(&jupyter.Message{Identities: identities, Parent: parent, Content: raw, Header: jupyter.Header{
			ID: rand.Text(), Session: s.session, Username: "kernel", Date: time.Now().UTC().Format(time.RFC3339Nano),
			Type: content.MessageType(), Version: jupyter.ProtocolVersion,
		}})
		if err == nil {
			return frames
		}
	}
	fmt.Fprintf(os.Stderr, "live kernel: %s cannot be sent: %v\n", content.MessageType(), err)
	return nil
}

func (s *server) close() {
	for _, one := range s.servers {
		if one != nil {
			one.Close()
		}
	}
}
