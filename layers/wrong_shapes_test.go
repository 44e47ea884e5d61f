package layers

import (
	"strings"
	"testing"
)

// TestWrongShapes lists inputs and arguments that layers refuse: the error names
// the layer, what it wants and what came.
func TestWrongShapes(t *testing.T) {
	image := Shape{4, 5, 6}
	for _, c := range []struct {
		layer Layer
		in    []Shape
		want  string
	}{
		{Add(), []Shape{image, {4, 5, 3}}, "wants inputs of one shape, or with 1 where they differ, got (None, 4, 5, 6) " +
			"and, at 1, (None, 4, 5, 3)"},
		{Subtract(), []Shape{image}, "wants exactly 2 inputs, got 1"},
		{Subtract(), []Shape{image, image, image}, "wants exactly 2 inputs, got 3"},
		{Concatenate(), []Shape{{4, 5}, image}, "wants inputs that differ in axis -1 only"},
		{Dot(1), []Shape{{4}, {5}}, "wants inputs of one size along the axes [1], got 4 of (None, 4) and 5 of (None, 5)"},
		{Dot(1), []Shape{{4}}, "wants exactly 2 inputs, got 1"},
		{Dot(0), []Shape{{4}, {4}}, "axis 0 of (None, 4) is the batch axis"},
		{Dot(1, 3), []Shape{{4}, {4}}, "axis 3 is outside of (None, 4)"},
		{Dot(1, 2, 3), []Shape{{4}, {4}}, "wants an axis for both inputs, or one for each, got [1 2 3]"},
		{Activation(Glu), []Shape{{3}}, "activation glu wants an even size of the last axis, got (None, 3)"},
		{Dense(3).Activation(Glu), []Shape{{3}}, "activation glu wants an even size"},
		{Activation("swosh"), []Shape{{3}}, `unknown activation "swosh"`},
		{ELU(1, 2), []Shape{{3}}, "wants at most one alpha, got [1 2]"},
		{PReLU().SharedAxes(0), []Shape{{3}}, "shared axes must be at least 1, the batch axis being 0, got 0"},
		{PReLU().SharedAxes(2), []Shape{{3}}, "shared axis 2 is outside of (None, 3)"},
		{NewSoftmax().Axis(4), []Shape{image}, "axis 4 is outside of (None, 4, 5, 6)"},
		{NewSoftmax().Axis(1, -3), []Shape{image}, "axes [1 -3] of (None, 4, 5, 6) name one axis twice"},
		{LayerNormalization().Axis(0), []Shape{image}, "axis 0 of (None, 4, 5, 6) is the batch axis"},
		{LayerNormalization().Axis(-5), []Shape{image}, "axis -5 is outside of (None, 4, 5, 6)"},
		{LayerNormalization().Axis(), []Shape{image}, "wants at least one axis"},
		{LayerNormalization().Epsilon(-1), []Shape{image}, "epsilon must be at least 0 and finite, got -1"},
		{LayerNormalization().Gamma(WeightOptions{Regularizer: L1(-1)}), []Shape{image}, "gamma: regularizer L1: a factor"},
		{LayerNormalization(), []Shape{image, image}, "wants exactly 1 input, got 2"},
		{GroupNormalization(4), []Shape{image}, "4 groups do not divide the 6 channels of (None, 4, 5, 6)"},
		{GroupNormalization(12), []Shape{image}, "12 groups do not divide the 6 channels"},
		{GroupNormalization(0), []Shape{image}, "groups must be at least 1, or -1 for as many as there are channels, got 0"},
		{GroupNormalization(2).Axis(7), []Shape{image}, "axis 7 is outside of (None, 4, 5, 6)"},
		{RMSNormalization().Axis(1), []Shape{image}, "wants the last axes of (None, 4, 5, 6), got axes [1]"},
		{Dropout(0.5).NoiseShape(0, 1), []Shape{image},
			"noise shape wants for each axis of (None, 4, 5, 6), the batch axis first, 0, 1 or the axis' size, got [0 1]"},
		{Dropout(0.5).NoiseShape(0, 2, 1, 1), []Shape{image}, "got [0 2 1 1]"},
		{AlphaDropout(0.5).NoiseShape(7, 1, 1, 1), []Shape{image}, "got [7 1 1 1]"},
		{AlphaDropout(1), []Shape{image}, "rate must be at least 0 and below 1, got 1"},
		{GaussianDropout(1), []Shape{image}, "rate must be at least 0 and below 1, got 1"},
		{GaussianNoise(-1), []Shape{image}, "standard deviation must be between 0 and 1, got -1"},
		{SpatialDropout2D(1.5), []Shape{image}, "rate must be between 0 and 1, got 1.5"},
		{SpatialDropout1D(0.5), []Shape{image}, "wants inputs of 2 axes beside the batch, got (None, 4, 5, 6)"},
		{Normalization().Axis(0), []Shape{image}, "axis 0 of (None, 4, 5, 6) is the batch axis"},
		{Normalization().Statistics([]float64{1, 2}, []float64{1, 2}), []Shape{image},
			"the mean has shape (2,), the kept axes of (None, 4, 5, 6) have the sizes (6,)"},
		{Normalization().Statistics([]float64{1}, []float64{-1}), []Shape{image}, "a variance at least 0, got [1] and [-1]"},
		{Normalization().Statistics([]float64{1}, nil), []Shape{image}, "the same number of values, got 1 and 0"},
		{UnitNormalization().Axis(4), []Shape{image}, "axis 4 is outside of (None, 4, 5, 6)"},
	} {
		var in []Symbol
		for _, s := range c.in {
			in = append(in, Input(s...))
		}
		err := Functional("m", in, Symbols{c.layer.Apply(in...)}).Err()
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.layer.Class()) {
			t.Errorf("%s: got %v, want %s", c.layer.Class(), err, c.want)
		}
	}
}
