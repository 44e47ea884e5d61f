package layers

import (
	"slices"
	"strings"
	"testing"
)

// TestFitSpectralNormalizationAsKeras trains kernels that every step normalizes
// first.
func TestFitSpectralNormalizationAsKeras(t *testing.T) {
	var golden goldenPenalties
	readGolden(t, "spectral.json", &golden)
	t.Logf("largest relative difference: %.2g", golden.follow(t))
}

// TestZeroKernelStays: a kernel of zeros has no largest singular value.
func TestZeroKernelStays(t *testing.T) {
	m := Sequential("m", Input(3), SpectralNormalization(Dense(2).KernelInitializer(Zeros)))
	if err := m.Compile(SGD(0), MeanSquaredError); err != nil {
		t.Fatal(err)
	}
	if err := m.Initialize(); err != nil {
		t.Fatal(err)
	}
	before := flat(t, m)
	e := &Examples{Floats: make([]float32, 12), Shape: []int{3}, Targets: make([]float32, 8), TargetShape: []int{2}}
	if _, err := m.Fit(t.Context(), e, Verbose(Silent)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(before, flat(t, m)) {
		t.Errorf("the variables were %v and are %v", before, flat(t, m))
	}
}

// TestWrongSpectralNormalization lists layers that it refuses.
func TestWrongSpectralNormalization(t *testing.T) {
	used := Dense(2)
	used.Apply(Input(3))
	for _, c := range []struct {
		layer Layer
		want  string
	}{
		{SpectralNormalization(nil), "wants a layer, got nil"},
		{SpectralNormalization(ReLU()), "layer re_lu (ReLU) has neither a kernel nor embeddings"},
		{SpectralNormalization(used), "is part of a model already"},
		{SpectralNormalization(Sequential("inner", Dense(2))), "a model within SpectralNormalization is not supported"},
		{SpectralNormalization(Dense(2)).PowerIterations(0), "power iterations must be at least 1, got 0"},
	} {
		err := Sequential("m", Input(3), c.layer).Err()
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "SpectralNormalization") {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}
