package hdf5

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// superblockSize is the size of a version 0 superblock, with the root group's
// symbol table entry.
const superblockSize = 96

// headerLimit is the largest list of strings that fits an object header
// message, as Keras counts it.
const headerLimit = 64512

// WriteTo writes the HDF5 file whose root group is t. The values come first
// and all that describes them last: their addresses are then known as soon as
// their sizes are, and the file is written in one pass to any io.Writer.
func (t *Tree) WriteTo(w io.Writer) (int64, error) {
	e := &encoder{addresses: map[*Array]uint64{}}
	end := e.place(t, superblockSize)
	e.base = end
	root, tree, heap, err := e.group(t, "")
	if err != nil {
		return 0, err
	}
	out := &counter{w: w}
	if _, err := out.Write(superblock(root, tree, heap, end+uint64(len(e.meta)))); err != nil {
		return out.n, err
	}
	for _, a := range e.order {
		if err := writeArray(out, a, e.addresses[a]); err != nil {
			return out.n, err
		}
	}
	if err := out.pad(end); err != nil {
		return out.n, err
	}
	_, err = out.Write(e.meta)
	return out.n, err
}

// writeArray writes one array at its address.
func writeArray(out *counter, a *Array, addr uint64) error {
	if err := out.pad(addr); err != nil {
		return err
	}
	if err := a.Write(out); err != nil {
		return err
	}
	if got := uint64(out.n) - addr; got != a.size() {
		return fmt.Errorf("hdf5: an array of shape %v wrote %d bytes instead of %d", a.Shape, got, a.size())
	}
	return nil
}

// WriteFloat32s writes values as little-endian bytes, by way of a small buffer.
func WriteFloat32s(w io.Writer, values []float32) error {
	var buffer [16 << 10]byte
	for len(values) > 0 {
		n := min(len(values), len(buffer)/4)
		for i, v := range values[:n] {
			binary.LittleEndian.PutUint32(buffer[4*i:], math.Float32bits(v))
		}
		if _, err := w.Write(buffer[:4*n]); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// counter counts the bytes that were written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// pad writes zeros up to address to.
func (c *counter) pad(to uint64) error {
	_, err := c.Write(make([]byte, to-uint64(c.n)))
	return err
}

// superblock encodes a version 0 superblock (format specification, section
// II.A) with the group B-tree sizes of the HDF5 library's defaults.
func superblock(root, tree, heap, end uint64) []byte {
	b := append([]byte{}, signature...)
	b = append(b, 0, 0, 0, 0, 0, 8, 8, 0) // versions; 8 byte addresses and lengths
	b = binary.LittleEndian.AppendUint16(b, symbolsPerNode/2)
	b = binary.LittleEndian.AppendUint16(b, childrenPerNode/2)
	b = append(b, 0, 0, 0, 0) // consistency flags
	for _, v := range []uint64{0, undefined, end, undefined} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return appendSymbol(b, 0, root, &[2]uint64{tree, heap})
}

// encoder builds the part of the file that describes the arrays.
type encoder struct {
	addresses map[*Array]uint64
	order     []*Array
	base      uint64 // the address of meta's first byte
	meta      []byte
	heap      collection
}

// place gives every array below t an address from at on, and returns where
// the last one ends.
func (e *encoder) place(t *Tree, at uint64) uint64 {
	for _, name := range t.names() {
		if child := t.groups[name]; child != nil {
			at = e.place(child, at)
			continue
		}
		a := t.arrays[name]
		e.addresses[a] = at
		e.order = append(e.order, a)
		at = align(at + a.size())
	}
	return at
}

func align(n uint64) uint64 { return (n + 7) &^ 7 }

// add appends a block and returns its address.
func (e *encoder) add(block []byte) uint64 {
	addr := e.base + uint64(len(e.meta))
	e.meta = append(e.meta, block...)
	for len(e.meta)%8 != 0 {
		e.meta = append(e.meta, 0)
	}
	return addr
}

// group encodes t and all below it, the members before the group itself, so
// that their addresses are known. It returns the addresses of the object
// header, the B-tree and the heap.
func (e *encoder) group(t *Tree, path string) (header, tree, heap uint64, err error) {
	if t.err != nil {
		return 0, 0, 0, t.err
	}
	names := t.names()
	symbols := make([]symbol, len(names))
	for i, name := range names {
		s := symbol{name: name}
		if child := t.groups[name]; child != nil {
			s.cached = new([2]uint64)
			s.header, s.cached[0], s.cached[1], err = e.group(child, path+"/"+name)
			if err != nil {
				return 0, 0, 0, err
			}
		} else {
			s.header = e.dataset(t.arrays[name])
		}
		symbols[i] = s
	}
	tree, heap = e.symbolTable(symbols)
	messages := appendMessage(nil, msgSymbolTable, appendUint64s(nil, tree, heap))
	count := 1
	for _, a := range t.attributes {
		body, err := e.attribute(a)
		if err != nil {
			return 0, 0, 0, fmt.Errorf("hdf5: attribute %q of %s/: %w", a.name, path, err)
		}
		messages = appendMessage(messages, msgAttribute, body)
		count++
	}
	return e.add(objectHeader(count, messages)), tree, heap, nil
}

// dataset encodes an array's object header and returns its address.
func (e *encoder) dataset(a *Array) uint64 {
	addr, size := e.addresses[a], a.size()
	if size == 0 {
		addr = undefined
	}
	m := appendMessage(nil, msgDataspace, dataspace(a.Shape))
	m = appendMessage(m, msgDatatype, a.Type.message())
	m = appendMessage(m, msgFillValue, []byte{2, 2, 2, 1, 0, 0, 0, 0}) // the default: zero
	m = appendMessage(m, msgLayout, appendUint64s([]byte{3, layoutContiguous}, addr, size))
	return e.add(objectHeader(4, m))
}

// objectHeader encodes a version 1 object header.
func objectHeader(count int, messages []byte) []byte {
	b := []byte{1, 0}
	b = binary.LittleEndian.AppendUint16(b, uint16(count))
	b = binary.LittleEndian.AppendUint32(b, 1) // references
	b = binary.LittleEndian.AppendUint32(b, uint32(len(messages)))
	b = append(b, 0, 0, 0, 0)
	return append(b, messages...)
}

func appendMessage(b []byte, kind uint16, body []byte) []byte {
	size := align(uint64(len(body)))
	b = binary.LittleEndian.AppendUint16(b, kind)
	b = binary.LittleEndian.AppendUint16(b, uint16(size))
	b = append(b, 0, 0, 0, 0)
	b = append(b, body...)
	return append(b, make([]byte, size-uint64(len(body)))...)
}

func appendUint64s(b []byte, values ...uint64) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return b
}

// dataspace encodes a version 1 dataspace message.
func dataspace(shape []int) []byte {
	b := []byte{1, byte(len(shape)), 0, 0, 0, 0, 0, 0}
	for _, d := range shape {
		b = binary.LittleEndian.AppendUint64(b, uint64(d))
	}
	return b
}

// message encodes the type as a datatype message.
func (t ElementType) message() []byte {
	switch t {
	case Int64:
		return []byte{0x10, 8, 0, 0, 8, 0, 0, 0, 0, 0, 64, 0}
	case Uint32:
		return []byte{0x10, 0, 0, 0, 4, 0, 0, 0, 0, 0, 32, 0}
	default: // IEEE binary32: implied leading bit, sign 31, exponent 23+8, bias 127
		return []byte{0x11, 0x20, 31, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0}
	}
}
