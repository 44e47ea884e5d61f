package layers

import (
	"math"
	"testing"

	"github.com/gocifar/gocifar/layers/internal/engine"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// goldenKind are targets and outputs of testdata/golden_losses.py.
type goldenKind struct {
	Targets, Outputs []float32
	TargetShape      []int `json:"target_shape"`
	OutputShape      []int `json:"output_shape"`
}

func goldenKinds(t *testing.T) map[string]goldenKind {
	t.Helper()
	var golden struct{ Kinds map[string]goldenKind }
	readGolden(t, "losses.json", &golden)
	return golden.Kinds
}

// examples are the targets as a user has them.
func (k goldenKind) examples() *Examples {
	e := &Examples{Shape: []int{1}, Floats: make([]float32, k.OutputShape[0])}
	if k.sparse() {
		for _, v := range k.Targets {
			e.Labels = append(e.Labels, int32(v))
		}
		if e.Classes = k.OutputShape[len(k.OutputShape)-1]; len(k.TargetShape) > 1 {
			e.TargetShape = k.TargetShape[1:]
		}
		return e
	}
	e.Targets, e.TargetShape = k.Targets, k.TargetShape[1:]
	return e
}

// sparse tells whether the targets are labels.
func (k goldenKind) sparse() bool { return len(k.TargetShape) < len(k.OutputShape) }

// tensors are both, for examples from..to, filled up to n with the first ones.
func (k goldenKind) tensors(from, to, n int) (targets, outputs *tensors.Tensor) {
	part := func(values []float32, dims []int) *tensors.Tensor {
		size := len(values) / dims[0]
		out := append([]float32{}, values[from*size:to*size]...)
		for len(out) < n*size {
			out = append(out, values[:size]...)
		}
		return tensors.FromFlatDataAndDimensions(out, append([]int{n}, dims[1:]...)...)
	}
	return part(k.Targets, k.TargetShape), part(k.Outputs, k.OutputShape)
}

func (k goldenKind) label(y *graph.Node) *graph.Node {
	if k.sparse() {
		return graph.ConvertDType(y, dtypes.Int32)
	}
	return y
}

// rampWeights are the weights of the golden script's examples.
func rampWeights(n int) []float32 {
	w := make([]float32, n)
	for i := range w {
		w[i] = float32(0.5 + 1.5*float64(i)/float64(n-1))
	}
	return w
}

// TestLossesEqualKeras compares each loss, its gradients and its configuration,
// with and without weights, and on a batch that is filled up.
func TestLossesEqualKeras(t *testing.T) {
	kinds := goldenKinds(t)
	var golden struct {
		Losses []struct {
			Kind             string
			Object           map[string]any
			Plain            float64
			PlainGradient    []float32 `json:"plain_gradient"`
			Weighted         *float64
			WeightedGradient []float32 `json:"weighted_gradient"`
		}
	}
	readGolden(t, "losses.json", &golden)
	if len(golden.Losses) < 40 {
		t.Fatalf("%d cases", len(golden.Losses))
	}
	worst := 0.0
	for _, c := range golden.Losses {
		name, kind := c.Object["class_name"].(string)+" of "+c.Kind, kinds[c.Kind]
		config := c.Object["config"].(map[string]any)
		switch {
		case name == "Huber of numbers" && !near(c.Plain, golden.Losses[4].Plain, 1e-9):
			config["delta"] = 0.3 // Keras forgets it
		case name == "CosineSimilarity of images":
			config["axis"] = 1.0
		}
		loss, err := lossClasses.load(c.Object, "name", "fn", "dtype", "reduction")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if checker, ok := loss.(TargetChecker); ok {
			if err := checker.CheckTargets(kind.examples(), Shape(kind.OutputShape[1:])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		again, err := lossClasses.load(lossClasses.save(loss), "name", "fn", "dtype", "reduction")
		if err != nil {
			t.Errorf("%s: saved and loaded: %v", name, err)
		}
		n := kind.OutputShape[0]
		compute := func(weights []float32, size int) (float64, []float32) {
			y, x := kind.tensors(0, n, size)
			out, err := graph.CallOnceN(testBackend(t), func(y, x, mask, w *graph.Node) []*graph.Node {
				p := NewPass(y.Graph(), true, nil, nil)
				m := &measuring{Batch: &engine.Batch{}, pass: p}
				m.Graph, m.Size, m.Targets = y.Graph(), size, []*graph.Node{kind.label(y)}
				if size != n {
					p.Mask, m.Mask = mask, mask
				}
				if weights != nil {
					m.Weights = []*graph.Node{w}
				}
				mean := graph.Div(m.loss(again, 0, x), m.examples())
				return []*graph.Node{mean, graph.Gradient(mean, x)[0]}
			}, y, x, append(rep(1, n), rep(0, size-n)...), append(rampWeights(n), rep(0, size-n)...))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return math.NaN(), nil
			}
			return float64(tensors.ToScalar[float32](out[0])), tensors.MustCopyFlatData[float32](out[1])[:len(kind.Outputs)]
		}
		for _, size := range []int{n, n + 3} {
			got, gradient := compute(nil, size)
			if gradient == nil {
				continue
			}
			if worst = max(worst, math.Abs(got-c.Plain)/max(1e-3, math.Abs(c.Plain))); !near(got, c.Plain, 2e-6) && math.Abs(got-c.Plain) > 1e-7 {
				t.Errorf("%s, batch of %d: %v, Keras has %v (%v)", name, size, got, c.Plain, config)
			}
			compare(t, name+" gradient", gradient, c.PlainGradient, 1e-5)
			if c.Weighted != nil {
				if got, gradient = compute(rampWeights(n), size); gradient == nil {
					continue
				}
				if !near(got, *c.Weighted, 2e-6) {
					t.Errorf("%s, weighted, batch of %d: %v, Keras has %v", name, size, got, *c.Weighted)
				}
				compare(t, name+" weighted gradient", gradient, c.WeightedGradient, 1e-5)
			}
		}
	}
	t.Logf("%d losses: largest relative difference %.2g", len(golden.Losses), worst)
}

func rep(v float32, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// TestMetricsEqualKeras adds up each metric over two batches, the second filled
// up, with and without weights, and compares it and its configuration.
func TestMetricsEqualKeras(t *testing.T) {
	kinds := goldenKinds(t)
	var golden struct {
		Metrics []struct {
			Kind            string
			Object          map[string]any
			Plain, Weighted []float64
		}
	}
	readGolden(t, "metrics.json", &golden)
	if len(golden.Metrics) < 60 {
		t.Fatalf("%d cases", len(golden.Metrics))
	}
	worst := 0.0
	for _, c := range golden.Metrics {
		name, kind := c.Object["class_name"].(string)+" of "+c.Kind, kinds[c.Kind]
		metric, err := metricFromConfig(c.Object)
		if err == nil {
			metric, err = metricFromConfig(metricClasses.save(metric))
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if checker, ok := metric.(TargetChecker); ok {
			if err := checker.CheckTargets(kind.examples(), Shape(kind.OutputShape[1:])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		n := kind.OutputShape[0]
		for _, weighted := range []bool{false, true} {
			want := c.Plain
			if weighted {
				want = c.Weighted
			}
			if want == nil {
				continue
			}
			w := &watched{Metric: metric, weighted: weighted, name: metric.Name()}
			f, err := w.figure(Shape(kind.OutputShape[1:]))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			sums := []float32{float32(n)}
			for _, s := range f.shapes {
				sums = append(sums, make([]float32, s.Size())...)
			}
			for _, part := range [][2]int{{0, 4}, {4, n}} {
				y, x := kind.tensors(part[0], part[1], 4)
				real := part[1] - part[0]
				weights := append(rampWeights(n)[part[0]:part[1]:part[1]], rep(7, 4-real)...)
				out, err := graph.CallOnceN(testBackend(t), func(y, x, mask, weights *graph.Node) []*graph.Node {
					m := &measuring{Batch: &engine.Batch{}, pass: NewPass(y.Graph(), false, nil, nil)}
					m.Graph, m.Size, m.Targets, m.Mask = y.Graph(), 4, []*graph.Node{kind.label(y)}, mask
					m.pass.Mask, m.Weights = mask, []*graph.Node{weights}
					return m.metric(*w, 0, x)
				}, y, x, append(rep(1, real), rep(0, 4-real)...), weights)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					break
				}
				at := 1
				for _, o := range out {
					for _, v := range tensors.MustCopyFlatData[float32](o) {
						sums[at] += v
						at++
					}
				}
			}
			got := logsOf([]figure{f}, sums)
			names := f.all()
			if len(names) != len(want) {
				t.Errorf("%s: %d figures, Keras has %v", name, len(names), want)
				continue
			}
			for i, key := range names {
				off := math.Abs(got[key] - want[i])
				if worst = max(worst, off/max(1, math.Abs(want[i]))); !(off <= 5e-6*max(1, math.Abs(want[i]))) {
					t.Errorf("%s, weighted %t: %v, Keras has %v (%v)", name, weighted, got[key], want[i], c.Object["config"])
				}
			}
		}
	}
	t.Logf("%d metrics: largest difference %.2g", len(golden.Metrics), worst)
}
