package layers

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
)

// noisy runs a layer in training over ones, or other equal values.
func noisy(t *testing.T, l Layer, value float32, shape ...int) []float32 {
	t.Helper()
	in := Input(shape[1:]...)
	m := Functional("", Symbols{in}, Symbols{l.Apply(in)})
	if m.Err() != nil {
		t.Fatal(m.Err())
	}
	x := slices.Repeat([]float32{value}, Shape(shape).Size())
	tensor := tensors.FromFlatDataAndDimensions(x, shape...)
	got := pass(t, m, true, []*tensors.Tensor{tensor}, []*tensors.Tensor{tensor})
	return tensors.MustCopyFlatData[float32](got.outputs[0])
}

// TestNoiseShapes: values along axes of size 1 are dropped together, and about
// as many as the rate says.
func TestNoiseShapes(t *testing.T) {
	const n, h, w, c = 40, 3, 4, 25
	for name, k := range map[string]struct {
		layer Layer
		group func(example, row, column, channel int) int
		most  int
	}{
		"each value": {Dropout(0.25), func(e, i, j, k int) int { return ((e*h+i)*w+j)*c + k }, n * h * w * c},
		"channels":   {SpatialDropout2D(0.25), func(e, _, _, k int) int { return e*c + k }, n * c},
		"channels first": {SpatialDropout2D(0.25).DataFormat(ChannelsFirst), func(e, i, _, _ int) int {
			return e*h + i
		}, n * h},
		"noise shape":    {Dropout(0.25).NoiseShape(0, 1, 1, 0), func(e, _, _, k int) int { return e*c + k }, n * c},
		"whole examples": {Dropout(0.25).NoiseShape(0, 1, 1, 1), func(e, _, _, _ int) int { return e }, n},
		"the whole batch": {Dropout(0.25).NoiseShape(1, 0, 4, 25), func(_, i, j, k int) int {
			return (i*w+j)*c + k
		}, h * w * c},
		"alpha dropout": {AlphaDropout(0.25).NoiseShape(0, 1, 1, 0), func(e, _, _, k int) int { return e*c + k }, n * c},
	} {
		y := noisy(t, k.layer, 1, n, h, w, c)
		kept := slices.Max(y)
		groups, dropped := map[int]float32{}, 0
		for at, v := range y {
			g := k.group(at/(h*w*c), at/(w*c)%h, at/c%w, at%c)
			if old, seen := groups[g]; seen && old != v {
				t.Fatalf("%s: values of group %d differ: %g and %g", name, g, old, v)
			}
			groups[g] = v
		}
		for _, v := range groups {
			if v != kept {
				dropped++
			}
		}
		if len(groups) != k.most {
			t.Errorf("%s: %d groups, want %d", name, len(groups), k.most)
		}
		rate, deviation := float64(dropped)/float64(len(groups)), math.Sqrt(0.25*0.75/float64(len(groups)))
		if math.Abs(rate-0.25) > 4*deviation {
			t.Errorf("%s: a share of %g was dropped", name, rate)
		}
	}
}

// TestNoiseKeepsMoments: of many values, mean and variance are those that the
// papers give.
func TestNoiseKeepsMoments(t *testing.T) {
	for name, k := range map[string]struct {
		layer          Layer
		value          float32
		mean, variance float64
	}{
		"gaussian noise":   {GaussianNoise(0.5), 3, 3, 0.25},
		"gaussian dropout": {GaussianDropout(0.2), 3, 3, 9 * 0.25},
		// of inputs that are all 0: the dropped ones and the others
		"alpha dropout": {AlphaDropout(0.2), 0, 0, alphaVariance(0.2)},
	} {
		y := noisy(t, k.layer, k.value, 100, 200)
		sum, squares := 0.0, 0.0
		for _, v := range y {
			sum += float64(v)
		}
		mean := sum / float64(len(y))
		for _, v := range y {
			squares += (float64(v) - mean) * (float64(v) - mean)
		}
		variance := squares / float64(len(y))
		if math.Abs(mean-k.mean) > 5*math.Sqrt(k.variance/float64(len(y))) || math.Abs(variance/k.variance-1) > 0.05 {
			t.Errorf("%s: mean %g and variance %g, want %g and %g", name, mean, variance, k.mean, k.variance)
		}
	}
}

// alphaVariance is the variance that an alpha dropout adds where all inputs
// are 0: it takes the variance 1 of inputs to 1 together with a² (1-rate).
func alphaVariance(rate float64) float64 {
	const smallest = -1.7580993408473766
	a2 := 1 / ((1 - rate) * (1 + rate*smallest*smallest))
	return 1 - a2*(1-rate)
}

// TestAdapt computes mean and variance of bytes and numbers, before and after
// the layer is built.
func TestAdapt(t *testing.T) {
	bytes := &Examples{Shape: []int{2, 2}, Bytes: []uint8{0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 150},
		Scale: 0.1, Offset: 1}
	floats := &Examples{Shape: []int{2, 2}, Floats: []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16}}
	for name, e := range map[string]*Examples{"bytes": bytes, "numbers": floats} {
		for _, early := range []bool{true, false} {
			for _, k := range []struct {
				axes           []int
				mean, variance []float64
			}{
				{[]int{-1}, []float64{6, 46.0 / 6}, []float64{70.0 / 6, 476.0/6 - 46.0*46/36}},
				{[]int{1}, []float64{5.5, 49.0 / 6}, []float64{247.0/6 - 5.5*5.5, 515.0/6 - 49.0*49/36}},
				{[]int{2, 1}, []float64{5, 6, 7, 28.0 / 3}, []float64{32.0 / 3, 32.0 / 3, 32.0 / 3, 336.0/3 - 28.0*28/9}},
				{nil, []float64{82.0 / 12}, []float64{762.0/12 - 82.0*82/144}},
			} {
				l := Normalization().Axis(k.axes...)
				if early {
					if err := l.Adapt(e); err != nil {
						t.Fatal(err)
					}
				}
				m := Sequential("m", Input(2, 2), l)
				if !early {
					if err := m.Initialize(); err != nil {
						t.Fatal(err)
					}
					if err := l.Adapt(e); err != nil {
						t.Fatal(err)
					}
				}
				if err := m.Initialize(); err != nil { // keeps them
					t.Fatal(err)
				}
				for i, want := range [][]float64{k.mean, k.variance} {
					got, err := m.Variables()[i].Flat()
					if err != nil || len(got) != len(want) {
						t.Fatal(got, err)
					}
					for j := range want {
						if math.Abs(float64(got[j])-want[j]) > 1e-5*want[j] {
							t.Errorf("%s, axes %v, early %v: %s is %v, want %v", name, k.axes, early, m.Variables()[i].Name, got, want)
						}
					}
				}
			}
		}
	}
}
