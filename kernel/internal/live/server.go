package live

import (
	"context"
	"fmt"
	"os"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// server is the kernel's end of the channels. What cannot be read or sent is
// dropped with a word in the log.
type server struct {
	*jupyter.Server
	ctx context.Context
}

// request is a message from a client.
type request = jupyter.Request

// listen opens the channels. What comes waits for start.
func listen(ctx context.Context, info *jupyter.ConnectionInfo) (*server, error) {
	s, err := jupyter.Serve(ctx, info)
	return &server{s, ctx}, err
}

// start has receive called by one goroutine for each client and channel.
func (s *server) start(receive func(*request)) {
	s.Start(receive, func(channel jupyter.Channel, err error) {
		fmt.Fprintf(os.Stderr, "live kernel: a message on %s was dropped: %v\n", channel, err)
	})
}

// reply answers a request on the connection it came on.
func (s *server) reply(r *request, content jupyter.Content) { logUnsent(s.Send(r.Channel, r, content)) }

// ask sends a request on the stdin channel of the client that sent r.
func (s *server) ask(r *request, content jupyter.Content) {
	logUnsent(s.Send(jupyter.Stdin, r, content))
}

// publish tells all clients something about r, which may be nil.
func (s *server) publish(r *request, content jupyter.Content) {
	logUnsent(s.Publish(r.Header(), content))
}

func logUnsent(err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "live kernel: a message cannot be sent: %v\n", err)
	}
}
