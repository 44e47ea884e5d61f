package layers

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
)

// TestInitializersEqualKeras compares configurations and, of initializers that
// draw nothing, values.
func TestInitializersEqualKeras(t *testing.T) {
	var cases []struct {
		Object map[string]any
		Value  *goldenArray
	}
	readGolden(t, "initializers.json", &cases)
	for _, c := range cases {
		s := newSettings(map[string]any{"i": c.Object})
		i := s.Initializer("i", nil)
		if err := s.finish(); err != nil {
			t.Error(err)
			continue
		}
		if got := asJSON(t, InitializerConfig(i)); !reflect.DeepEqual(got, c.Object) {
			t.Errorf("writes itself as %v, Keras as %v", got, c.Object)
		}
		if c.Value != nil {
			values := i.Draw(c.Value.Shape, nil)
			checkClose(t, i.Class(), tensors.FromFlatDataAndDimensions(values, c.Value.Shape...), *c.Value)
		}
	}
}

// TestIdentityKeepsItsGain, which Keras' own files lose.
func TestIdentityKeepsItsGain(t *testing.T) {
	s := newSettings(map[string]any{"i": InitializerConfig(Identity(2.5))})
	if i := s.Initializer("i", nil); i != Identity(2.5) || i.Draw(Shape{2, 3}, nil)[4] != 2.5 {
		t.Errorf("got %v", i)
	}
}

// TestVarianceScaling compares variances of what is drawn with the formulas.
func TestVarianceScaling(t *testing.T) {
	shape := Shape{4, 5, 30, 70}
	for _, mode := range []string{FanIn, FanOut, FanAverage} {
		for _, distribution := range []string{"truncated_normal", "untruncated_normal", "uniform", "Normal"} {
			fan := map[string]float64{FanIn: 600, FanOut: 1400, FanAverage: 1000}[mode]
			squares, largest := 0.0, 0.0
			values := VarianceScaling(3, mode, distribution).Draw(shape, rand.New(rand.NewPCG(1, 2)))
			for _, v := range values {
				squares, largest = squares+float64(v)*float64(v), max(largest, math.Abs(float64(v)))
			}
			variance, want := squares/float64(len(values)), 3/fan
			if math.Abs(variance/want-1) > 0.03 {
				t.Errorf("%s, %s: variance %g, want %g", mode, distribution, variance, want)
			}
			if far := largest > 3*math.Sqrt(want); far != (distribution == "untruncated_normal") {
				t.Errorf("%s, %s: the largest value is %g", mode, distribution, largest)
			}
		}
	}
}

// TestOrthogonal multiplies the rows, or columns, with each other.
func TestOrthogonal(t *testing.T) {
	for _, shape := range []Shape{{6, 6}, {9, 4}, {4, 9}, {2, 3, 4}, {2, 2, 9}} {
		columns := shape[len(shape)-1]
		rows := shape.Size() / columns
		values := Orthogonal(1.5).Draw(shape, rand.New(rand.NewPCG(1, 2)))
		at := func(vector, i int) float64 { return float64(values[i*columns+vector]) }
		if rows < columns {
			at = func(vector, i int) float64 { return float64(values[vector*columns+i]) }
		}
		for a := range min(rows, columns) {
			for b := range min(rows, columns) {
				sum, want := 0.0, 0.0
				for i := range max(rows, columns) {
					sum += at(a, i) * at(b, i)
				}
				if a == b {
					want = 1.5 * 1.5
				}
				if math.Abs(sum-want) > 1e-6 {
					t.Errorf("%v: vectors %d and %d have the product %g, want %g", shape, a, b, sum, want)
				}
			}
		}
	}
}

// TestSeedsOfInitializers: a seed of one's own counts, the model's does not.
func TestSeedsOfInitializers(t *testing.T) {
	draw := func(i Initializer, seed int64) []float32 {
		m := Sequential("m", Input(3), Dense(4).KernelInitializer(i)).Seed(seed)
		if err := m.Initialize(); err != nil {
			t.Fatal(err)
		}
		return flat(t, m)
	}
	if !slices.Equal(draw(Seeded(HeNormal, 5), 1), draw(Seeded(HeNormal, 5), 2)) {
		t.Error("the model's seed counts")
	}
	if slices.Equal(draw(Seeded(HeNormal, 5), 1), draw(Seeded(HeNormal, 6), 1)) {
		t.Error("the seed does not count")
	}
	if slices.Equal(draw(HeNormal, 1), draw(HeNormal, 2)) {
		t.Error("the model's seed does not count without a seed of one's own")
	}
}

// TestWrongInitializers lists arguments that no layer takes.
func TestWrongInitializers(t *testing.T) {
	for _, c := range []struct {
		layer Layer
		want  string
	}{
		{Dense(2).KernelInitializer(VarianceScaling(0, FanIn, "uniform")),
			"initializer VarianceScaling wants a finite scale above 0, got 0"},
		{Dense(2).KernelInitializer(VarianceScaling(1, "fan", "uniform")), `unknown mode "fan": known are`},
		{Dense(2).KernelInitializer(VarianceScaling(1, FanIn, "gamma")), `unknown distribution "gamma": known are`},
		{Dense(2).BiasInitializer(Orthogonal(1)),
			"bias: initializer Orthogonal wants a variable of at least 2 axes, got (2,)"},
		{Dense(2).BiasInitializer(Seeded(Identity(1), 3)), "bias: initializer Identity wants a matrix, got (2,)"},
		{Dense(2).KernelInitializer(STFT("left", "", "", false)), `side must be "real" or "imag", got "left"`},
		{Dense(2).KernelInitializer(STFT("real", "tukey", "", false)), `window "tukey" is not supported`},
		{Dense(2).KernelInitializer(STFT("real", "", "", false)),
			"wants a variable (frames, channels, frequencies), got (3, 2)"},
		{Dense(2).KernelInitializer(nil), "kernel: wants an initializer, got nil"},
		{Dense(2).KernelInitializer(RandomNormal(0, -1)), "wants a standard deviation of at least 0, got -1"},
	} {
		err := Sequential("m", Input(3), c.layer).Err()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}
