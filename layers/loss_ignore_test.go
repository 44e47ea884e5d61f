package layers

import (
	"strings"
	"testing"
)

// TestIgnoredLabels: what has no class is trained around. A batch with such
// examples teaches what it teaches without them.
func TestIgnoredLabels(t *testing.T) {
	train := func(e *Examples, loss Loss) []float32 {
		t.Helper()
		m := smallModel(t, false)
		if err := m.Compile(SGD(0.1), loss); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Fit(t.Context(), e, BatchSize(e.Len()), Shuffle(false), Verbose(Silent)); err != nil {
			t.Fatal(err)
		}
		return flat(t, m)
	}
	all := smallImages(20)
	part := smallImages(12)
	for i := 12; i < 20; i++ {
		all.Labels[i] = -1
	}
	got := train(all, SparseCategoricalCrossEntropy.IgnoreClass(-1))
	want := train(part, SparseCategoricalCrossEntropy.IgnoreClass(-1))
	compare(t, "weights", got, want, 1e-6)

	m := smallModel(t, false)
	if err := m.Compile(SGD(0.1), SparseCategoricalCrossEntropy.IgnoreClass(255)); err != nil {
		t.Fatal(err)
	}
	_, err := m.Fit(t.Context(), all, Verbose(Silent))
	if err == nil || !strings.Contains(err.Error(), "label 12 is -1, outside of 0 to 3") {
		t.Errorf("a label that the loss does not ignore: %v", err)
	}
}
