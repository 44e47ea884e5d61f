package layers_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/gocifar/gocifar/layers"
)

// gan is a generator of numbers and a discriminator that tells them from real
// ones, each with an optimizer of its own.
func gan() (*layers.Model, error) {
	generator := layers.Sequential("generator", layers.Input(2), layers.Dense(8).Activation(layers.Tanh), layers.Dense(1))
	discriminator := layers.Sequential("discriminator", layers.Input(1),
		layers.Dense(8).Activation(layers.Relu).Named("tell"), layers.Dense(1).Named("verdict"))
	noise := layers.Input(2)
	m := layers.Functional("gan", layers.Symbols{noise}, layers.Symbols{discriminator.Apply(generator.Apply(noise))})
	loss := func(p *layers.Pass, logits *graph.Node, target float64) *graph.Node {
		of := graph.MulScalar(graph.OnesLike(logits), target)
		return graph.ReduceAllMean(layers.BinaryCrossEntropy().FromLogits().PerExample(p, of, logits))
	}
	step := func(s *layers.Step) {
		bits := s.Bits(s.Size, 2) // uniform in [-1, 1)
		noise := graph.AddScalar(graph.DivScalar(graph.ConvertDType(bits, dtypes.Float32), 1<<31), -1.0)
		real := s.Inputs[0]

		fake := generator.Forward(s.Pass, noise)[0]
		d := graph.MulScalar(graph.Add(loss(s.Pass, discriminator.Forward(s.Pass, real)[0], 1),
			loss(s.Pass, discriminator.Forward(s.Pass, graph.StopGradient(fake))[0], 0)), 0.5)
		s.Minimize(d, discriminator)

		// The discriminator is the new one by now.
		g := loss(s.Pass, discriminator.Forward(s.Pass, fake)[0], 1)
		s.Minimize(g, generator)
		s.Log("g_loss", g)
		s.Log("d_loss", d)
		s.Log("mean", graph.ReduceAllMean(fake))
	}
	optimizer := layers.PerGroup(layers.Adam(0.01).Betas(0.5, 0.999)).
		On("(tell|verdict)/.*", layers.Adam(0.02).Betas(0.5, 0.999))
	return m, m.CompileStep(optimizer, step, "g_loss", "d_loss", "mean")
}

// around are numbers around 3.
func around() *layers.Examples {
	e := &layers.Examples{Shape: []int{1}}
	for i := range 256 {
		e.Floats = append(e.Floats, float32(3+math.Sin(float64(i*i))/2))
	}
	return e
}

// A GAN has a step of its own: the gradients are in the user's hands, and Fit
// does the rest.
func ExampleModel_CompileStep() {
	m, err := gan()
	if err != nil {
		fmt.Println(err)
		return
	}
	h, err := m.Fit(context.Background(), around(), layers.Epochs(60), layers.BatchSize(32), layers.Verbose(layers.Silent))
	if err != nil {
		fmt.Println(err)
		return
	}
	first, last := h.Metrics["mean"][0], h.Metrics["mean"][59]
	fmt.Println("the fakes' mean was near 0:", math.Abs(first) < 1, "and is near 3:", math.Abs(last-3) < 1)
	// Output:
	// the fakes' mean was near 0: true and is near 3: true
}

// TestStepResumes goes on in the middle of an epoch, to the same bits.
func TestStepResumes(t *testing.T) {
	t.Setenv("GOCIFAR_RUNS", t.TempDir())
	fit := func(ctx context.Context, more ...layers.Option) *layers.History {
		m, err := gan()
		if err != nil {
			t.Fatal(err)
		}
		h, err := m.Fit(ctx, around(), append([]layers.Option{layers.Epochs(3), layers.BatchSize(48),
			layers.ValidationSplit(0.2),
			layers.SaveEverySteps(2), layers.Verbose(layers.Silent)}, more...)...)
		if err != nil && ctx.Err() == nil {
			t.Fatal(err)
		}
		return h
	}
	want := fit(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	fit(ctx, layers.Run("gan"), layers.Callbacks(&stopAt{cancel: cancel}))
	got := fit(t.Context(), layers.Run("gan"))
	if len(want.Metrics["val_d_loss"]) != 3 {
		t.Errorf("measured %v", want.Metrics)
	}
	for name, values := range want.Metrics {
		if !slices.Equal(got.Metrics[name], values) {
			t.Errorf("%s: %v after resuming, %v without", name, got.Metrics[name], values)
		}
	}
}

type stopAt struct {
	layers.CallbackBase
	cancel func()
}

func (*stopAt) OnTrainBatchBegin(*layers.Training, int) error { return nil }

func (c *stopAt) OnTrainBatchEnd(_ *layers.Training, step int, _ layers.Logs) error {
	if step == 2 {
		c.cancel()
	}
	return nil
}

// TestStepRefuses: what a step forgets is named.
func TestStepRefuses(t *testing.T) {
	mean := func(s *layers.Step) *graph.Node { return graph.ReduceAllMean(s.Inputs[0]) }
	var m *layers.Model
	for want, step := range map[string]func(*layers.Step){
		`did not Log "loss"`:                       func(s *layers.Step) { s.Minimize(graph.ReduceAllSum(m.Forward(s.Pass, s.Inputs[0])[0]), m) },
		"no gradient for dense/kernel, dense/bias": func(s *layers.Step) { s.Log("loss", mean(s)) },
		`logs "other"`:                             func(s *layers.Step) { s.Log("other", mean(s)) },
		"has shape [2], want": func(s *layers.Step) {
			s.Apply(s.Trainable(m), []*graph.Node{graph.Ones(s.Graph, shapes.Make(dtypes.Float32, 2)), nil})
		},
		"a loss must be a scalar": func(s *layers.Step) { s.Minimize(s.Inputs[0], m) },
	} {
		m = layers.Sequential("m", layers.Input(1), layers.Dense(1))
		if err := m.CompileStep(layers.SGD(0.1), step, "loss"); err != nil {
			t.Fatal(err)
		}
		_, err := m.Fit(t.Context(), around(), layers.Verbose(layers.Silent))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
	if err := m.CompileStep(layers.SGD(0.1), nil, "loss"); err == nil {
		t.Error("no step was taken")
	}
}
