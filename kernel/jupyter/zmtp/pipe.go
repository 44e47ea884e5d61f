package zmtp

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net"
)

// MaxFrame is the largest frame a connection reads, in bytes. zmq4 allocates a
// frame before its bytes arrive, so that without a limit eight bytes of
// nonsense could ask for more memory than exists, which ends a Go program.
const MaxFrame = 2 << 30

const (
	greetingSize = 64   // bytes each side sends first
	longFrame    = 0x02 // flag: the size that follows has 8 bytes, else 1
)

// pipe sits between zmq4 and the network connection. zmq4 reads and writes
// every frame's header and body on its own; pipe gathers these into few system
// calls, and follows the framing of what it hands up to refuse a huge frame
// before zmq4 sees its size.
type pipe struct {
	net.Conn
	r *bufio.Reader
	w *bufio.Writer

	writeThrough bool   // during the handshake, which has no flush
	skip         uint64 // bytes of the greeting or a frame's body still to pass
	header       []byte // the frame header being passed
}

func newPipe(conn net.Conn) *pipe {
	return &pipe{
		Conn:         conn,
		r:            bufio.NewReaderSize(conn, 64<<10),
		w:            bufio.NewWriterSize(conn, 64<<10),
		writeThrough: true,
		skip:         greetingSize,
		header:       make([]byte, 0, 9),
	}
}

func (p *pipe) handshakeDone() { p.writeThrough = false }

func (p *pipe) flush() error { return p.w.Flush() }

func (p *pipe) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	if err == nil && p.writeThrough {
		err = p.w.Flush()
	}
	return n, err
}

func (p *pipe) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if guardErr := p.follow(b[:n]); guardErr != nil {
		return 0, guardErr
	}
	return n, err
}

// follow keeps track of frame borders in the bytes that pass.
func (p *pipe) follow(b []byte) error {
	for len(b) > 0 {
		if p.skip > 0 {
			n := min(p.skip, uint64(len(b)))
			p.skip -= n
			b = b[n:]
			continue
		}
		p.header = append(p.header, b[0])
		b = b[1:]
		switch {
		case len(p.header) == 2 && p.header[0]&longFrame == 0:
			p.skip = uint64(p.header[1])
		case len(p.header) == 9:
			p.skip = binary.BigEndian.Uint64(p.header[1:])
		default:
			continue
		}
		if p.skip > MaxFrame {
			return fmt.Errorf("%w: a frame of %d bytes, the limit is %d", ErrProtocol, p.skip, uint64(MaxFrame))
		}
		p.header = p.header[:0]
	}
	return nil
}
