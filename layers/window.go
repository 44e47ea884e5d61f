package layers

import (
	"fmt"
	"slices"
)

// window is a sliding window over the axes of a grid, with an element of each
// slice for each axis.
type window struct {
	grid
	size, strides, dilation []int
	padding                 PaddingMode
}

// newWindow is a window of the given rank and of Keras' defaults.
func newWindow(rank int) window {
	one := slices.Repeat([]int{1}, rank)
	return window{grid{rank, ChannelsLast}, one, one, one, Valid}
}

// numbers reads the values of an option such as Strides: one for all spatial
// axes or one for each.
func (g grid) numbers(what string, least int, values []int) ([]int, error) {
	var all []int
	switch len(values) {
	case 1:
		all = slices.Repeat(values, g.rank)
	case g.rank:
		all = slices.Clone(values)
	default:
		return nil, fmt.Errorf("%s wants 1 or %d values, got %v", what, g.rank, values)
	}
	for _, v := range all {
		if v < least {
			return nil, fmt.Errorf("%s must be at least %d, got %v", what, least, values)
		}
	}
	return all, nil
}

// set sets one of the window's slices from an option's values.
func (w *window) set(to *[]int, what string, values []int) error {
	all, err := w.numbers(what, 1, values)
	if err == nil {
		*to = all
	}
	return err
}

// setPadding sets the padding to one of the allowed modes.
func (w *window) setPadding(p PaddingMode, allowed ...PaddingMode) error {
	if err := p.check(allowed...); err != nil {
		return err
	}
	w.padding = p
	return nil
}

// strideOrDilation refuses strides and dilation together, as Keras does.
func (w window) strideOrDilation() error {
	if slices.Max(w.strides) > 1 && slices.Max(w.dilation) > 1 {
		return fmt.Errorf("strides %v and dilation %v cannot both differ from 1", w.strides, w.dilation)
	}
	return nil
}

// span is the number of positions along an axis that the window covers.
func (w window) span(axis int) int { return (w.size[axis]-1)*w.dilation[axis] + 1 }

// positions returns the number of positions along each axis for examples of
// the given sizes, and the padding before and after. Same pads as TensorFlow
// does: what is missing for ceil(size/stride) windows, the odd one after. That
// depends on the stride: 3 wide at stride 2 over an even size gives (0, 1).
// GoMLX's own PadSame ignores the stride and gives (1, 1), shifting the image
// by a pixel.
func (w window) positions(sizes []int) (out []int, pads [][2]int, err error) {
	for axis, size := range sizes {
		span, stride := w.span(axis), w.strides[axis]
		var pad [2]int
		switch w.padding {
		case Same:
			positions := (size + stride - 1) / stride
			missing := max(0, (positions-1)*stride+span-size)
			pad = [2]int{missing / 2, missing - missing/2}
		case Causal:
			pad[0] = span - 1
		}
		padded := size + pad[0] + pad[1]
		if span > padded {
			return nil, nil, fmt.Errorf("%s: a window of %d does not fit into %d with padding %q",
				w.axes()[axis], span, size, w.padding)
		}
		out, pads = append(out, (padded-span)/stride+1), append(pads, pad)
	}
	return out, pads, nil
}

// pads are the paddings of positions, for inputs that OutputShape has seen.
func (w window) pads(sizes []int) [][2]int {
	_, pads, err := w.positions(sizes)
	if err != nil {
		panic(err)
	}
	return pads
}

// refuse keeps an option's error, if there is one.
func refuse(l interface{ Invalid(string, ...any) }, err error) {
	if err != nil {
		l.Invalid("%w", err)
	}
}
