package layers

import (
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// DiscretizationLayer says between which boundaries numbers lie.
// (keras/src/layers/preprocessing/discretization.py)
type DiscretizationLayer struct {
	Base[*DiscretizationLayer]
	boundaries []float64
	mode       Encoding
	bins       any // how many Keras' adapt looked for, and how exactly; kept for files
	epsilon    float64
}

func init() {
	RegisterLayer("Discretization", func(s *Settings) Layer {
		s.Only("sparse", false)
		boundaries := s.Floats("bin_boundaries")
		bins := s.Take("num_bins")
		if len(boundaries) == 0 && bins != nil {
			s.Fail("num_bins = %v without bin_boundaries is not supported: call adapt in Python before saving", bins)
		}
		l := Discretization(boundaries...).Mode(Encoding(s.String("output_mode", string(EncodeInt))))
		l.bins, l.epsilon = withInts(bins), s.Float("epsilon", l.epsilon)
		return l
	})
}

// Discretization makes a layer of n boundaries, which rise: a number becomes 0
// below the first one, n from the last one on. Default EncodeInt.
func Discretization(boundaries ...float64) *DiscretizationLayer {
	l := &DiscretizationLayer{boundaries: slices.Clone(boundaries), mode: EncodeInt, epsilon: 0.01}
	l.Init(l, "Discretization")
	if len(boundaries) == 0 {
		l.Invalid("wants at least 1 boundary, got none")
	}
	for i, b := range boundaries {
		if math.IsNaN(b) || i > 0 && b < boundaries[i-1] {
			l.Invalid("boundaries must be numbers that rise, got %v", boundaries)
		}
	}
	return l
}

// Mode sets how the numbers of the bins are written. Default EncodeInt.
func (l *DiscretizationLayer) Mode(mode Encoding) *DiscretizationLayer {
	if err := mode.check(EncodeInt, EncodeOneHot, EncodeMultiHot, EncodeCount); err != nil {
		l.Invalid("%w", err)
	}
	l.mode = mode
	return l
}

// OutputShape is the input's, or that of the encoded numbers.
func (l *DiscretizationLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	return l.mode.shape(s, len(l.boundaries)+1)
}

// Call counts the boundaries that are not above each number.
func (l *DiscretizationLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	x := graph.StopGradient(graph.ExpandAxes(in[0], -1))
	reached := graph.GreaterOrEqual(x, alongChannels(x, l.boundaries))
	bin := graph.ReduceSum(graph.ConvertDType(reached, dtypes.Int32), -1)
	return l.mode.encode(bin, len(l.boundaries)+1, in[0].DType())
}

// Config returns Keras' configuration of a Discretization.
func (l *DiscretizationLayer) Config() map[string]any {
	return map[string]any{"bin_boundaries": l.boundaries, "num_bins": l.bins, "epsilon": l.epsilon,
		"output_mode": string(l.mode), "sparse": false, "name": l.name, "dtype": "float32"}
}
