package jupyter

import (
	"context"
	"sync"
	"time"
)

// sockets is the transport over ZeroMQ.
//
// The shell, control and stdin sockets announce the same identity. GoNB
// answers control requests on the shell socket, and every kernel addresses its
// input requests by the identity of the execute request; with an identity of
// its own for each socket those messages would be dropped without a trace.
type sockets struct {
	info   ConnectionInfo
	signer Signer
	guard  ReplayGuard
	of     [Heartbeat]socket // shell, control, stdin, iopub
	heart  heart
}

func dialSockets(ctx context.Context, info *ConnectionInfo, identity string) (*sockets, error) {
	s := &sockets{info: *info, signer: NewSigner(info.Key)}
	for ch := range s.of {
		one, err := dial(ctx, info, Channel(ch), identity)
		if err != nil {
			s.Close()
			return nil, err
		}
		s.of[ch] = one
	}
	return s, nil
}

// Send implements [Transport].
func (s *sockets) Send(ctx context.Context, ch Channel, m *Message) error {
	frames, err := s.signer.Encode(m)
	if err != nil {
		return err
	}
	return s.of[ch].Send(ctx, frames...)
}

// Ping implements [Transport] by the kernel's heartbeat.
func (s *sockets) Ping(ctx context.Context) (time.Duration, error) { return s.heart.ping(ctx, &s.info) }

// Close implements [Transport].
func (s *sockets) Close() error {
	for _, one := range s.of {
		if one != nil {
			one.Close()
		}
	}
	s.heart.close()
	return nil
}

// Receive implements [Transport].
func (s *sockets) Receive(deliver func(Event)) {
	var readers sync.WaitGroup
	for ch := range s.of {
		readers.Go(func() { s.read(Channel(ch), deliver) })
	}
	readers.Wait()
}

// read delivers what comes on one channel until its connection ends.
func (s *sockets) read(ch Channel, deliver func(Event)) {
	for {
		frames, err := s.of[ch].Recv()
		now := time.Now()
		if err != nil {
			deliver(Event{Time: now, Channel: ch, Err: &ChannelLostError{Channel: ch, Err: err}})
			return
		}
		deliver(s.decode(now, ch, frames))
	}
}

func (s *sockets) decode(now time.Time, ch Channel, frames [][]byte) Event {
	m, err := s.guard.Decode(s.signer, frames)
	e := Event{Time: now, Channel: ch, Message: m}
	if err == nil {
		e.Content, err = ParseContent(m.Header.Type, m.Content)
	}
	if err != nil {
		e.Err = &BadMessageError{Channel: ch, Frames: len(frames), Err: err}
	}
	return e
}
