package layers

import (
	"fmt"
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
	lossesEqualKeras(t, "losses.json", dtypes.Float32, 1e-5)
}

// TestLossesOfBFloat16EqualKeras does the same for the outputs of a model of
// mixed_bfloat16. Losses compute in float32, so they are as close as those of
// float32 outputs. Gradients become bfloat16 at the end: where the rest of the
// rounding differs they may be one bfloat16 apart, which is 2^-7 at most.
func TestLossesOfBFloat16EqualKeras(t *testing.T) {
	lossesEqualKeras(t, "losses_bfloat16.json", dtypes.BFloat16, 1.0/128)
}

// lossesEqualKeras compares the losses of outputs that have the type given, and
// the gradients within a tolerance.
func lossesEqualKeras(t *testing.T, file string, dtype dtypes.DType, tolerance float64) {
	kinds := goldenKinds(t)
	var golden struct {
		Losses []struct {
			Name, Kind       string
			Object           map[string]any
			Plain            float64
			PlainGradient    []float32 `json:"plain_gradient"`
			Weighted         *float64
			WeightedGradient []float32 `json:"weighted_gradient"`
		}
	}
	readGolden(t, file, &golden)
	if len(golden.Losses) < 40 {
		t.Fatalf("%d cases", len(golden.Losses))
	}
	// One program has all cases: XLA takes long to compile many.
	var losses []Loss
	for i, c := range golden.Losses {
		name, kind := c.Object["class_name"].(string), kinds[c.Kind]
		config := c.Object["config"].(map[string]any)
		switch { // what Keras forgets
		case name == "Huber" && c.Plain != golden.Losses[4].Plain:
			config["delta"] = 0.3
		case name == "CosineSimilarity" && c.Kind == "images":
			config["axis"] = 1.0
		}
		golden.Losses[i].Name = name + " of " + c.Kind
		loss, err := lossClasses.load(c.Object, "name", "fn", "dtype", "reduction")
		if err == nil {
			err = loss.(TargetChecker).CheckTargets(kind.examples(), Shape(kind.OutputShape[1:]))
		}
		if err == nil {
			loss, err = lossClasses.load(lossClasses.save(loss), "name", "fn", "dtype", "reduction")
		}
		if err != nil {
			t.Fatalf("%s of %s: %v", name, c.Kind, err)
		}
		losses = append(losses, loss)
	}
	const n = 6
	worst, apart := 0.0, 0.0
	numbers, others := 0, 0 // gradients, and those that are another bfloat16
	for _, size := range []int{n, n + 3} {
		args := []any{append(rep(1, n), rep(0, size-n)...), append(rampWeights(n), rep(0, size-n)...)}
		for _, c := range golden.Losses {
			y, x := kinds[c.Kind].tensors(0, n, size)
			args = append(args, y, x)
		}
		e, err := graph.NewExec(testBackend(t), func(in []*graph.Node) (out []*graph.Node) {
			for i, c := range golden.Losses {
				y, x := kinds[c.Kind].label(in[2+2*i]), graph.ConvertDType(in[3+2*i], dtype)
				variants := [][]*graph.Node{nil}
				if size != n {
					variants = append(variants, []*graph.Node{in[1]})
				}
				for _, weights := range variants {
					p := NewPass(y.Graph(), true, nil, nil)
					m := &measuring{pass: p, Batch: &engine.Batch{Graph: y.Graph(), Size: size, Targets: []*graph.Node{y}, Weights: weights}}
					if size != n {
						p.Mask, m.Mask = in[0], in[0]
					}
					mean := graph.Div(m.loss(losses[i], 0, p.as(x, dtypes.Float32)), m.examples())
					out = append(out, mean, toFloat32(graph.Gradient(mean, x)[0]))
				}
			}
			return out
		})
		if err != nil {
			t.Fatal(err)
		}
		out, err := e.Call(args...)
		if err != nil {
			t.Fatal(err)
		}
		check := func(name string, out []*tensors.Tensor, want float64, gradient []float32) {
			name = fmt.Sprintf("%s, batch of %d", name, size)
			got := float64(tensors.ToScalar[float32](out[0]))
			if worst = max(worst, math.Abs(got-want)/max(0.1, math.Abs(want))); !near(got, want, 5e-6) && !(math.Abs(got-want) < 1e-7) {
				t.Errorf("%s: %v, Keras has %v", name, got, want)
			}
			got32 := tensors.MustCopyFlatData[float32](out[1])[:len(gradient)]
			apart = max(apart, compare(t, name+", gradient", got32, gradient, tolerance))
			for i, v := range got32 {
				if numbers++; dtype == dtypes.BFloat16 && v != gradient[i] {
					others++
				}
			}
		}
		per := len(out) / len(golden.Losses)
		for i, c := range golden.Losses {
			check(c.Name, out[per*i:], c.Plain, c.PlainGradient)
			if c.Weighted != nil && size != n {
				check(c.Name+", weighted", out[per*i+2:], *c.Weighted, c.WeightedGradient)
			}
		}
	}
	if others > numbers/50 { // roundings fall out differently by chance
		t.Errorf("%d of %d gradients are another bfloat16 than Keras'", others, numbers)
	}
	t.Logf("%d losses: largest relative difference %.2g, of gradients %.2g; %d of %d gradients are another bfloat16",
		len(golden.Losses), worst, apart, others, numbers)
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
	// One program has all cases: XLA takes long to compile many.
	const n, size = 6, 4
	type measured struct {
		name, kind string
		watched
		figure figure
		want   []float64
		sums   []float32
	}
	var all []*measured
	for _, c := range golden.Metrics {
		name, kind := c.Object["class_name"].(string)+" of "+c.Kind, kinds[c.Kind]
		metric, err := metricFromConfig(c.Object)
		if err == nil {
			err = metric.(TargetChecker).CheckTargets(kind.examples(), Shape(kind.OutputShape[1:]))
		}
		if err == nil {
			metric, err = metricFromConfig(metricClasses.save(metric))
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for weighted, want := range map[bool][]float64{false: c.Plain, true: c.Weighted} {
			if want == nil {
				continue
			}
			m := &measured{name: name, kind: c.Kind, want: want, sums: []float32{n},
				watched: watched{Metric: metric, weighted: weighted, name: metric.Name()}}
			if m.figure, err = m.watched.figure(Shape(kind.OutputShape[1:])); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, s := range m.figure.shapes {
				m.sums = append(m.sums, make([]float32, s.Size())...)
			}
			all = append(all, m)
		}
	}
	e, err := graph.NewExec(testBackend(t), func(in []*graph.Node) (out []*graph.Node) {
		for i, m := range all {
			y, x := kinds[m.kind].label(in[2+2*i]), in[3+2*i]
			p := NewPass(y.Graph(), false, nil, nil)
			p.Mask = in[0]
			b := &measuring{pass: p, Batch: &engine.Batch{Graph: y.Graph(), Size: size, Targets: []*graph.Node{y},
				Weights: []*graph.Node{in[1]}, Mask: in[0]}}
			for _, part := range b.metric(m.watched, 0, x) {
				out = append(out, graph.Reshape(part, part.Shape().Size()))
			}
		}
		return out
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range [][2]int{{0, 4}, {4, n}} {
		real := part[1] - part[0]
		args := []any{append(rep(1, real), rep(0, size-real)...), append(rampWeights(n)[part[0]:part[1]:part[1]], rep(7, size-real)...)}
		for _, m := range all {
			y, x := kinds[m.kind].tensors(part[0], part[1], size)
			args = append(args, y, x)
		}
		out, err := e.Call(args...)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			at := 1
			for range m.figure.shapes {
				for _, v := range tensors.MustCopyFlatData[float32](out[0]) {
					m.sums[at] += v
					at++
				}
				out = out[1:]
			}
		}
	}
	worst := 0.0
	for _, m := range all {
		got, names := logsOf([]figure{m.figure}, m.sums), m.figure.all()
		if len(names) != len(m.want) {
			t.Errorf("%s: %d figures, Keras has %v", m.name, len(names), m.want)
			continue
		}
		for i, key := range names {
			off := math.Abs(got[key]-m.want[i]) / max(1, math.Abs(m.want[i]))
			if worst = max(worst, off); !(off <= 5e-6) {
				t.Errorf("%s, weighted %t: %v, Keras has %v", m.name, m.weighted, got[key], m.want[i])
			}
		}
	}
	t.Logf("%d metrics: largest difference %.2g", len(all), worst)
}
