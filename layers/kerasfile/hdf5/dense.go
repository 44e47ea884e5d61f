package hdf5

import (
	"fmt"
	"math/bits"
)

// Dense storage keeps the messages of a group with many links or attributes in
// a fractal heap, with a version 2 B-tree as the index (format specification,
// sections III.A.2 and III.G). Newer versions of the HDF5 library write it as
// soon as a group has more than 8 members.

// denseMessages calls visit with every message that the index at indexAddr
// lists. recordType is the kind of index, idAt the place of the heap ID in its
// records.
func (f *File) denseMessages(heapAddr, indexAddr uint64, recordType uint8, idAt int,
	visit func(body []byte) error) error {
	heap, err := f.fractalHeap(heapAddr)
	if err != nil {
		return err
	}
	var total uint64
	return f.walkTree2(indexAddr, recordType, func(record []byte) error {
		if idAt+heap.idLen > len(record) {
			return fmt.Errorf("%w: an index record of %d bytes holds no heap ID", ErrCorrupt, len(record))
		}
		body, err := heap.object(record[idAt : idAt+heap.idLen])
		if err != nil {
			return err
		}
		if total += uint64(len(body)); total > f.size {
			return fmt.Errorf("%w: dense storage holds more than the file", ErrCorrupt)
		}
		return visit(body)
	})
}

// fractalHeap is the header of a fractal heap.
type fractalHeap struct {
	file                 *File
	idLen                int
	hugeIndex            uint64
	width                uint64 // blocks in a row of the doubling table
	startSize, maxDirect uint64 // sizes of the smallest and the largest direct block
	offsetLen, lengthLen int    // bytes of an offset and a length in a heap ID
	root                 uint64
	rootRows             int // 0: the root is a direct block
	indirectHead         uint64
}

func (f *File) fractalHeap(addr uint64) (*fractalHeap, error) {
	c, err := f.block(addr, 256, "FRHP")
	if err != nil {
		return nil, err
	}
	h := &fractalHeap{file: f}
	c.skip(1) // version
	h.idLen = int(c.u16())
	filterLen := c.u16()
	c.skip(1) // flags
	maxManaged := uint64(c.u32())
	c.skip(f.lengthSize) // next huge ID
	h.hugeIndex = c.uint(f.offsetSize)
	c.skip(f.lengthSize + f.offsetSize + 8*f.lengthSize) // space and object counts
	h.width = uint64(c.u16())
	h.startSize, h.maxDirect = c.uint(f.lengthSize), c.uint(f.lengthSize)
	maxHeapBits := int(c.u16())
	c.skip(2) // rows to start with
	h.root = c.uint(f.offsetSize)
	h.rootRows = int(c.u16())
	switch {
	case c.err != nil:
		return nil, fmt.Errorf("fractal heap: %w", c.err)
	case filterLen != 0:
		return nil, fmt.Errorf("%w: a compressed fractal heap", ErrUnsupported)
	case !powerOf2(h.width) || !powerOf2(h.startSize) || !powerOf2(h.maxDirect) || h.maxDirect < h.startSize,
		maxHeapBits < 1 || maxHeapBits > 64 || h.rootRows > 64 || h.idLen < 2 || h.idLen > 64:
		return nil, fmt.Errorf("%w: impossible sizes in a fractal heap", ErrCorrupt)
	}
	h.offsetLen = (maxHeapBits + 7) / 8
	h.lengthLen = min(byteLen(h.maxDirect), byteLen(maxManaged))
	h.indirectHead = uint64(5 + f.offsetSize + h.offsetLen)
	return h, nil
}

func powerOf2(n uint64) bool { return n > 0 && n&(n-1) == 0 }

// byteLen is the number of bytes that values up to n take.
func byteLen(n uint64) int { return (bits.Len64(n|1)-1)/8 + 1 }

// object returns the bytes that a heap ID stands for.
func (h *fractalHeap) object(id []byte) ([]byte, error) {
	c := &cursor{b: id}
	switch kind := c.u8() >> 4 & 3; kind {
	case 0: // managed: kept in a block of the heap
		offset, length := c.uint(h.offsetLen), c.uint(h.lengthLen)
		if c.err != nil {
			return nil, fmt.Errorf("heap ID: %w", c.err)
		}
		addr, err := h.locate(offset, length)
		if err != nil {
			return nil, err
		}
		return h.file.read(addr, length)
	case 1: // huge: kept in the file, found by a number
		return h.huge(c.uint(min(8, h.idLen-1)))
	case 2: // tiny: kept in the ID
		n := int(id[0]&15) + 1
		if h.idLen > 18 {
			return nil, fmt.Errorf("%w: tiny objects in long heap IDs", ErrUnsupported)
		}
		body := c.take(n)
		return body, c.err
	default:
		return nil, fmt.Errorf("%w: heap ID of kind %d", ErrCorrupt, kind)
	}
}

// huge looks an object up that is too large for the heap's blocks.
func (h *fractalHeap) huge(number uint64) (body []byte, err error) {
	f := h.file
	const hugeRecords = 1
	found := false
	err = f.walkTree2(h.hugeIndex, hugeRecords, func(record []byte) error {
		c := &cursor{b: record}
		addr, length, id := c.uint(f.offsetSize), c.uint(f.lengthSize), c.uint(f.lengthSize)
		if c.err != nil || found || id != number {
			return c.err
		}
		found = true
		var err error
		body, err = f.read(addr, length)
		return err
	})
	if err == nil && !found {
		err = fmt.Errorf("%w: huge object %d is not in its index", ErrCorrupt, number)
	}
	return body, err
}

// locate returns the address of the length bytes at an offset of the heap's
// space.
func (h *fractalHeap) locate(offset, length uint64) (uint64, error) {
	addr, rows, base := h.root, h.rootRows, uint64(0)
	for rows > 0 {
		entry, size, direct, err := h.entry(rows, offset-base)
		if err != nil {
			return 0, err
		}
		b, err := h.file.read(addr+h.indirectHead+entry.index*uint64(h.file.offsetSize), uint64(h.file.offsetSize))
		if err != nil {
			return 0, err
		}
		addr = (&cursor{b: b}).uint(h.file.offsetSize)
		base += entry.start
		if direct {
			return within(addr, offset-base, length, size)
		}
		// An indirect block of this size has as many rows as fill it.
		rows = bits.Len64(size) - bits.Len64(h.startSize*h.width) + 1
	}
	return within(addr, offset-base, length, h.startSize)
}

// within checks that length bytes at an offset lie in a block of size bytes.
func within(block, offset, length, size uint64) (uint64, error) {
	if block == undefined || offset > size || length > size-offset {
		return 0, fmt.Errorf("%w: a heap object lies outside its block", ErrCorrupt)
	}
	return block + offset, nil
}

// heapEntry is one child of an indirect block: its place in the block and the
// offset within the block's space where it begins.
type heapEntry struct{ index, start uint64 }

// entry finds the child of an indirect block of the given number of rows that
// holds offset. The first two rows have blocks of the starting size, each
// further row blocks of twice the size.
func (h *fractalHeap) entry(rows int, offset uint64) (e heapEntry, size uint64, direct bool, err error) {
	size = h.startSize
	for row := range rows {
		if row > 1 {
			size *= 2
		}
		span := size * h.width
		if span/h.width != size || size == 0 {
			break
		}
		if offset-e.start < span {
			n := (offset - e.start) / size
			return heapEntry{e.index + n, e.start + n*size}, size, size <= h.maxDirect, nil
		}
		e.index += h.width
		e.start += span
	}
	return e, 0, false, fmt.Errorf("%w: a heap offset lies outside the heap", ErrCorrupt)
}
