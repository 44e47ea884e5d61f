package layers

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
)

// dropMasks runs two dropout layers on ones and returns which values each kept.
func dropMasks(t *testing.T, rate float64, seed uint32, n int) [2][]float64 {
	t.Helper()
	in := Input(n)
	m := Functional("drops", Symbols{in}, Symbols{Dropout(rate).Apply(in), Dropout(rate).Apply(in)})
	ones := make([]float32, n)
	for i := range ones {
		ones[i] = 1
	}
	var masks [2][]float64
	for i, y := range forward(t, m, true, seed, tensors.FromFlatDataAndDimensions(ones, 1, n)) {
		for _, v := range tensors.MustCopyFlatData[float32](y) {
			if v != 0 && math.Abs(float64(v)-1/(1-rate)) > 1e-6 {
				t.Fatalf("a kept value is %g, want %g", v, 1/(1-rate))
			}
			masks[i] = append(masks[i], map[bool]float64{true: 1}[v != 0])
		}
	}
	return masks
}

// correlation of two 0/1 sequences whose mean is known.
func correlation(a, b []float64, mean float64) float64 {
	var sum float64
	for i := range b {
		sum += (a[i] - mean) * (b[i] - mean)
	}
	return sum / float64(len(b)) / (mean * (1 - mean))
}

// TestDropoutIsRandom checks the share of kept values and that masks do not
// depend on each other. All bounds are five standard deviations of what truly
// random masks give.
func TestDropoutIsRandom(t *testing.T) {
	const n = 1 << 18
	bound := 5 / math.Sqrt(n)
	for _, rate := range []float64{0.2, 0.5, 0.9} {
		keep := 1 - rate
		first := dropMasks(t, rate, 1, n)
		next := dropMasks(t, rate, 2, n)
		far := dropMasks(t, rate, 0x80000001, n)
		var kept float64
		for _, v := range first[0] {
			kept += v
		}
		if got := kept / n; math.Abs(got-keep) > bound*math.Sqrt(keep*rate) {
			t.Errorf("rate %g: kept %.5f of the values", rate, got)
		}
		pairs := map[string][2][]float64{
			"two layers": {first[0], first[1]}, "two steps": {first[0], next[0]}, "two far steps": {first[0], far[0]},
			"layers of two steps": {first[1], next[0]}, "neighbours": {first[0], first[0][1:]},
			"every 256th": {first[0], first[0][256:]}, "rows": {first[0], first[0][4096:]},
		}
		for name, p := range pairs {
			if c := correlation(p[0], p[1], keep); math.Abs(c) > 5/math.Sqrt(float64(len(p[1]))) {
				t.Errorf("rate %g: %s correlate by %.5f", rate, name, c)
			}
		}
	}
}

func TestDropoutRepeatsForASeed(t *testing.T) {
	a, b := dropMasks(t, 0.5, 9, 4096), dropMasks(t, 0.5, 9, 4096)
	for i := range a[0] {
		if a[0][i] != b[0][i] || a[1][i] != b[1][i] {
			t.Fatal("the same seed gave other masks")
		}
	}
}

// TestDropoutVariance checks that small windows of the mask, an image's channels
// say, are dropped as often as the whole: the variance of their counts is that
// of a binomial distribution.
func TestDropoutVariance(t *testing.T) {
	const n, window = 1 << 18, 64
	mask := dropMasks(t, 0.5, 3, n)[0]
	var sum float64
	for i := 0; i < n; i += window {
		count := 0.0
		for _, v := range mask[i : i+window] {
			count += v
		}
		sum += (count - window/2) * (count - window/2)
	}
	windows := float64(n / window)
	got, want := sum/windows, float64(window)/4
	if math.Abs(got/want-1) > 5*math.Sqrt(2/windows) {
		t.Errorf("variance of counts in windows of %d is %.3f, want %.3f", window, got, want)
	}
}
