package hdf5

import (
	"fmt"
	"math"
)

// Dataset is an HDF5 data set: an array of numbers.
type Dataset struct {
	header *header
	path   string
	shape  []uint64
	count  uint64
	kind   datatype
	layout layout
	fill   []byte // one element, or nil for zero
}

// layout says where the elements are (format specification, section IV.A.2.i).
type layout struct {
	class   uint8
	address uint64
	size    uint64   // of contiguous storage
	compact []byte   // the elements themselves
	chunk   []uint64 // elements of a chunk in each dimension
	filters []filter
}

const (
	layoutCompact    = 0
	layoutContiguous = 1
	layoutChunked    = 2
	layoutVirtual    = 3
)

// Path returns the way from the root to the data set, without the leading
// slash.
func (d *Dataset) Path() string { return d.path }

// Shape returns the size of each dimension; it is empty for a scalar.
func (d *Dataset) Shape() []int {
	shape := make([]int, len(d.shape))
	for i, n := range d.shape {
		shape[i] = int(n)
	}
	return shape
}

// Type names the stored type as numpy does: "float32", "uint8".
func (d *Dataset) Type() string { return d.kind.String() }

func (h *header) asDataset(path string) (d *Dataset, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("/%s: %w", path, err)
		}
	}()
	d = &Dataset{header: h, path: path}
	if _, ok := h.find(msgExternalFiles); ok {
		return nil, fmt.Errorf("%w: its values are in another file, which is not followed", ErrUnsupported)
	}
	space, err := h.required(msgDataspace)
	if err != nil {
		return nil, err
	}
	ok := false
	if d.shape, ok, err = parseDataspace(h.file, space); err != nil {
		return nil, err
	}
	if d.count, err = elements(d.shape); err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%w: a null dataspace", ErrUnsupported)
	}
	kind, err := h.required(msgDatatype)
	if err != nil {
		return nil, err
	}
	if d.kind, err = parseDatatype(kind); err != nil {
		return nil, err
	}
	if err := d.parseLayout(); err != nil {
		return nil, err
	}
	return d, d.parseFill()
}

// required is body for messages that must be there.
func (h *header) required(kind uint16) (*cursor, error) {
	c, err := h.body(kind)
	if c == nil && err == nil {
		err = fmt.Errorf("%w: a dataset without its message %#x", ErrCorrupt, kind)
	}
	return c, err
}

func (d *Dataset) parseLayout() error {
	f := d.header.file
	c, err := d.header.required(msgLayout)
	if err != nil {
		return err
	}
	version := c.u8()
	if c.err == nil && version != 3 && version != 4 {
		return fmt.Errorf("%w: data layout version %d", ErrUnsupported, version)
	}
	l := &d.layout
	switch l.class = c.u8(); l.class {
	case layoutCompact:
		l.compact = c.take(int(c.u16()))
	case layoutContiguous:
		l.address, l.size = c.uint(f.offsetSize), c.uint(f.lengthSize)
	case layoutChunked:
		if version == 4 {
			return fmt.Errorf("%w: chunks with an index of HDF5 1.10; save it again with h5py's libver='earliest'",
				ErrUnsupported)
		}
		rank := int(c.u8()) - 1 // the last is the size of an element
		l.address = c.uint(f.offsetSize)
		if c.err == nil && rank != len(d.shape) {
			return fmt.Errorf("%w: chunks of %d dimensions for data of %d", ErrCorrupt, rank, len(d.shape))
		}
		for range d.shape {
			l.chunk = append(l.chunk, uint64(c.u32()))
		}
		if l.filters, err = d.header.filters(); err != nil {
			return err
		}
	case layoutVirtual:
		return fmt.Errorf("%w: a virtual dataset, whose values are in other files", ErrUnsupported)
	default:
		return fmt.Errorf("%w: data layout class %d", ErrUnsupported, l.class)
	}
	return c.err
}

// parseFill finds the value of elements that were never written.
func (d *Dataset) parseFill() error {
	c, err := d.header.body(msgFillValue)
	if c == nil {
		return err
	}
	version := c.u8()
	switch version {
	case 1, 2:
		c.skip(2) // times of allocation and of writing
		if defined := c.u8(); version == 2 && defined == 0 {
			return c.err
		}
	case 3:
		if flags := c.u8(); flags&0x20 == 0 {
			return c.err
		}
	default:
		return nil
	}
	if n := c.u32(); c.err == nil && int(n) == d.kind.size {
		d.fill = c.take(int(n))
	}
	return c.err
}

// Float32s returns the values in row-major order.
func (d *Dataset) Float32s() ([]float32, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	values := make([]float32, d.count)
	return values, d.ReadFloat32s(values)
}

// Int returns the value of a data set that holds one integer.
func (d *Dataset) Int() (int64, error) {
	if err := d.check(); err != nil {
		return 0, err
	}
	if d.count != 1 || d.kind.class != classInteger {
		return 0, fmt.Errorf("/%s: wants one integer, it holds %d of type %v", d.path, d.count, d.kind)
	}
	var element []byte
	switch {
	case d.layout.class == layoutCompact:
		element = d.layout.compact
	case d.layout.class == layoutContiguous && d.layout.address == undefined:
		element = make([]byte, d.kind.size)
		copy(element, d.fill)
	case d.layout.class == layoutContiguous && d.layout.address <= d.header.file.size-uint64(d.kind.size):
		element = make([]byte, d.kind.size)
		if _, err := d.header.file.r.ReadAt(element, int64(d.layout.address)); err != nil {
			return 0, fmt.Errorf("/%s: reading its value: %w", d.path, err)
		}
	default:
		return 0, fmt.Errorf("/%s: %w: one integer in chunks or beyond the file's end", d.path, ErrUnsupported)
	}
	return d.kind.integer(element)
}

// maxDeflate is the largest ratio by which deflate compresses.
const maxDeflate = 1032

// unbacked is how many bytes a data set may declare without storing any: the
// fill value of a bias that was never set is no attack.
const unbacked = 1 << 20

// check refuses data that is no number, and shape bombs: data sets that
// declare more than their stored bytes can hold.
func (d *Dataset) check() error {
	if !d.kind.number() {
		return fmt.Errorf("/%s: %w: wants numbers, it holds %v", d.path, ErrUnsupported, d.kind)
	}
	declared := d.count * uint64(d.kind.size)
	stored := d.header.file.size
	switch {
	case d.layout.class == layoutCompact:
		stored = uint64(len(d.layout.compact))
	case d.layout.address == undefined:
		stored = unbacked
	case d.layout.class == layoutContiguous:
		stored = min(stored, d.layout.size)
	case len(d.layout.filters) > 0:
		stored = max(unbacked, stored*min(maxDeflate, math.MaxUint64/(stored+1)))
	default:
		stored = max(unbacked, stored)
	}
	if declared > stored {
		return fmt.Errorf("/%s: %w: its shape %v declares %d bytes, more than the file holds",
			d.path, ErrCorrupt, d.shape, declared)
	}
	return nil
}

// ReadFloat32s fills dst, which must have as many elements as the data set,
// with the values in row-major order, converted to float32. Contiguous values
// pass through a small buffer, so that no second copy of them is made.
func (d *Dataset) ReadFloat32s(dst []float32) error {
	if err := d.check(); err != nil {
		return err
	}
	if uint64(len(dst)) != d.count {
		return fmt.Errorf("/%s: it has %d values, wanted %d", d.path, d.count, len(dst))
	}
	var err error
	switch {
	case d.layout.class == layoutCompact:
		d.kind.decode(dst, d.layout.compact)
	case d.layout.address == undefined:
		d.fillAll(dst)
	case d.layout.class == layoutContiguous:
		err = d.readContiguous(dst)
	default:
		d.fillAll(dst)
		err = d.readChunks(dst)
	}
	if err != nil {
		return fmt.Errorf("/%s: %w", d.path, err)
	}
	return nil
}

func (d *Dataset) readContiguous(dst []float32) error {
	f := d.header.file
	size := uint64(d.kind.size)
	if total := d.count * size; d.layout.address > f.size || total > f.size-d.layout.address {
		return fmt.Errorf("%w: %d bytes at %d are beyond its end at %d", ErrCorrupt, total, d.layout.address, f.size)
	}
	buffer := make([]byte, min(uint64(256<<10), d.count*size))
	for at := uint64(0); at < d.count; {
		n := min(d.count-at, uint64(len(buffer))/size)
		part := buffer[:n*size]
		if _, err := f.r.ReadAt(part, int64(d.layout.address+at*size)); err != nil {
			return fmt.Errorf("reading values: %w", err)
		}
		d.kind.decode(dst[at:at+n], part)
		at += n
	}
	return nil
}

func (d *Dataset) fillAll(dst []float32) {
	if d.fill == nil {
		clear(dst)
		return
	}
	d.kind.decode(dst[:min(1, len(dst))], d.fill)
	for i := range dst {
		dst[i] = dst[0]
	}
}
