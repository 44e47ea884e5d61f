package layers

import "fmt"

// PaddingMode says what a convolution or pooling does at the border.
type PaddingMode string

const (
	// Valid pads nothing: windows lie inside the image.
	Valid PaddingMode = "valid"
	// Same pads with zeros (poolings: with nothing that counts) so that the
	// output has ceil(size/stride) positions.
	Same PaddingMode = "same"
)

func (p PaddingMode) check() error {
	if p != Valid && p != Same {
		return fmt.Errorf("padding must be %q or %q, got %q", Valid, Same, p)
	}
	return nil
}

// window is a sliding window over the two image axes.
type window struct {
	size, strides, dilation [2]int
	padding                 PaddingMode
}

// output returns the number of positions along one axis (0 height, 1 width)
// and the padding before and after. Same pads as TensorFlow does: what is
// missing for ceil(size/stride) windows, the odd one after. That depends on
// the stride: 3 wide at stride 2 over an even size gives (0, 1). GoMLX's own
// PadSame ignores the stride and gives (1, 1), shifting the image by a pixel.
func (w window) output(axis, size int) (positions int, pad [2]int, err error) {
	span := (w.size[axis]-1)*w.dilation[axis] + 1
	stride := w.strides[axis]
	if w.padding == Same {
		positions = (size + stride - 1) / stride
		missing := max(0, (positions-1)*stride+span-size)
		return positions, [2]int{missing / 2, missing - missing/2}, nil
	}
	if span > size {
		return 0, pad, fmt.Errorf("a window of %d does not fit into %d with padding %q", span, size, w.padding)
	}
	return (size-span)/stride + 1, pad, nil
}

// image returns the output height and width and the paddings of both axes.
func (w window) image(height, width int) (h, wd int, pads [2][2]int, err error) {
	h, top, err := w.output(0, height)
	if err != nil {
		return 0, 0, pads, fmt.Errorf("height: %w", err)
	}
	wd, left, err := w.output(1, width)
	if err != nil {
		return 0, 0, pads, fmt.Errorf("width: %w", err)
	}
	return h, wd, [2][2]int{top, left}, nil
}

// pair reads the one or two values of an option such as Strides(2) or
// Strides(2, 1): (both), or (height, width).
func pair(what string, least int, values []int) ([2]int, error) {
	var p [2]int
	switch len(values) {
	case 1:
		p = [2]int{values[0], values[0]}
	case 2:
		p = [2]int{values[0], values[1]}
	default:
		return p, fmt.Errorf("%s wants 1 or 2 values, got %v", what, values)
	}
	if p[0] < least || p[1] < least {
		return p, fmt.Errorf("%s must be at least %d, got %v", what, least, values)
	}
	return p, nil
}
