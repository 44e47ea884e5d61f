package layers

import (
	"fmt"
	"slices"
	"strings"
)

// Shape is the shape of one example, without the batch axis: an RGB image of
// CIFAR-10 is Shape{32, 32, 3} (height, width, channels). Every dimension is
// known and positive.
type Shape []int

// Size returns the number of values of one example: the product of the
// dimensions, 1 for the empty shape.
func (s Shape) Size() int {
	size := 1
	for _, d := range s {
		size *= d
	}
	return size
}

// Equal tells whether both shapes have the same dimensions.
func (s Shape) Equal(other Shape) bool { return slices.Equal(s, other) }

// Clone returns a copy that shares no memory with s.
func (s Shape) Clone() Shape { return slices.Clone(s) }

// Tuple writes the dimensions as Python writes a tuple: "(32, 32, 3)", "(10,)".
func (s Shape) Tuple() string {
	text := strings.Trim(strings.ReplaceAll(fmt.Sprint([]int(s)), " ", ", "), "[]")
	if len(s) == 1 {
		text += ","
	}
	return "(" + text + ")"
}

// String writes the shape as Keras does, with None for the batch axis:
// "(None, 32, 32, 3)".
func (s Shape) String() string {
	if len(s) == 0 {
		return "(None,)"
	}
	return "(None, " + strings.TrimSuffix(strings.Trim(s.Tuple(), "()"), ",") + ")"
}

// maxSize bounds the values of one example or variable: 2^36 float32 values are
// 256 GiB. Larger ones come from a damaged or hostile file.
const maxSize = 1 << 36

// check returns an error unless every dimension is positive and the size is
// within maxSize.
func (s Shape) check() error {
	size := 1
	for _, d := range s {
		if d < 1 {
			return fmt.Errorf("every dimension must be at least 1, got %v", []int(s))
		}
		if d > maxSize/size {
			return fmt.Errorf("shape %v has more than %d values", []int(s), maxSize)
		}
		size *= d
	}
	return nil
}

// oneInput returns the only element of in, or an error that says how many came.
func oneInput(in []Shape) (Shape, error) {
	if len(in) != 1 {
		return nil, fmt.Errorf("wants exactly 1 input, got %d", len(in))
	}
	return in[0], nil
}

// first is the first of several shapes.
func first(shapes []Shape, err error) (Shape, error) {
	if err != nil {
		return nil, err
	}
	return shapes[0], nil
}

// oneImage is oneInput for layers that read (height, width, channels).
func oneImage(in []Shape) (height, width, channels int, err error) {
	s, err := oneInput(in)
	if err != nil {
		return 0, 0, 0, err
	}
	if len(s) != 3 {
		return 0, 0, 0, fmt.Errorf("wants images (None, height, width, channels), got %v", s)
	}
	return s[0], s[1], s[2], nil
}
