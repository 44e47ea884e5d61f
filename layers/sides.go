package layers

import (
	"fmt"
	"slices"
)

// sides are numbers of positions before and after each spatial axis, for
// padding or cropping.
type sides [][2]int

// readSides reads one value for all sides, one for each axis, or two for each
// axis: before and after. For a single axis two values are before and after.
func readSides(what string, rank int, values []int) (sides, error) {
	var all []int
	switch len(values) {
	case 2 * rank:
		all = values
	case 1:
		all = slices.Repeat(values, 2*rank)
	case rank:
		for _, v := range values {
			all = append(all, v, v)
		}
	case 0:
		return nil, fmt.Errorf("%s wants values, got none", what)
	default:
		return nil, fmt.Errorf("%s wants 1, %d or %d values, got %v", what, rank, 2*rank, values)
	}
	if slices.Min(all) < 0 {
		return nil, fmt.Errorf("%s must be at least 0, got %v", what, values)
	}
	var s sides
	for pair := range slices.Chunk(all, 2) {
		s = append(s, [2]int{pair[0], pair[1]})
	}
	return s, nil
}

// config is Keras' form: a pair for each axis, but the pair alone of one axis.
func (s sides) config() any {
	if len(s) == 1 {
		return s[0]
	}
	return s
}

// orDefault is values, or the default where there are none.
func orDefault(values []int, otherwise int) []int {
	if len(values) == 0 {
		return []int{otherwise}
	}
	return values
}
