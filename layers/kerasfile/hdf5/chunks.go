package hdf5

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
)

// Filters that a chunk may have gone through (format specification, section
// IV.A.2.l).
const (
	filterDeflate    = 1
	filterShuffle    = 2
	filterFletcher32 = 3
)

type filter struct {
	id     uint16
	client []uint32
}

// filters decodes the filter pipeline message.
func (h *header) filters() ([]filter, error) {
	c, err := h.body(msgFilters)
	if c == nil {
		return nil, err
	}
	version, n := c.u8(), int(c.u8())
	if version == 1 {
		c.skip(6)
	}
	var filters []filter
	for range n {
		f := filter{id: c.u16()}
		nameLen := 0
		if version == 1 || f.id >= 256 {
			nameLen = int(c.u16())
		}
		c.skip(2) // optional or not: without it the values cannot be read
		values := int(c.u16())
		if version == 1 {
			nameLen = (nameLen + 7) &^ 7
		}
		c.skip(nameLen)
		for range values {
			f.client = append(f.client, c.u32())
		}
		if version == 1 && values%2 == 1 {
			c.skip(4)
		}
		if c.err != nil {
			return nil, fmt.Errorf("filters: %w", c.err)
		}
		if f.id < filterDeflate || f.id > filterFletcher32 {
			return nil, fmt.Errorf("%w: filter %d (known: gzip, shuffle, fletcher32)", ErrUnsupported, f.id)
		}
		filters = append(filters, f)
	}
	return filters, nil
}

// readChunks copies every stored chunk to its place in dst.
func (d *Dataset) readChunks(dst []float32) error {
	f := d.header.file
	count, err := elements(d.layout.chunk)
	if err != nil || count == 0 {
		return fmt.Errorf("%w: chunks of shape %v", ErrCorrupt, d.layout.chunk)
	}
	size := count * uint64(d.kind.size)
	rank := len(d.shape)
	var stored, unpacked uint64
	return f.walkTree(d.layout.address, chunkTree, 8+8*(rank+1), func(key *cursor, addr uint64) error {
		n, skipped := uint64(key.u32()), key.u32()
		start := make([]uint64, rank)
		for i := range start {
			start[i] = key.uint(8)
			if start[i]%d.layout.chunk[i] != 0 || start[i] >= d.shape[i] && key.err == nil {
				return fmt.Errorf("%w: a chunk begins at %v of shape %v", ErrCorrupt, start, d.shape)
			}
		}
		if key.err != nil {
			return key.err
		}
		// Chunks do not overlap, neither in the file nor in the values.
		stored, unpacked = stored+n, unpacked+size
		if stored > f.size || unpacked > 1<<50 {
			return fmt.Errorf("%w: its chunks are larger than the file", ErrCorrupt)
		}
		raw, err := f.read(addr, n)
		if err != nil {
			return err
		}
		if raw, err = d.unfilter(raw, size, skipped); err != nil {
			return fmt.Errorf("chunk at %v: %w", start, err)
		}
		d.place(dst, raw, start)
		return nil
	})
}

// unfilter undoes the filters in reverse order and returns size bytes. A set
// bit of skipped says that the filter was not applied to this chunk.
func (d *Dataset) unfilter(raw []byte, size uint64, skipped uint32) ([]byte, error) {
	for i := len(d.layout.filters) - 1; i >= 0; i-- {
		if skipped>>i&1 != 0 {
			continue
		}
		switch d.layout.filters[i].id {
		case filterDeflate:
			z, err := zlib.NewReader(bytes.NewReader(raw))
			if err != nil {
				return nil, fmt.Errorf("%w: gzip: %v", ErrCorrupt, err)
			}
			// A checksum may follow the values, hence 4 bytes of room.
			raw, err = io.ReadAll(io.LimitReader(z, int64(size)+4))
			if err != nil {
				return nil, fmt.Errorf("%w: gzip: %v", ErrCorrupt, err)
			}
		case filterShuffle:
			raw = unshuffle(raw, d.kind.size)
		case filterFletcher32:
			var err error
			if raw, err = checkFletcher32(raw); err != nil {
				return nil, err
			}
		}
	}
	if uint64(len(raw)) != size {
		return nil, fmt.Errorf("%w: it has %d bytes, wanted %d", ErrCorrupt, len(raw), size)
	}
	return raw, nil
}

// unshuffle puts the bytes of each element together again, of which the
// filter had stored all first bytes, then all second bytes, and so on.
func unshuffle(b []byte, size int) []byte {
	n := len(b) / size
	out := make([]byte, len(b))
	for i := range size {
		for j := range n {
			out[j*size+i] = b[i*n+j]
		}
	}
	copy(out[n*size:], b[n*size:])
	return out
}

// checkFletcher32 takes the checksum off the end and compares it.
func checkFletcher32(b []byte) ([]byte, error) {
	if len(b) < 4 {
		return nil, fmt.Errorf("%w: no room for a checksum", ErrCorrupt)
	}
	b, sum := b[:len(b)-4], binary.LittleEndian.Uint32(b[len(b)-4:])
	var low, high uint32
	for i := 0; i < len(b); i += 2 {
		word := uint32(b[i]) << 8
		if i+1 < len(b) {
			word |= uint32(b[i+1])
		}
		low = (low + word) % 65535
		high = (high + low) % 65535
	}
	// The library leaves 65535 where a sum is a multiple of it, and may write
	// either; as remainders they are the same.
	if low != (sum&0xffff)%65535 || high != (sum>>16)%65535 {
		return nil, fmt.Errorf("%w: the checksum is wrong", ErrCorrupt)
	}
	return b, nil
}

// place copies the part of a chunk that lies within the data set, row by row.
func (d *Dataset) place(dst []float32, raw []byte, start []uint64) {
	rank := len(d.shape)
	if rank == 0 {
		d.kind.decode(dst, raw)
		return
	}
	size := uint64(d.kind.size)
	last := rank - 1
	row := min(d.layout.chunk[last], d.shape[last]-start[last])
	at := make([]uint64, last) // the row's place in the chunk
	for {
		from, to := uint64(0), uint64(0)
		for i := range at {
			from = from*d.layout.chunk[i] + at[i]
			to = to*d.shape[i] + start[i] + at[i]
		}
		from *= d.layout.chunk[last]
		to = to*d.shape[last] + start[last]
		d.kind.decode(dst[to:to+row], raw[from*size:])
		i := last - 1
		for ; i >= 0; i-- {
			if at[i]++; at[i] < d.layout.chunk[i] && start[i]+at[i] < d.shape[i] {
				break
			}
			at[i] = 0
		}
		if i < 0 {
			return
		}
	}
}
