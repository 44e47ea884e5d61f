package jupyter

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter/zmtp"
)

// socket is what a client needs of one channel's connection. It is all that
// stands between this package and a ZeroMQ library.
type socket interface {
	// Send writes one message, or fails for good.
	Send(ctx context.Context, frames ...[]byte) error
	// Recv returns the next message. Its error is final.
	Recv() ([][]byte, error)
	Close() error
}

// Pauses between attempts to reach a kernel that is starting.
const (
	firstRetry = 5 * time.Millisecond
	lastRetry  = 100 * time.Millisecond
)

// dial connects to a channel, again and again until ctx ends: a kernel that
// starts opens its sockets when it is ready to.
func dial(ctx context.Context, info *ConnectionInfo, ch Channel, identity string) (socket, error) {
	kind := [...]zmtp.Kind{
		Shell: zmtp.Dealer, Control: zmtp.Dealer, Stdin: zmtp.Dealer,
		IOPub: zmtp.Sub, Heartbeat: zmtp.Req,
	}[ch]
	var last error
	for pause := firstRetry; ; pause = min(2*pause, lastRetry) {
		conn, err := zmtp.Dial(ctx, info.Endpoint(ch), kind, identity)
		if err == nil && ch == IOPub {
			if err = conn.Subscribe(ctx, ""); err != nil {
				conn.Close()
			}
		}
		if err == nil {
			return conn, nil
		}
		// The attempt that ctx cuts short says less than the one before it, and
		// may end with the dialer's own timeout a moment before ctx does.
		var cut net.Error
		if last == nil || ctx.Err() == nil && !(errors.As(err, &cut) && cut.Timeout()) {
			last = err
		}
		select {
		case <-ctx.Done():
			if cause := context.Cause(ctx); !errors.Is(last, cause) {
				return nil, fmt.Errorf("%s channel: %w (%v)", ch, cause, last)
			}
			return nil, fmt.Errorf("%s channel: %w", ch, last)
		case <-time.After(pause):
		}
	}
}
