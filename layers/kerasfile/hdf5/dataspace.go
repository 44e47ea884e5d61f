package hdf5

import (
	"fmt"
	"math/bits"
)

// maxRank is HDF5's own limit.
const maxRank = 32

// parseDataspace decodes a dataspace message into the size of each dimension:
// empty for a scalar, and ok false for the null dataspace, which has no value.
func parseDataspace(f *File, c *cursor) (shape []uint64, ok bool, err error) {
	version, rank, flags := c.u8(), int(c.u8()), c.u8()
	space := uint8(1)
	switch version {
	case 1:
		c.skip(5)
	case 2:
		space = c.u8()
	default:
		if c.err == nil {
			return nil, false, fmt.Errorf("%w: dataspace version %d", ErrUnsupported, version)
		}
	}
	if c.err == nil && rank > maxRank {
		return nil, false, fmt.Errorf("%w: %d dimensions", ErrCorrupt, rank)
	}
	shape = make([]uint64, rank)
	for i := range shape {
		shape[i] = c.uint(f.lengthSize)
	}
	_ = flags // largest sizes, permutation: of no use to a reader
	return shape, space != 2, c.err
}

// elements multiplies the dimensions, and refuses products that no file and no
// memory can hold.
func elements(shape []uint64) (uint64, error) {
	n := uint64(1)
	for _, d := range shape {
		high, low := bits.Mul64(n, d)
		if high != 0 || low > 1<<48 {
			return 0, fmt.Errorf("%w: its shape %v is impossibly large", ErrCorrupt, shape)
		}
		n = low
	}
	return n, nil
}
