package engine

import (
	"bufio"
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// pipes are the way of rich output from the host to us: GoNB's, so that its
// library gonbui works unchanged. Two named pipes, whose names the host finds
// in its environment, carry gob-encoded messages.
type pipes struct {
	from, back         *os.File
	fromName, backName string
	encoding           sync.Mutex
	encoder            *gob.Encoder
	closed             chan struct{}
	read               int64 // bytes of messages, while one is shown
}

// counted counts what a decoder takes. It has ReadByte, so that the decoder takes
// no more than a message.
type counted struct {
	*bufio.Reader
	n *int64
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	*c.n += int64(n)
	return n, err
}

func (c counted) ReadByte() (byte, error) {
	b, err := c.Reader.ReadByte()
	if err == nil {
		*c.n++
	}
	return b, err
}

func init() {
	// gonbui sends values of these types as "any"; GoNB registers them, too.
	gob.Register(map[string]any{})
	gob.Register([]any{})
}

var pipeNumber atomic.Int64

// openPipes makes the pipes in dir and calls show for each message, in order.
func openPipes(dir string, show func(*pipes, *protocol.DisplayData)) (*pipes, error) {
	n := pipeNumber.Add(1)
	d := &pipes{fromName: filepath.Join(dir, fmt.Sprintf("display%d", n)),
		backName: filepath.Join(dir, fmt.Sprintf("back%d", n)), closed: make(chan struct{})}
	for _, name := range []string{d.fromName, d.backName} {
		if err := makeFifo(name); err != nil {
			return nil, fmt.Errorf("cannot make the pipe for rich output: %w", err)
		}
	}
	var err error
	// For both directions, so that opening does not wait for the host.
	if d.from, err = os.OpenFile(d.fromName, os.O_RDWR|syscall.O_NONBLOCK, 0); err == nil {
		d.back, err = os.OpenFile(d.backName, os.O_RDWR|syscall.O_NONBLOCK, 0)
	}
	if err != nil {
		d.close()
		return nil, fmt.Errorf("cannot open the pipe for rich output: %w", err)
	}
	d.encoder = gob.NewEncoder(d.back)
	go func() {
		defer close(d.closed)
		decoder := gob.NewDecoder(counted{bufio.NewReader(d.from), &d.read})
		for {
			var data protocol.DisplayData
			if err := decoder.Decode(&data); err != nil {
				if !errors.Is(err, os.ErrClosed) {
					fmt.Fprintln(os.Stderr, "live kernel: rich output cannot be read any more:", err)
				}
				return
			}
			show(d, &data)
		}
	}()
	return d, nil
}

// env tells the host where the pipes are.
func (d *pipes) env() []string {
	return []string{protocol.GONB_PIPE_ENV + "=" + d.fromName, protocol.GONB_PIPE_BACK_ENV + "=" + d.backName}
}

func (d *pipes) close() {
	if d.from != nil {
		d.from.Close()
		<-d.closed
	}
	if d.back != nil {
		d.back.Close()
	}
	_, _ = os.Remove(d.fromName), os.Remove(d.backName)
}

// acknowledge tells the host that a message has arrived.
func (d *pipes) acknowledge(id int) {
	// A host that is gone does not wait.
	_ = d.deliver(protocol.GonbuiSyncAckAddress, id)
}

// deliver sends a value to the host.
func (d *pipes) deliver(address string, value any) error {
	d.encoding.Lock()
	defer d.encoding.Unlock()
	return d.encoder.Encode(&protocol.CommValue{Address: address, Value: value})
}
