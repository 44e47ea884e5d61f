// Package commwire is what the process of live cells and the kernel say to each
// other about comms: frames on two named pipes, whose names the process finds
// in its environment. A program that finds none has no front end.
//
// A frame is a word with the length of its header, the header as JSON, and the
// binary buffers whose lengths the header tells. The header's first field is
// the frame's kind: the host looks at that and the comm's id as frames go out,
// to know which goroutines are handlers (package host, handler.go).
package commwire

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
)

// The environment variables with the names of the pipes: to the kernel, and
// from the kernel.
const (
	OutVariable = "GOCIFAR_COMM_OUT"
	InVariable  = "GOCIFAR_COMM_IN"
)

// Kinds of frames, of both directions unless it is said.
const (
	Open    = "open"
	Message = "msg"
	Close   = "close"
	// Target says that the process takes comms of the target.
	Target = "target"
	// Begin and End stand around a handler of the process.
	Begin = "begin"
	End   = "end"
	// Error says how a handler failed: in Data.
	Error = "error"
	// Capture and Release say to the host, not to the kernel, that what the
	// goroutine prints is to go into the files whose numbers stand in Comm, for
	// stdout and stderr.
	Capture = "capture"
	Release = "release"
	// Sync asks for a Sync in return, when all before has been dealt with.
	Sync = "sync"
)

// Frame is one message.
type Frame struct {
	Kind   string          `json:"kind"` // first, see above
	Comm   string          `json:"comm,omitempty"`
	Target string          `json:"target,omitempty"`
	Data   json.RawMessage `json:"data,omitempty"`
	// Metadata are those of the Jupyter message.
	Metadata json.RawMessage `json:"metadata,omitempty"`
	// Request is the id of the front end's message that this is, or that has
	// caused this.
	Request string `json:"request,omitempty"`
	// Lengths are those of Buffers.
	Lengths []int `json:"lengths,omitempty"`

	Buffers [][]byte `json:"-"`
}

// Failure is the Data of an Error.
type Failure struct {
	Name, Value string
	Traceback   []string
}

// Limits of what is read, so that a broken pipe does not look like a large
// message.
const (
	maxHeader = 1 << 30
	maxBuffer = 1 << 31
)

// Write writes a frame; its header in one call, so that short frames are whole.
func Write(w io.Writer, f *Frame) error {
	f.Lengths = nil
	for _, b := range f.Buffers {
		f.Lengths = append(f.Lengths, len(b))
	}
	header, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("comm: %s: %w", f.Kind, err)
	}
	text := append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(header)), uint32(len(header))), header...)
	if _, err := w.Write(text); err != nil {
		return fmt.Errorf("comm: %s: %w", f.Kind, err)
	}
	for _, b := range f.Buffers {
		if _, err := w.Write(b); err != nil {
			return fmt.Errorf("comm: %s: %w", f.Kind, err)
		}
	}
	return nil
}

// Read reads a frame.
func Read(r *bufio.Reader) (*Frame, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n > maxHeader {
		return nil, fmt.Errorf("comm: a header of %d bytes, want at most %d", n, maxHeader)
	}
	header := make([]byte, n)
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, fmt.Errorf("comm: header: %w", err)
	}
	f := &Frame{}
	if err := json.Unmarshal(header, f); err != nil {
		return nil, fmt.Errorf("comm: header: %w", err)
	}
	for _, n := range f.Lengths {
		if n < 0 || n > maxBuffer {
			return nil, fmt.Errorf("comm: a buffer of %d bytes, want at most %d", n, maxBuffer)
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, fmt.Errorf("comm: buffer: %w", err)
		}
		f.Buffers = append(f.Buffers, b)
	}
	return f, nil
}
