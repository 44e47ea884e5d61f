package hdf5

import (
	"bytes"
	"fmt"
	"strings"
)

// maxText limits the strings of one attribute together. The configuration of
// a model of a thousand layers takes about one megabyte.
const maxText = 64 << 20

// Texts returns the strings of the attribute of that name: one for a scalar,
// any number for a list. found is false if there is no such attribute.
func (g *Group) Texts(name string) (texts []string, found bool, err error) {
	return g.header.texts(g.path, name)
}

// Text returns the only string of an attribute.
func (g *Group) Text(name string) (text string, found bool, err error) {
	texts, found, err := g.Texts(name)
	switch {
	case err != nil || !found:
		return "", found, err
	case len(texts) != 1:
		return "", true, fmt.Errorf("attribute %q of /%s: wants one string, it has %d", name, g.path, len(texts))
	}
	return texts[0], true, nil
}

func (h *header) texts(path, name string) (texts []string, found bool, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("attribute %q of /%s: %w", name, path, err)
		}
	}()
	err = h.attributes(func(body []byte) error {
		a, err := h.file.parseAttribute(body)
		if err != nil || a.name != name || found {
			return err
		}
		found = true
		texts, err = a.texts(h.file)
		return err
	})
	return texts, found, err
}

// attributes visits the attribute messages in the header and in dense storage.
func (h *header) attributes(visit func(body []byte) error) error {
	for _, m := range h.messages {
		if m.kind != msgAttribute {
			continue
		}
		if m.shared {
			return fmt.Errorf("%w: a shared attribute", ErrUnsupported)
		}
		if err := visit(m.body); err != nil {
			return err
		}
	}
	c, err := h.body(msgAttributeInfo)
	if c == nil {
		return err
	}
	f := h.file
	c.skip(1) // version
	if flags := c.u8(); flags&1 != 0 {
		c.skip(2) // largest creation index
	}
	heap, index := c.uint(f.offsetSize), c.uint(f.offsetSize)
	if c.err != nil || heap == undefined {
		return c.err
	}
	const attributeNameRecords, idAt = 8, 0
	return f.denseMessages(heap, index, attributeNameRecords, idAt, visit)
}

// attribute is a decoded attribute message.
type attribute struct {
	name  string
	kind  datatype
	typed error // why kind could not be read; of interest only if it is asked for
	shape []uint64
	ok    bool // false for the null dataspace
	data  []byte
}

// parseAttribute decodes an attribute message (format specification, section
// IV.A.2.m).
func (f *File) parseAttribute(body []byte) (attribute, error) {
	c := &cursor{b: body}
	version, flags := c.u8(), c.u8()
	nameLen, typeLen, spaceLen := int(c.u16()), int(c.u16()), int(c.u16())
	pad := func(n int) int { return n }
	switch version {
	case 1:
		pad = func(n int) int { return (n + 7) &^ 7 }
		flags = 0
	case 2:
	case 3:
		c.skip(1) // character set of the name
	default:
		if c.err == nil {
			return attribute{}, fmt.Errorf("%w: attribute version %d", ErrUnsupported, version)
		}
	}
	name, _, _ := bytes.Cut(c.take(pad(nameLen)), []byte{0})
	typeBody, spaceBody := c.take(pad(typeLen)), c.take(pad(spaceLen))
	a := attribute{name: string(name), data: c.rest()}
	if c.err != nil {
		return a, fmt.Errorf("attribute message: %w", c.err)
	}
	if flags&3 != 0 {
		a.typed = fmt.Errorf("%w: an attribute of a committed datatype", ErrUnsupported)
		return a, nil
	}
	a.kind, a.typed = parseDatatype(&cursor{b: typeBody})
	var err error
	a.shape, a.ok, err = parseDataspace(f, &cursor{b: spaceBody})
	if a.typed == nil {
		a.typed = err
	}
	return a, nil
}

// texts decodes the value as strings.
func (a attribute) texts(f *File) ([]string, error) {
	if a.typed != nil {
		return nil, a.typed
	}
	n, err := elements(a.shape)
	if err != nil {
		return nil, err
	}
	if n == 0 || !a.ok {
		return nil, nil // h5py writes an empty list as no floats
	}
	varLen := a.kind.class == classVarLen && a.kind.text
	if a.kind.class != classString && !varLen {
		return nil, fmt.Errorf("wants strings, it holds %v", a.kind)
	}
	size := uint64(a.kind.size)
	if n > uint64(len(a.data))/size {
		return nil, fmt.Errorf("%w: %d strings in %d bytes", ErrCorrupt, n, len(a.data))
	}
	texts := make([]string, n)
	heaps := globalHeaps{file: f}
	total := 0
	for i := range texts {
		element := a.data[uint64(i)*size:][:size]
		if varLen {
			if element, err = heaps.object(element); err != nil {
				return nil, err
			}
			element = bytes.TrimRight(element, "\x00")
		}
		if total += len(element); total > maxText {
			return nil, fmt.Errorf("%w: more than %d bytes of text", ErrUnsupported, maxText)
		}
		texts[i] = a.kind.trim(element)
	}
	return texts, nil
}

// trim takes the padding off a stored string.
func (t datatype) trim(b []byte) string {
	const spacePadded = 2
	text := string(b)
	if t.class == classString {
		text, _, _ = strings.Cut(text, "\x00")
		if t.padding == spacePadded {
			text = strings.TrimRight(text, " ")
		}
	}
	return text
}

// globalHeaps reads variable-length values, which live in collections shared
// by many attributes (format specification, section III.E). It keeps the
// collection that was read last, because the strings of a list lie together.
type globalHeaps struct {
	file *File
	addr uint64
	body []byte
	at   map[uint16]span // where each object lies in body
}

// object returns the value that a reference (length, collection, index)
// stands for.
func (g *globalHeaps) object(reference []byte) ([]byte, error) {
	c := &cursor{b: reference}
	length, addr, index := uint64(c.u32()), c.uint(g.file.offsetSize), c.u32()
	if c.err != nil {
		return nil, c.err
	}
	if length == 0 || addr == 0 || addr == undefined {
		return nil, nil
	}
	if g.body == nil || g.addr != addr {
		if err := g.load(addr); err != nil {
			return nil, err
		}
	}
	s, ok := g.at[uint16(index)]
	if !ok || index > 0xffff || length > s.size {
		return nil, fmt.Errorf("%w: string %d of the heap at %d does not exist or is shorter than %d bytes",
			ErrCorrupt, index, addr, length)
	}
	return g.body[s.addr:][:length], nil
}

// load reads the collection at addr.
func (g *globalHeaps) load(addr uint64) error {
	f := g.file
	head, err := f.block(addr, uint64(8+f.lengthSize), "GCOL")
	if err != nil {
		return err
	}
	head.skip(4) // version, reserved
	size := head.uint(f.lengthSize)
	if head.err != nil {
		return fmt.Errorf("global heap: %w", head.err)
	}
	body, err := f.read(addr, size)
	if err != nil {
		return err
	}
	g.addr, g.body, g.at = addr, body, map[uint16]span{}
	c := &cursor{b: body, at: min(8+f.lengthSize, len(body))}
	for len(c.rest()) >= 8+f.lengthSize {
		index := c.u16()
		c.skip(6) // reference count, reserved
		n := c.uint(f.lengthSize)
		if index == 0 {
			break // the free space at the end
		}
		if n > uint64(len(c.rest())) {
			return fmt.Errorf("%w: an object of the global heap at %d is larger than the heap", ErrCorrupt, addr)
		}
		g.at[index] = span{uint64(c.at), n}
		c.skip(min(int(n+7)&^7, len(c.rest())))
	}
	return c.err
}
