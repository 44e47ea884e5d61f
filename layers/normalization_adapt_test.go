package layers

import (
	"context"
	"errors"
	"iter"
	"math"
	"strings"
	"testing"
)

// inBatches yields examples in batches of the given sizes, then an error if there
// is one.
func inBatches(e *Examples, failure error, sizes ...int) Source {
	return SourceFunc(func(context.Context, Epoch) iter.Seq2[*Examples, error] {
		return func(yield func(*Examples, error) bool) {
			from := 0
			for _, n := range sizes {
				part, err := e.Slice(from, from+n)
				if !yield(part, err) {
					return
				}
				from += n
			}
			if failure != nil {
				yield(nil, failure)
			}
		}
	})
}

// TestAdaptSource finds the statistics of examples that come in batches, from a
// source that ends and from one that would not.
func TestAdaptSource(t *testing.T) {
	e := &Examples{Shape: []int{3, 2}, Floats: trainingFormula(10*6, 3)}
	for i := range e.Floats {
		e.Floats[i] += float32(i) // the batches' means differ
	}
	values := func(adapt func(*NormalizationLayer) error) []float32 {
		l := Normalization()
		if err := adapt(l); err != nil {
			t.Fatal(err)
		}
		m := Sequential("m", Input(3, 2), l)
		if err := m.Initialize(); err != nil {
			t.Fatal(err)
		}
		return flat(t, m)
	}
	want := values(func(l *NormalizationLayer) error { return l.Adapt(e) })
	for name, source := range map[string]Source{
		"ends":  inBatches(e, nil, 4, 4, 2),
		"sized": sized{inBatches(e, errors.New("read beyond its length"), 5, 5), 10},
		"whole": e,
	} {
		got := values(func(l *NormalizationLayer) error { return l.AdaptSource(t.Context(), source) })
		for i, v := range want {
			if math.Abs(float64(got[i]-v)) > 1e-5*math.Abs(float64(v)) {
				t.Errorf("%s: %v, want %v", name, got, want)
				break
			}
		}
	}
}

// TestAdaptSourceBadInput: sources that give nothing to adapt to.
func TestAdaptSourceBadInput(t *testing.T) {
	e := &Examples{Shape: []int{2}, Floats: []float32{1, 2, 3, 4}}
	other := &Examples{Shape: []int{3}, Floats: []float32{1, 2, 3}}
	changing := SourceFunc(func(context.Context, Epoch) iter.Seq2[*Examples, error] {
		return func(yield func(*Examples, error) bool) { _ = yield(e, nil) && yield(other, nil) }
	})
	for want, source := range map[string]Source{
		"got nil":                     nil,
		"yields no examples":          inBatches(e, nil),
		"the disk is gone":            inBatches(e, errors.New("the disk is gone"), 1),
		"wants batches of one shape":  changing,
		"says that it has -1 example": sized{e, -1},
	} {
		err := Normalization().Named("scale").AdaptSource(t.Context(), source)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "adapting scale") {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	given := Normalization().Statistics([]float64{1, 2}, []float64{1, 1})
	if err := given.AdaptSource(t.Context(), e); err == nil || !strings.Contains(err.Error(), "were given") {
		t.Errorf("statistics that were given: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Normalization().AdaptSource(ctx, inBatches(e, nil, 1, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}
