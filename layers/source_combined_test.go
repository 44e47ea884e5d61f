package layers

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
)

// numbered are examples of one number, their index, which also is the target; its
// label and weight follow from it.
func numbered(n int) *Examples {
	e := &Examples{Inputs: []Values{{Shape: []int{1}}, {Shape: []int{2}}},
		Outputs: []Target{{Shape: []int{1}}, {Classes: 5}}}
	for i := range n {
		v := float32(i)
		e.Inputs[0].Floats = append(e.Inputs[0].Floats, v)
		e.Inputs[1].Bytes = append(e.Inputs[1].Bytes, uint8(i), uint8(i+1))
		e.Outputs[0].Floats = append(e.Outputs[0].Floats, v)
		e.Outputs[1].Labels = append(e.Outputs[1].Labels, int32(i%5))
		e.Weights = append(e.Weights, v/2)
	}
	return e
}

// drain returns the first input of all examples, and the sizes of the batches. It
// checks that all else of an example came with it.
func drain(t *testing.T, s Source, epoch Epoch) (values []float32, sizes []int) {
	t.Helper()
	for batch, err := range s.Batches(t.Context(), epoch) {
		if err != nil {
			t.Fatal(err)
		}
		if batch == nil {
			sizes = append(sizes, 0)
			continue
		}
		if err := batch.check(true); err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, batch.Len())
		for i, v := range batch.Inputs[0].Floats {
			n := int(v)
			if batch.Inputs[1].Bytes[2*i] != uint8(n) || batch.Inputs[1].Bytes[2*i+1] != uint8(n+1) ||
				batch.Outputs[0].Floats[i] != v || batch.Outputs[1].Labels[i] != int32(n%5) || batch.Weights[i] != v/2 {
				t.Fatalf("example %d was torn apart", n)
			}
			values = append(values, v)
		}
	}
	return values, sizes
}

func inOrder(n int) (values []float32) {
	for i := range n {
		values = append(values, float32(i))
	}
	return values
}

func TestExamplesAsSource(t *testing.T) {
	values, sizes := drain(t, numbered(10), Epoch{BatchSize: 4, Skip: 1})
	if !slices.Equal(values, inOrder(10)[4:]) || !slices.Equal(sizes, []int{0, 4, 2}) {
		t.Errorf("got %v in batches of %v", values, sizes)
	}
	epoch := Epoch{BatchSize: 4, Shuffle: true, Seed: 3}
	values, _ = drain(t, numbered(10), epoch)
	again, _ := drain(t, numbered(10), epoch)
	epoch.Iteration = 3
	other, _ := drain(t, numbered(10), epoch)
	if !slices.Equal(values, again) || slices.Equal(values, other) || slices.Equal(values, inOrder(10)) {
		t.Errorf("shuffled to %v, %v and in another epoch %v", values, again, other)
	}
	if slices.Sort(values); !slices.Equal(values, inOrder(10)) {
		t.Errorf("shuffled examples are %v", values)
	}
}

func TestBatched(t *testing.T) {
	for _, size := range []int{1, 3, 7, 10, 16} {
		s := Batched(streamed(numbered(10)), size)
		values, sizes := drain(t, s, Epoch{BatchSize: 4})
		if !slices.Equal(values, inOrder(10)) || sizes[0] != min(size, 10) || len(sizes) != stepsOf(10, size) {
			t.Errorf("in batches of %d: %v of sizes %v", size, values, sizes)
		}
	}
	// A source that has sizes of its own.
	uneven := SourceFunc(func(context.Context, Epoch) iter.Seq2[*Examples, error] {
		return func(yield func(*Examples, error) bool) {
			for _, to := range [][2]int{{0, 2}, {2, 7}, {7, 8}, {8, 20}} {
				if part, err := numbered(20).Slice(to[0], to[1]); !yield(part, err) {
					return
				}
			}
		}
	})
	if values, sizes := drain(t, Batched(uneven, 6), Epoch{}); !slices.Equal(values, inOrder(20)) ||
		!slices.Equal(sizes, []int{6, 6, 6, 2}) {
		t.Errorf("got %v of sizes %v", values, sizes)
	}
}

func TestShuffled(t *testing.T) {
	const n, buffer = 200, 30
	ordered := SourceFunc(func(ctx context.Context, epoch Epoch) iter.Seq2[*Examples, error] {
		epoch.Shuffle = false
		return numbered(n).Batches(ctx, epoch)
	})
	s := Shuffled(ordered, buffer)
	epoch := Epoch{BatchSize: 16, Shuffle: true, Seed: 1, Skip: 2}
	values, sizes := drain(t, s, epoch)
	if sizes[0] != 16 || len(sizes) != stepsOf(n, 16) {
		t.Errorf("batches of %v", sizes)
	}
	for at, v := range values {
		if int(v) > at+buffer {
			t.Errorf("example %v at place %d, before it was read", v, at)
		}
	}
	moved := 0.0
	for at, v := range values {
		moved += max(float64(v)-float64(at), float64(at)-float64(v)) / n
	}
	if moved < buffer/4 || moved > 2*buffer {
		t.Errorf("an example moved by %.1f places on average, among %d", moved, buffer)
	}
	if again, _ := drain(t, s, epoch); !slices.Equal(again, values) {
		t.Error("another order for the same epoch")
	}
	epoch.Iteration = 13
	if other, _ := drain(t, s, epoch); slices.Equal(other, values) {
		t.Error("the same order in another epoch")
	}
	if slices.Sort(values); !slices.Equal(values, inOrder(n)) {
		t.Errorf("examples are missing or double: %v", values)
	}
	if values, _ := drain(t, s, Epoch{BatchSize: 16}); !slices.Equal(values, inOrder(n)) {
		t.Errorf("shuffled where nobody asked: %v", values)
	}
	if all, _ := drain(t, Shuffled(ordered, 1000), Epoch{BatchSize: 16, Shuffle: true}); len(all) != n {
		t.Errorf("a buffer larger than the data gives %d examples", len(all))
	}
}

func TestMappedAndTake(t *testing.T) {
	calls := 0
	doubled := Mapped(numbered(10), func(e *Examples) (*Examples, error) {
		calls++
		out := *e
		out.Weights = slices.Repeat([]float32{1}, e.Len())
		return &out, nil
	})
	number := 0
	for batch, err := range Take(doubled, 2).Batches(t.Context(), Epoch{BatchSize: 4, Skip: 1}) {
		if number++; err != nil || number == 2 && (batch.Len() != 4 || batch.Weights[3] != 1) {
			t.Fatalf("batch %d: %v, %v", number, batch, err)
		}
	}
	if number != 2 || calls != 1 {
		t.Errorf("%d batches, %d of them mapped", number, calls)
	}
	if n, err := lengthOf(doubled); n != 10 || err != nil {
		t.Errorf("its length is %d, %v", n, err)
	}
	m := dropoutModel(t)
	one := Mapped(smallImages(40), func(e *Examples) (*Examples, error) { return e.Slice(0, 1) })
	if _, err := m.Fit(t.Context(), one, Verbose(Silent)); err == nil ||
		!strings.Contains(err.Error(), "batch 1: the function of layers.Mapped got 32 examples and returned 1") {
		t.Error(err)
	}
	own := errors.New("own")
	failing := Mapped(smallImages(40), func(e *Examples) (*Examples, error) { return nil, own })
	if _, err := m.Evaluate(t.Context(), failing); !errors.Is(err, own) {
		t.Error(err)
	}
	for want, s := range map[string]Source{
		"layers.Take wants at least 1 batch, got 0":                                 Take(smallImages(40), 0),
		"layers.Shuffled and layers.Batched want at least 1 example, got -1":        Shuffled(smallImages(40), -1),
		"layers.Shuffled and layers.Batched want at least 1 example, got 0":         Batched(smallImages(40), 0),
		"batch 2 as it came: wants what the first batch had, input 0 of bytes, rea": Shuffled(broken{2, changeShape}, 5),
	} {
		if _, err := m.Fit(t.Context(), s, Verbose(Silent)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
