package hdf5

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
)

// class is the family of a datatype (format specification, section IV.A.2.d).
type class uint8

const (
	classInteger class = 0
	classFloat   class = 1
	classString  class = 3
	classEnum    class = 8
	classVarLen  class = 9
)

// datatype is how one element is stored.
type datatype struct {
	class     class
	size      int // bytes of one element
	bigEndian bool
	signed    bool // of an integer
	bfloat    bool // a 2 byte float with 8 bits of exponent
	text      bool // of a variable-length type: elements are strings
	padding   uint8
}

// parseDatatype decodes a datatype message.
func parseDatatype(c *cursor) (datatype, error) {
	b0 := c.u8()
	flags := c.uint(3)
	size := c.u32()
	t := datatype{class: class(b0 & 15), size: int(size), bigEndian: flags&1 != 0}
	if c.err == nil && (size == 0 || size > 1<<20) {
		return t, fmt.Errorf("%w: elements of %d bytes", ErrUnsupported, size)
	}
	switch t.class {
	case classInteger:
		t.signed = flags&8 != 0
		offset, precision := c.u16(), c.u16()
		if c.err == nil && (offset != 0 || int(precision) != 8*t.size || bits.OnesCount32(size) != 1 || size > 8) {
			return t, fmt.Errorf("%w: integers of %d bits in %d bytes", ErrUnsupported, precision, t.size)
		}
	case classFloat:
		c.skip(4) // bit offset, precision
		c.skip(1) // where the exponent is
		exponent := c.u8()
		c.skip(6) // mantissa, bias
		t.bfloat = t.size == 2 && exponent == 8
		want, known := map[int]uint8{2: 5, 4: 8, 8: 11}[t.size]
		if c.err == nil && (flags&0x40 != 0 || !known || exponent != want && !t.bfloat) {
			return t, fmt.Errorf("%w: floats of %d bytes with an exponent of %d bits", ErrUnsupported, t.size, exponent)
		}
	case classString:
		t.padding = uint8(flags & 15)
	case classVarLen:
		t.text = flags&15 == 1
	}
	return t, c.err
}

// String names the type as numpy does.
func (t datatype) String() string {
	order := ""
	if t.bigEndian && t.size > 1 {
		order = "big-endian "
	}
	switch {
	case t.class == classInteger && t.signed:
		return fmt.Sprintf("%sint%d", order, 8*t.size)
	case t.class == classInteger:
		return fmt.Sprintf("%suint%d", order, 8*t.size)
	case t.bfloat:
		return order + "bfloat16"
	case t.class == classFloat:
		return fmt.Sprintf("%sfloat%d", order, 8*t.size)
	case t.class == classString, t.class == classVarLen && t.text:
		return "string"
	case t.class == classEnum:
		return "enumeration"
	default:
		return fmt.Sprintf("HDF5 datatype class %d", t.class)
	}
}

// number reports whether values of the type can become float32.
func (t datatype) number() bool { return t.class == classInteger || t.class == classFloat }

// decode turns len(dst) elements stored in src into float32, rounding doubles
// and large integers to the nearest float32.
func (t datatype) decode(dst []float32, src []byte) {
	var order binary.ByteOrder = binary.LittleEndian
	if t.bigEndian {
		order = binary.BigEndian
	}
	if t.class == classFloat && t.size == 4 {
		// The usual case, kept free of calls through an interface.
		if !t.bigEndian {
			for i := range dst {
				dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
			}
			return
		}
	}
	for i := range dst {
		var raw uint64
		switch b := src[i*t.size:]; t.size {
		case 1:
			raw = uint64(b[0])
		case 2:
			raw = uint64(order.Uint16(b))
		case 4:
			raw = uint64(order.Uint32(b))
		default:
			raw = order.Uint64(b)
		}
		dst[i] = t.value(raw)
	}
}

// integer is the exact value of one stored integer.
func (t datatype) integer(element []byte) (int64, error) {
	if len(element) < t.size {
		return 0, fmt.Errorf("%w: %d bytes for an integer of %d", ErrCorrupt, len(element), t.size)
	}
	var bits uint64
	for i := range t.size {
		at := i
		if !t.bigEndian {
			at = t.size - 1 - i
		}
		bits = bits<<8 | uint64(element[at])
	}
	if t.signed {
		unused := 64 - 8*t.size
		return int64(bits<<unused) >> unused, nil
	}
	if bits > math.MaxInt64 {
		return 0, fmt.Errorf("%w: %d is too large", ErrUnsupported, bits)
	}
	return int64(bits), nil
}

// value converts one element.
func (t datatype) value(bits uint64) float32 {
	switch {
	case t.class == classInteger && t.signed:
		unused := 64 - 8*t.size
		return float32(int64(bits<<unused) >> unused)
	case t.class == classInteger:
		return float32(bits)
	case t.bfloat:
		return math.Float32frombits(uint32(bits) << 16)
	case t.size == 2:
		return halfToFloat32(uint16(bits))
	case t.size == 4:
		return math.Float32frombits(uint32(bits))
	default:
		return float32(math.Float64frombits(bits))
	}
}

// halfToFloat32 widens an IEEE 754 binary16 value, which is always exact.
func halfToFloat32(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exponent, mantissa := uint32(h>>10&31), uint32(h&1023)
	switch exponent {
	case 31: // infinity and NaN
		return math.Float32frombits(sign | 0xff<<23 | mantissa<<13)
	case 0: // zero and subnormal numbers: mantissa * 2^-24
		v := float32(mantissa) / (1 << 24)
		return math.Float32frombits(sign | math.Float32bits(v))
	default:
		return math.Float32frombits(sign | (exponent+127-15)<<23 | mantissa<<13)
	}
}
