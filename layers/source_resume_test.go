package layers

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// resumableSource are images shuffled in a small buffer and changed at random, of
// a number that the source does not tell.
func resumableSource() Source {
	noisy := SourceFunc(func(ctx context.Context, epoch Epoch) iter.Seq2[*Examples, error] {
		return func(yield func(*Examples, error) bool) {
			rng := epoch.Rand()
			for batch, err := range smallImages(100).Batches(ctx, epoch) {
				if batch != nil {
					batch.Bytes[0] = uint8(rng.IntN(256)) // nobody draws for what is skipped
				}
				if !yield(batch, err) {
					return
				}
			}
		}
	})
	return Shuffled(noisy, 25)
}

func resumableStream(m *Model, more ...Option) (*History, error) {
	return m.Fit(context.Background(), resumableSource(),
		append([]Option{Epochs(4), BatchSize(8), Seed(7), Verbose(Silent),
			ValidationData(streamed(smallImages(20))), SaveEverySteps(3),
			Callbacks(EarlyStopping("val_loss").Patience(50).RestoreBestWeights(), ReduceLROnPlateau("val_loss").Patience(1))},
			more...)...)
}

// TestResumeSourceAfterKill kills (kill -9) a process that trains on a source in
// the middle of an epoch. With StepsPerEpoch that is in the middle of the
// source's second epoch.
func TestResumeSourceAfterKill(t *testing.T) {
	const role = "LAYERS_TEST_KILL"
	for name, options := range map[string][]Option{"epochs": nil, "steps per epoch": {StepsPerEpoch(9)}} {
		t.Run(name, func(t *testing.T) {
			if os.Getenv(role) == "1" {
				_, err := resumableStream(dropoutModel(t), append(options, Run("killed"), Callbacks(killer{}))...)
				t.Fatal("not killed", err)
			}
			t.Setenv("GOCIFAR_RUNS", t.TempDir())
			cmd := exec.Command(os.Args[0], "-test.run=^TestResumeSourceAfterKill$/^"+strings.ReplaceAll(name, " ", "_")+"$")
			cmd.Env = append(os.Environ(), role+"=1")
			if out, err := cmd.CombinedOutput(); err == nil || cmd.ProcessState.ExitCode() != -1 {
				t.Fatalf("the child should have been killed: %v\n%s", err, out)
			}
			resumed, whole := dropoutModel(t), dropoutModel(t)
			var log strings.Builder
			h1, err := resumableStream(resumed, append(options, Run("killed"), LogTo(&log), Verbose(Lines))...)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(log.String(), "goes on at epoch 2, step 7") {
				t.Errorf("it did not resume in the middle of epoch 2:\n%s", log.String())
			}
			h2, err := resumableStream(whole, options...)
			if err != nil {
				t.Fatal(err)
			}
			sameTraining(t, resumed, whole, h1, h2)
			other := Option(StepsPerEpoch(3))
			if _, err := resumableStream(dropoutModel(t),
				append(options, Run("killed"), other)...); !errors.Is(err, ErrRunConfig) {
				t.Errorf("with another StepsPerEpoch: %v", err)
			}
			if _, err := dropoutModel(t).Fit(t.Context(), smallImages(100), append(options, Run("killed"))...); err == nil {
				t.Error("with other data: no error")
			}
		})
	}
}

// TestResumeSourceAtValidation interrupts a fit in the validation of an epoch, of
// which no batch is left, and at the first batch of the next.
func TestResumeSourceAtValidation(t *testing.T) {
	for name, options := range map[string][]Option{"epochs": nil, "steps per epoch": {StepsPerEpoch(13)}} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("GOCIFAR_RUNS", t.TempDir())
			broken, measured := errors.New("broken"), 0
			fails := SourceFunc(func(ctx context.Context, epoch Epoch) iter.Seq2[*Examples, error] {
				return func(yield func(*Examples, error) bool) {
					if measured++; measured == 2 {
						yield(nil, broken)
						return
					}
					smallImages(20).Batches(ctx, epoch)(yield)
				}
			})
			m := dropoutModel(t)
			o := append(options, Run("validation"), ValidationData(fails))
			h, err := resumableStream(m, o...)
			if !errors.Is(err, broken) || len(h.Epochs) != 1 ||
				!strings.Contains(err.Error(), "the validation data: batch 1: broken") {
				t.Fatalf("%v after %d epochs", err, len(h.Epochs))
			}
			resumed, whole := dropoutModel(t), dropoutModel(t)
			steps := &countSteps{}
			if _, err := resumableStream(resumed, append(o, Callbacks(steps))...); err != nil {
				t.Fatal(err)
			}
			if _, err := resumableStream(whole, options...); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(flat(t, resumed), flat(t, whole)) || steps.n != 2*13 {
				t.Errorf("%d steps; the resumed run's weights differ", steps.n)
			}
		})
	}
}

// TestStepsPerEpoch: epochs of Fit go on where the last one ended, and the source
// begins anew when it has no more.
func TestStepsPerEpoch(t *testing.T) {
	var seen []string
	source := SourceFunc(func(ctx context.Context, epoch Epoch) iter.Seq2[*Examples, error] {
		return func(yield func(*Examples, error) bool) {
			number := 0
			for batch, err := range smallImages(50).Batches(ctx, epoch) {
				number++
				seen = append(seen, fmt.Sprintf("%d.%d@%d", epoch.Number, number, epoch.Iteration))
				if !yield(batch, err) {
					return
				}
			}
		}
	})
	m := dropoutModel(t)
	steps := &countSteps{}
	h, err := m.Fit(t.Context(), source, BatchSize(10), StepsPerEpoch(3), Epochs(4), Verbose(Silent), Callbacks(steps))
	if err != nil || h.Steps != 3 || steps.n != 12 || len(h.Epochs) != 4 {
		t.Fatalf("%d steps an epoch, %d in all, %v", h.Steps, steps.n, err)
	}
	want := []string{"0.1@0", "0.2@0", "0.3@0", "0.4@0", "0.5@0", "1.1@5", "1.2@5", "1.3@5", "1.4@5",
		"1.5@5", "2.1@10", "2.2@10"}
	if !slices.Equal(seen[:12], want) {
		t.Errorf("read %v, want %v", seen, want)
	}
}
