package hdf5

import (
	"fmt"
)

// Types of object header messages (format specification, section IV.A.2).
const (
	msgDataspace     = 0x01
	msgLinkInfo      = 0x02
	msgDatatype      = 0x03
	msgFillValueOld  = 0x04
	msgFillValue     = 0x05
	msgLink          = 0x06
	msgExternalFiles = 0x07
	msgLayout        = 0x08
	msgFilters       = 0x0B
	msgAttribute     = 0x0C
	msgContinuation  = 0x10
	msgSymbolTable   = 0x11
	msgAttributeInfo = 0x15
)

// maxMessages ends the reading of one header. HDF5 itself counts messages of a
// version 1 header in 16 bits.
const maxMessages = 1 << 16

// header is an object header: what a group or a dataset is made of.
type header struct {
	file     *File
	address  uint64
	messages []message
}

type message struct {
	kind   uint16
	shared bool // the body is a reference to a message kept elsewhere
	body   []byte
}

// span is a piece of the file that holds header messages.
type span struct{ addr, size uint64 }

// header reads the object header at addr, of either version, with its
// continuations.
func (f *File) header(addr uint64) (*header, error) {
	start, err := f.read(addr, min(16, f.size-min(addr, f.size)))
	if err != nil {
		return nil, err
	}
	h := &header{file: f, address: addr}
	if len(start) >= 4 && string(start[:4]) == "OHDR" {
		return h, h.readV2(addr)
	}
	if len(start) > 0 && start[0] == 1 {
		return h, h.readV1(start)
	}
	return nil, fmt.Errorf("%w: no object header at address %d", ErrCorrupt, addr)
}

// find returns the first message of a kind.
func (h *header) find(kind uint16) (message, bool) {
	for _, m := range h.messages {
		if m.kind == kind {
			return m, true
		}
	}
	return message{}, false
}

// body returns a cursor over the first message of a kind, or nil if there is
// none. A message shared between objects (a committed datatype) is refused.
func (h *header) body(kind uint16) (*cursor, error) {
	m, ok := h.find(kind)
	if !ok {
		return nil, nil
	}
	if m.shared {
		return nil, fmt.Errorf("%w: a shared header message (type %#x), such as a committed datatype", ErrUnsupported, kind)
	}
	return &cursor{b: m.body}, nil
}

func (h *header) readV1(start []byte) error {
	c := &cursor{b: start}
	c.skip(2 + 2 + 4) // version, reserved, number of messages, reference count
	size := c.u32()
	if c.err != nil {
		return fmt.Errorf("object header: %w", c.err)
	}
	// The first block of messages begins on a multiple of 8 within the header.
	return h.walk([]span{{h.address + 16, uint64(size)}}, func(c *cursor) (message, int) {
		m := message{kind: c.u16()}
		size := int(c.u16())
		m.shared = c.u8()&2 != 0
		c.skip(3)
		return m, size
	}, "", 8)
}

func (h *header) readV2(addr uint64) error {
	c, err := h.file.block(addr, 64, "OHDR")
	if err != nil {
		return err
	}
	if v := c.u8(); v != 2 {
		return fmt.Errorf("%w: object header version %d", ErrUnsupported, v)
	}
	flags := c.u8()
	if flags&0x20 != 0 {
		c.skip(16) // four times
	}
	if flags&0x10 != 0 {
		c.skip(4) // limits for attribute storage
	}
	size := c.uint(1 << (flags & 3))
	if c.err != nil {
		return fmt.Errorf("object header: %w", c.err)
	}
	headLen := 4 // type, size, flags
	if flags&4 != 0 {
		headLen = 6 // and the creation order
	}
	return h.walk([]span{{addr + uint64(c.at), size}}, func(c *cursor) (message, int) {
		m := message{kind: uint16(c.u8())}
		size := int(c.u16())
		m.shared = c.u8()&2 != 0
		if headLen == 6 {
			c.skip(2)
		}
		return m, size
	}, "OCHK", headLen)
}

// walk reads the messages of the given spans and of those that continuation
// messages name. next decodes one message's prefix of headLen bytes.
// Continuation blocks of version 2 begin with a signature and end with a
// checksum.
func (h *header) walk(spans []span, next func(c *cursor) (message, int), signature string, headLen int) error {
	var total uint64
	for i := 0; i < len(spans); i++ {
		s := spans[i]
		// Blocks of one header do not overlap: this ends circles as well.
		if total += s.size; total > h.file.size || len(spans) > maxMessages {
			return fmt.Errorf("%w: object header at %d is larger than the file", ErrCorrupt, h.address)
		}
		b, err := h.file.read(s.addr, s.size)
		if err != nil {
			return fmt.Errorf("object header: %w", err)
		}
		c := &cursor{b: b}
		if i > 0 && signature != "" {
			if len(b) < 8 || string(b[:4]) != signature {
				return fmt.Errorf("%w: object header at %d continues in a block without %q", ErrCorrupt, h.address, signature)
			}
			c = &cursor{b: b[:len(b)-4], at: 4}
		}
		for len(c.b)-c.at >= headLen {
			m, size := next(c)
			m.body = c.take(size)
			if c.err != nil {
				return fmt.Errorf("object header at %d: %w", h.address, c.err)
			}
			if len(h.messages) >= maxMessages {
				return fmt.Errorf("%w: object header at %d has more than %d messages", ErrCorrupt, h.address, maxMessages)
			}
			if m.kind == msgContinuation {
				cc := &cursor{b: m.body}
				more := span{cc.uint(h.file.offsetSize), cc.uint(h.file.lengthSize)}
				if cc.err != nil {
					return fmt.Errorf("object header at %d: %w", h.address, cc.err)
				}
				spans = append(spans, more)
				continue
			}
			h.messages = append(h.messages, m)
		}
	}
	return nil
}
