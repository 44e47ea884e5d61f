package layers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// broken is a source of 5 batches of 20 images, of which one is not as it should
// be.
type broken struct {
	at    int // its number, from 1 on
	spoil func(ctx context.Context, e *Examples) (*Examples, error)
}

func (b broken) Batches(ctx context.Context, epoch Epoch) iter.Seq2[*Examples, error] {
	return func(yield func(*Examples, error) bool) {
		epoch.BatchSize = 20
		number := 0
		for batch, err := range smallImages(100).Batches(ctx, epoch) {
			if number++; number == b.at && batch != nil {
				if batch, err = b.spoil(ctx, batch); err == errEnd {
					return
				}
			}
			if !yield(batch, err) {
				return
			}
		}
	}
}

func (b broken) Len() int { return 100 }

var errEnd = errors.New("the source ends")

func changeShape(_ context.Context, e *Examples) (*Examples, error) {
	e.Shape = []int{4, 16, 3}
	return e, nil
}

// brokenWays are what a source can do wrong, with what Fit says of it.
var brokenWays = map[string]struct {
	spoil func(ctx context.Context, e *Examples) (*Examples, error)
	want  string
	from  int // the first batch that this is wrong in
}{
	"an error": {func(context.Context, *Examples) (*Examples, error) { return nil, fs.ErrPermission },
		`layers: model "small", the training data: batch %d: permission denied`, 1},
	"the end": {func(context.Context, *Examples) (*Examples, error) { return nil, errEnd },
		"the source ended after batch %[2]d with %[3]d examples, and said that it has 100", 2},
	"another shape": {changeShape,
		`layers: model "small" wants examples of shape (None, 8, 8, 3), batch %d of the training data has shape [4 16 3]`, 1},
	"another type": {func(_ context.Context, e *Examples) (*Examples, error) {
		e.Floats, e.Bytes = make([]float32, len(e.Bytes)), nil
		return e, nil
	}, `layers: model "small", batch %d of the training data: wants what the first batch had, ` +
		"input 0 of bytes, read as 0.003921569*v+0, of shape [8 8 3]; got input 0 of float32, read as", 2},
	"weights": {func(_ context.Context, e *Examples) (*Examples, error) {
		e.Weights = make([]float32, e.Len())
		return e, nil
	}, "batch %d of the training data: wants what the first batch had, nothing more; got weights of examples", 2},
	"other classes": {func(_ context.Context, e *Examples) (*Examples, error) {
		e.Classes = 3
		for i := range e.Labels {
			e.Labels[i] = 0
		}
		return e, nil
	}, "batch %d of the training data", 1},
	"a label too many": {func(_ context.Context, e *Examples) (*Examples, error) {
		e.Labels = append(e.Labels, 1)
		return e, nil
	}, "batch %d of the training data: there are 21 labels for 20 examples", 1},
	"a larger batch": {func(_ context.Context, e *Examples) (*Examples, error) { return smallImages(21), nil },
		"batch %d of the training data: wants at most 20 examples, as many as the first batch had, got 21; layers.Batched",
		2},
	"an empty batch": {func(_ context.Context, e *Examples) (*Examples, error) { return e.Slice(0, 0) },
		"batch %d of the training data: there are no examples", 1},
	"no batch": {func(context.Context, *Examples) (*Examples, error) { return nil, nil },
		"batch %d of the training data: there are no examples: got nil", 1},
	"a panic": {func(_ context.Context, e *Examples) (*Examples, error) {
		e.Labels[len(e.Labels)] = 1
		return e, nil
	}, "batch %d: the source panicked at %%s/source_bad_input_test.go:", 1},
	"Goexit": {func(context.Context, *Examples) (*Examples, error) { runtime.Goexit(); return nil, nil },
		"the training data: the source ended its goroutine (runtime.Goexit)", 1},
}

// TestBrokenSource lets each batch be wrong in every way: Fit names it and what
// was wanted, keeps what it has trained, and goes on from there with a source that
// is whole to the weights of an undisturbed fit.
func TestBrokenSource(t *testing.T) {
	options := []Option{Epochs(3), Seed(2), Verbose(Silent), ValidationData(streamed(smallImages(20)))}
	whole := dropoutModel(t)
	if _, err := whole.Fit(t.Context(), broken{}, options...); err != nil {
		t.Fatal(err)
	}
	for name, way := range brokenWays {
		t.Run(name, func(t *testing.T) {
			for _, at := range []int{1, 2, 5} {
				if at < way.from {
					continue
				}
				t.Setenv("GOCIFAR_RUNS", t.TempDir())
				m := dropoutModel(t)
				o := append(options, Run("broken"))
				_, err := m.Fit(t.Context(), broken{at, way.spoil}, o...)
				want := fmt.Sprintf(strings.ReplaceAll(way.want, "%%s", "\x00"), at, at-1, 20*(at-1))
				want, _, _ = strings.Cut(want, "%!(EXTRA")
				if before, after, ok := strings.Cut(want, "\x00"); ok {
					want = before
					if !strings.Contains(fmt.Sprint(err), after) {
						t.Errorf("batch %d: got %v, want %q", at, err, after)
					}
				}
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Fatalf("batch %d: got %v, want %q", at, err, want)
				}
				if at > 1 && !strings.Contains(err.Error(), fmt.Sprintf("in epoch 1 before step %d:", at)) {
					t.Errorf("batch %d: %v does not say where", at, err)
				}
				resumed := dropoutModel(t)
				steps := &countSteps{}
				if _, err := resumed.Fit(t.Context(), broken{}, append(o, Callbacks(steps))...); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(flat(t, resumed), flat(t, whole)) || steps.n != 15-(at-1) {
					t.Errorf("batch %d: after %d further steps the weights are not those of an undisturbed fit", at, steps.n)
				}
			}
		})
	}
}

type countSteps struct {
	CallbackBase
	n int
}

func (*countSteps) OnTrainBatchBegin(*Training, int) error       { return nil }
func (c *countSteps) OnTrainBatchEnd(*Training, int, Logs) error { c.n++; return nil }

// TestSourceWithoutBatches has nothing to give.
func TestSourceWithoutBatches(t *testing.T) {
	empty := SourceFunc(func(context.Context, Epoch) iter.Seq2[*Examples, error] {
		return func(func(*Examples, error) bool) {}
	})
	m := dropoutModel(t)
	images := smallImages(40)
	for name, f := range map[string]func(Source) error{
		"the training data": func(s Source) error { _, err := m.Fit(t.Context(), s, Verbose(Silent)); return err },
		"the validation data": func(s Source) error {
			_, err := m.Fit(t.Context(), images, ValidationData(s), Verbose(Silent))
			return err
		},
		"the data": func(s Source) error { _, err := m.Evaluate(t.Context(), s); return err },
	} {
		if err := f(empty); err == nil || !strings.Contains(err.Error(), name+": the source has no batches") {
			t.Errorf("%s: %v", name, err)
		}
		if err := f(sized{empty, -1}); err == nil ||
			!strings.Contains(err.Error(), name+": the source says that it has -1 examples") {
			t.Errorf("%s: %v", name, err)
		}
		if err := f(sized{streamed(images), 41}); err == nil ||
			!strings.Contains(err.Error(), "ended after batch 2 with 40 examples, and said that it has 41") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := m.Predict(t.Context(), empty); err == nil || !strings.Contains(err.Error(), "no batches") {
		t.Error(err)
	}
	for _, f := range []func() error{
		func() error { _, err := m.Fit(t.Context(), nil); return err },
		func() error { _, err := m.Fit(t.Context(), (*Examples)(nil)); return err },
		func() error { _, err := m.Evaluate(t.Context(), nil); return err },
		func() error { _, err := m.Predict(t.Context(), nil); return err },
		func() error { _, err := m.Fit(t.Context(), images, ValidationData((*Examples)(nil))); return err },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), "there are no examples: got nil") {
			t.Error(err)
		}
	}
	for want, o := range map[string]Option{
		"ValidationSplit wants examples in memory": ValidationSplit(0.5),
		"StepsPerEpoch wants at least 1":           StepsPerEpoch(0),
	} {
		if _, err := m.Fit(t.Context(), streamed(images), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Error(err)
		}
	}
	flips := Sequential("flips", Input(images.Shape...), AlternatingFlip().Named("flip"), Flatten(), Dense(images.Classes))
	if err := flips.Compile(SGD(0.1), SparseCategoricalCrossEntropy); err != nil {
		t.Fatal(err)
	}
	if _, err := flips.Fit(t.Context(), streamed(images), Verbose(Silent)); err == nil ||
		!strings.Contains(err.Error(), "layer flip trains in Fit alone, on examples in memory") {
		t.Error(err)
	}
	if _, err := m.Fit(t.Context(), images, StepsPerEpoch(2)); err == nil ||
		!strings.Contains(err.Error(), "StepsPerEpoch wants a Source") {
		t.Error(err)
	}
}

// TestBlockedSource interrupts a fit whose source waits for ever: one that watches
// its context, and one that does not.
func TestBlockedSource(t *testing.T) {
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	for name, wait := range map[string]func(context.Context, *Examples) (*Examples, error){
		"watches its context": func(ctx context.Context, _ *Examples) (*Examples, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
		"ends without a word": func(ctx context.Context, _ *Examples) (*Examples, error) { <-ctx.Done(); return nil, errEnd },
		"watches nothing":     func(context.Context, *Examples) (*Examples, error) { <-never; return nil, errEnd },
	} {
		for _, at := range []int{1, 4} {
			t.Run(fmt.Sprint(name, ", batch ", at), func(t *testing.T) {
				t.Setenv("GOCIFAR_RUNS", t.TempDir())
				ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				defer cancel()
				m := dropoutModel(t)
				_, err := m.Fit(ctx, broken{at, wait}, Run("blocked"), Verbose(Silent))
				if !errors.Is(err, ErrInterrupted) || !errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("got %v", err)
				}
				resumed, whole := dropoutModel(t), dropoutModel(t)
				steps := &countSteps{}
				if _, err := resumed.Fit(t.Context(), broken{}, Run("blocked"), Verbose(Silent), Callbacks(steps)); err != nil {
					t.Fatal(err)
				}
				if _, err := whole.Fit(t.Context(), broken{}, Verbose(Silent)); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(flat(t, resumed), flat(t, whole)) || steps.n != 5-(at-1) {
					t.Errorf("after %d further steps the weights are not those of an undisturbed fit", steps.n)
				}
			})
		}
	}
	m := dropoutModel(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	blocked := broken{2, func(ctx context.Context, _ *Examples) (*Examples, error) { <-ctx.Done(); return nil, ctx.Err() }}
	if _, err := m.Evaluate(ctx, blocked); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if _, err := m.Predict(ctx, blocked); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// TestSourceGoroutines: whatever ends a fit ends the reading, too.
func TestSourceGoroutines(t *testing.T) {
	m := dropoutModel(t)
	stop := OnEpochEnd(func(*Training, int, Logs) error { return errors.New("enough") })
	endless := SourceFunc(func(ctx context.Context, epoch Epoch) iter.Seq2[*Examples, error] {
		return func(yield func(*Examples, error) bool) {
			for yield(smallImages(20), nil) {
			}
		}
	})
	fit := func(s Source, o ...Option) { _, _ = m.Fit(t.Context(), s, append(o, Verbose(Silent))...) }
	fit(endless, StepsPerEpoch(2)) // opens what stays open
	before := runtime.NumGoroutine()
	for range 5 {
		fit(endless, StepsPerEpoch(3), Epochs(2))
		fit(endless, StepsPerEpoch(3), Callbacks(stop))
		fit(broken{3, changeShape})
		fit(Take(endless, 3), ValidationData(Take(endless, 2)))
		_, _ = m.Predict(t.Context(), Take(endless, 2))
		_, _ = m.Predict(t.Context(), broken{3, changeShape})
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}
