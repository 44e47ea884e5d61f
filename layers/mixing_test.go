package layers

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// TestMixingEqualsKeras feeds the numbers that Keras drew.
func TestMixingEqualsKeras(t *testing.T) {
	var cases []struct {
		Name           string
		Images, Labels goldenArray
		Drawn          []goldenArray
		MixedImages    goldenArray `json:"mixed_images"`
		MixedLabels    goldenArray `json:"mixed_labels"`
	}
	readGolden(t, "mixing.json", &cases)
	mixtures := map[string]*mixture{"mix up": &MixUp(0.4).mixture, "cut mix": &CutMix(1).mixture,
		"cut mix narrow": &CutMix(0.1, 0.2).mixture}
	if len(cases) != len(mixtures) {
		t.Fatalf("%d cases, want %d", len(cases), len(mixtures))
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			args := []any{c.Images.tensor(t), c.Labels.tensor(t)}
			for _, d := range c.Drawn {
				args = append(args, d.tensor(t))
			}
			out, err := graph.CallOnceN(testBackend(t), func(in []*graph.Node) []*graph.Node {
				in[2] = graph.ConvertDType(in[2], dtypes.Int32)
				x, y := mixtures[c.Name].apply(in[0], in[1], in[2:])
				return []*graph.Node{x, y}
			}, args...)
			if err != nil {
				t.Fatal(err)
			}
			images := checkClose(t, "images", out[0], c.MixedImages)
			labels := checkClose(t, "labels", out[1], c.MixedLabels)
			t.Logf("largest differences: images %.2g, labels %.2g", images, labels)
		})
	}
}

// TestDirichletDistribution compares the moments of AugMix's shares of K chains:
// mean 1/K, variance (K-1)/(K^2 (K alpha+1)); and their sum.
func TestDirichletDistribution(t *testing.T) {
	const n, chains = 20000, 3
	for _, alpha := range []float64{0.01, 0.3, 1, 2.5, 7} {
		out, err := graph.CallOnceN(testBackend(t), func(in []*graph.Node) []*graph.Node {
			x := graph.Zeros(in[0].Graph(), shapes.Make(dtypes.Float32, n, 1, 1, 1))
			l := AugMix(0.3).Chains(chains, 0).Alpha(alpha)
			return l.draw(NewPass(in[0].Graph(), true, nil, in[0]), x)[1:]
		}, uint32(5))
		if err != nil {
			t.Fatal(err)
		}
		sums := make([]float64, n)
		mean, variance := 1.0/chains, (chains-1)/(chains*chains*(chains*alpha+1))
		for chain, shares := range out {
			var sum, squares float64
			for i, v := range tensors.MustCopyFlatData[float32](shares) {
				sums[i] += float64(v)
				sum += float64(v)
				squares += (float64(v) - mean) * (float64(v) - mean)
			}
			if math.Abs(sum/n-mean) > 5*math.Sqrt(variance/n) || math.Abs(squares/n-variance) > 0.03*variance+0.002 {
				t.Errorf("alpha %g, chain %d: mean %g, variance %g, want %g, %g", alpha, chain, sum/n, squares/n, mean, variance)
			}
		}
		for _, sum := range sums {
			if !(math.Abs(sum-1) < 1e-5) {
				t.Fatalf("alpha %g: shares add up to %g", alpha, sum)
			}
		}
	}
}

// TestBetaDistribution compares the moments of what mixing draws: mean 1/2, the
// variance 1/(4(2 alpha+1)).
func TestBetaDistribution(t *testing.T) {
	const n = 20000
	for _, alpha := range []float64{0.01, 0.2, 1, 2} {
		out, err := graph.CallOnceN(testBackend(t), func(in []*graph.Node) []*graph.Node {
			c := NewPass(in[0].Graph(), true, nil, in[0])
			return []*graph.Node{c.beta(graph.Scalar(c.Graph, dtypes.Float32, alpha), n)}
		}, uint32(3))
		if err != nil {
			t.Fatal(err)
		}
		values := tensors.MustCopyFlatData[float32](out[0])
		var sum, squares float64
		for _, v := range values {
			sum += float64(v)
			squares += (float64(v) - 0.5) * (float64(v) - 0.5)
		}
		variance := 1 / (4 * (2*alpha + 1))
		if math.Abs(sum/n-0.5) > 5*math.Sqrt(variance/n) || math.Abs(squares/n-variance) > 0.01*variance+0.002 {
			t.Errorf("Beta(%g): mean %g, variance %g, want 0.5, %g", alpha, sum/n, squares/n, variance)
		}
		if slices.Min(values) < 0 || slices.Max(values) > 1 {
			t.Errorf("Beta(%g) reaches from %g to %g", alpha, slices.Min(values), slices.Max(values))
		}
	}
}

// TestFitMixes trains with mixed batches, the last of them filled up, and says
// what is wrong with a transform.
func TestFitMixes(t *testing.T) {
	data := &Examples{Shape: []int{4, 4, 1}, Classes: 2}
	for i := range 22 {
		data.Labels = append(data.Labels, int32(i%2))
		for range 16 {
			data.Floats = append(data.Floats, float32(i%2))
		}
	}
	fit := func(transform ...BatchTransform) (float64, error) {
		m := Sequential("", Input(4, 4, 1), Flatten(), Dense(2).Activation(Softmax)).TransformBatches(transform...)
		if err := m.Compile(SGD(0.5), CategoricalCrossEntropy, Accuracy); err != nil {
			return 0, err
		}
		h, err := m.Fit(t.Context(), data, BatchSize(8), Epochs(12), Verbose(Silent))
		if err != nil {
			return 0, err
		}
		logs, err := m.Evaluate(t.Context(), data, Verbose(Silent))
		if err == nil && logs["accuracy"] != 1 {
			t.Errorf("accuracy after training with %d transforms: %g, want 1", len(transform), logs["accuracy"])
		}
		return h.Metrics["loss"][11], err
	}
	plain, err := fit()
	if err != nil {
		t.Fatal(err)
	}
	for _, transform := range []BatchTransform{MixUp(1).Classes(2), CutMix(1, 1).Classes(2)} {
		loss, err := fit(transform)
		if err != nil {
			t.Fatal(err)
		}
		if !(loss > 3*plain) {
			t.Errorf("%T: the loss is %g, without mixing %g: targets should be harder", transform, loss, plain)
		}
	}
	for want, transform := range map[string]BatchTransform{
		"alpha must be above 0": MixUp(0), "factor wants numbers in": CutMix(2), "number of classes": MixUp(0.2),
	} {
		if _, err := fit(transform); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}
