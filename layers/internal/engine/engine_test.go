package engine

import (
	"cmp"
	"context"
	"errors"
	"os"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gocifar/gocifar/layers/internal/xla"
)

var openBackend = sync.OnceValues(func() (compute.Backend, error) {
	return xla.Open(cmp.Or(os.Getenv(compute.ConfigEnvVar), "go"), "")
})

func testBackend(t testing.TB) compute.Backend {
	t.Helper()
	backend, err := openBackend()
	if err != nil {
		t.Fatal(err)
	}
	return backend
}

// line is the smallest task: y = w x with the squared error as loss, gradient
// descent with momentum, and a statistic, the mean of the inputs.
type line struct {
	w, mean *tensors.Tensor
}

func (*line) Name() string     { return "line" }
func (*line) Sums() int        { return 2 }
func (*line) Rates() []float64 { return []float64{0.1} }

func (l *line) Measure(b *Batch) *Computed {
	off := graph.Sub(graph.Mul(graph.Reshape(b.Inputs[0], b.Size), b.Values[&l.w]), graph.Reshape(b.Targets[0], b.Size))
	c := &Computed{Count: graph.Scalar(b.Graph, dtypes.Float32, float64(b.Size)),
		Updates: map[Cell]*graph.Node{&l.mean: graph.ReduceAllMean(b.Inputs[0])}}
	if b.Mask != nil {
		off, c.Count = graph.Mul(off, b.Mask), graph.ReduceAllSum(b.Mask)
	}
	c.Sums = []*graph.Node{graph.ReduceAllSum(graph.Square(off)), graph.ReduceAllSum(graph.Abs(off))}
	c.Mean = graph.Div(c.Sums[0], c.Count)
	return c
}

func (l *line) Train(b *Batch, s *Step) *Computed {
	c := l.Measure(b)
	gradient := graph.Gradient(c.Mean, s.Weights...)[0]
	s.Slots[0] = graph.Sub(graph.MulScalar(s.Slots[0], 0.5), graph.Mul(s.Rates[0], gradient))
	s.Weights[0] = graph.Add(s.Weights[0], s.Slots[0])
	return c
}

// newLine is a trainer of line on y = 3 x, 50 examples in batches of 16.
func newLine(t *testing.T, change func(*Config)) (*Trainer, *line) {
	t.Helper()
	l := &line{tensors.FromScalar(float32(0)), tensors.FromScalar(float32(0))}
	var x, y []float32
	for i := range 50 {
		x, y = append(x, float32(i%7)/7), append(y, 3*float32(i%7)/7)
	}
	shape := shapes.Make(dtypes.Float32, 50, 1)
	data, err := Upload(testBackend(t), Source{
		Inputs: []Input{{Array: Array{x, shape}, Scale: 1}}, Targets: []Array{{y, shape}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(data.Free)
	c := Config{Backend: testBackend(t), Task: l, Trainable: []Cell{&l.w}, Others: []Cell{&l.mean},
		Slots: []Slot{{Key: "speed", Start: func() ([]float32, error) { return []float32{0}, nil }}}, State: &State{},
		Programs: Programs{}, Data: data, Examples: 50, Batch: 16, Devices: 1}
	change(&c)
	tr, err := NewTrainer(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Free)
	return tr, l
}

func inOrder() []int32 {
	order := make([]int32, 50)
	for i := range order {
		order[i] = int32(i)
	}
	return order
}

// TestTrainer learns the line, and the evaluator measures what is left.
func TestTrainer(t *testing.T) {
	tr, l := newLine(t, func(*Config) {})
	for range 20 {
		if err := tr.Begin(inOrder(), 0, nil); err != nil {
			t.Fatal(err)
		}
		for range tr.Steps() {
			if err := tr.Run(1); err != nil {
				t.Fatal(err)
			}
		}
	}
	sums, bad, err := tr.Totals()
	if err != nil || bad != -1 || sums[0] != 50 || sums[1] > 0.01 || tr.State.Iterations != 80 {
		t.Errorf("sums %v, first bad step %d, %d steps, %v", sums, bad, tr.State.Iterations, err)
	}
	if w := tensors.ToScalar[float32](l.w); w < 2.99 || w > 3.01 || tensors.ToScalar[float32](l.mean) == 0 {
		t.Errorf("w is %v, the statistic %v", w, l.mean)
	}
	e, err := tr.Programs.Evaluator(tr.Backend, l, []Cell{&l.w, &l.mean}, tr.Data, 16)
	if err != nil {
		t.Fatal(err)
	}
	if sums, err = e.Measure(t.Context(), tr.Data, 5, 50); err != nil || sums[0] != 45 || sums[2] > 0.1 {
		t.Errorf("measured %v, %v", sums, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = e.Measure(ctx, tr.Data, 0, 50); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

type fakeXLA struct {
	compute.Backend
	gpu bool
}

func (f fakeXLA) IsCUDA() bool { return f.gpu }

func TestStepsAtOnce(t *testing.T) {
	gpu := fakeXLA{gpu: true}
	for _, c := range []struct {
		backend     compute.Backend
		steps, want int
	}{
		{gpu, 1407, 21}, {gpu, 1250, 25}, {gpu, 88, 22}, {gpu, 1409, 25}, {gpu, 7, 7}, {gpu, 1, 1}, {fakeXLA{}, 1407, 1},
	} {
		if got := stepsAtOnce(c.backend, c.steps); got != c.want {
			t.Errorf("%d steps: %d at once, want %d", c.steps, got, c.want)
		}
	}
}

func onXLA(t *testing.T) {
	t.Helper()
	if name := testBackend(t).Name(); name != "xla" {
		t.Skipf("the backend is %s; GOMLX_BACKEND=xla:PLUGIN tests XLA", name)
	}
}

// TestSlowStepsOneByOne has an execution of two steps last too long.
func TestSlowStepsOneByOne(t *testing.T) {
	onXLA(t)
	tr, _ := newLine(t, func(c *Config) { c.AtOnce = 2 }) // 4 steps
	if err := errors.Join(tr.Begin(inOrder(), 0, nil), tr.Run(tr.AtOnce(0))); err != nil {
		t.Fatal(err)
	}
	if n := tr.AtOnce(2); n != 2 {
		t.Fatalf("%d steps at once after a short execution, want 2", n)
	}
	tr.slow = -1
	if err := errors.Join(tr.Run(2), tr.Wait()); err != nil {
		t.Fatal(err)
	}
	if n := tr.AtOnce(0); n != 1 {
		t.Errorf("%d steps at once after a long execution, want 1", n)
	}
	if tr.State.Iterations != 4 {
		t.Errorf("%d steps were counted, want 4", tr.State.Iterations)
	}
}

// aliasedBytes is what XLA itself says about a compiled graph: how many bytes
// of results lie over arguments.
func aliasedBytes(t *testing.T, g *graph.Graph) int64 {
	t.Helper()
	v := reflect.ValueOf(g).Elem()
	for _, name := range []string{"executable", "exec", "OnDeviceMemoryUsageStats", "Aliases"} {
		for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v = v.FieldByName(name); !v.IsValid() {
			t.Fatalf("go-xla keeps no %s any more", name)
		}
	}
	return v.Int()
}

// TestStepOverwritesItsState looks at the compiled step: all state that it
// replaces must be overwritten.
func TestStepOverwritesItsState(t *testing.T) {
	onXLA(t)
	for _, noAliasing := range []bool{false, true} {
		tr, _ := newLine(t, func(c *Config) { c.NoAliasing = noAliasing })
		if err := errors.Join(tr.Begin(inOrder(), 0, nil), tr.Run(1), tr.Wait()); err != nil {
			t.Fatal(err)
		}
		want := int64(0)
		var argShapes []shapes.Shape
		for i, tensor := range listStep(tr.args()) {
			argShapes = append(argShapes, tensor.Shape())
			if i >= fixed(tr.args()) {
				want += int64(tensor.Shape().ByteSize())
			}
		}
		g, err := tr.exec.Compile(argShapes...)
		if err != nil {
			t.Fatal(err)
		}
		got := aliasedBytes(t, g)
		t.Logf("noAliasing %t: %d bytes of %d overwritten", noAliasing, got, want)
		if noAliasing && got != 0 || !noAliasing && got != want {
			t.Errorf("noAliasing %t: XLA overwrites %d bytes, want %d", noAliasing, got, want)
		}
	}
}

// TestExplainMemory: GPUs say it in other words.
func TestExplainMemory(t *testing.T) {
	gpu := errors.New("PJRT error (code=8): RESOURCE_EXHAUSTED: Failed to allocate request for 12.00GiB")
	if err := ExplainMemory(gpu, 512); !errors.Is(err, ErrOutOfMemory) || !errors.Is(err, gpu) {
		t.Errorf("got %v", err)
	}
	if other := errors.New("PJRT error (code=3): invalid"); ExplainMemory(other, 1) != other {
		t.Error("another error was changed")
	}
}

// TestPrograms keeps one program for all trainers of one kind.
func TestPrograms(t *testing.T) {
	p := Programs{}
	var made []*trainStep
	for _, batch := range []int{16, 16, 8} {
		tr, _ := newLine(t, func(c *Config) {
			c.Batch, c.Programs = batch, p
			if made != nil {
				c.Trainable = made[0].Trainable
			}
		})
		made = append(made, tr.trainStep)
	}
	if made[0] != made[1] || made[0] == made[2] || len(p) != 2 {
		t.Errorf("%d programs for 2 kinds", len(slices.Compact(made)))
	}
}
