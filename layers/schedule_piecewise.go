package layers

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// PiecewiseSchedule is a [PiecewiseConstantDecay].
type PiecewiseSchedule struct {
	decay
	boundaries []int
	values     []float64
}

// PiecewiseConstantDecay has the first of the values up to the step of the first
// boundary, included, then the next up to the second, and so on. There is one
// value more than boundaries.
func PiecewiseConstantDecay(boundaries []int, values []float64) *PiecewiseSchedule {
	d := &PiecewiseSchedule{decay: decay{class: "PiecewiseConstantDecay", name: "PiecewiseConstant"},
		boundaries: slices.Clone(boundaries), values: slices.Clone(values)}
	switch {
	case len(boundaries) == 0 || len(boundaries) != len(values)-1:
		d.err = fmt.Errorf("wants boundaries and one value more than there are of them, got %d and %d values",
			len(boundaries), len(values))
	case !slices.IsSorted(boundaries):
		d.err = fmt.Errorf("wants boundaries in order, got %v", boundaries)
	}
	return d
}

// Rate computes the rate of a step.
func (d *PiecewiseSchedule) Rate(step *graph.Node) *graph.Node {
	rate := scalar(step, d.values[len(d.values)-1])
	for i, boundary := range slices.Backward(d.boundaries) {
		rate = graph.Where(graph.LessOrEqual(step, scalar(step, float64(boundary))), scalar(step, d.values[i]), rate)
	}
	return rate
}

// Config returns Keras' configuration.
func (d *PiecewiseSchedule) Config() map[string]any {
	return map[string]any{"boundaries": d.boundaries, "values": d.values, "name": d.name}
}

func init() {
	RegisterSchedule("PiecewiseConstantDecay", func(s *Settings) Schedule {
		d := PiecewiseConstantDecay(s.Ints("boundaries"), s.Floats("values"))
		d.name = s.String("name", d.name)
		return d
	})
}
