package layers

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// goldenTorch is what testdata/golden_torch.py writes.
type goldenTorch struct {
	SGD []struct {
		Momentum, Decay float64
		Nesterov        bool
		Steps           [][]float32
	}
	Muon []struct {
		Shape    Shape
		BFloat16 bool
		Steps    int `json:"ns_steps"`
		Nesterov bool
		Values   []float32
	}
	Dirac []struct {
		Shape  Shape
		Values []float32
	}
	Shifts struct {
		Top, Left []int32
		Values    []float32
	}
	Whitening [][]float32
	Views     []float32
	Smoothed  struct {
		Loss     float64
		Gradient []float32
	}
}

func readTorch(t *testing.T) *goldenTorch {
	var golden goldenTorch
	readGolden(t, "torch.json", &golden)
	if len(golden.SGD) < 5 || len(golden.Muon) < 12 || len(golden.Dirac) < 6 || len(golden.Whitening) != 12 {
		t.Fatalf("the golden file is not whole")
	}
	return &golden
}

// within fails where two lists differ by more than a part of the largest value.
func within(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	largest, worst := 0.0, 0.0
	for i := range want {
		largest = max(largest, math.Abs(float64(want[i])))
		worst = max(worst, math.Abs(float64(got[i])-float64(want[i])))
	}
	if !(worst <= tolerance*largest) {
		t.Errorf("%s: differs by %g of the largest value, want at most %g", what, worst/largest, tolerance)
	}
}

// follow runs an optimizer on one weight along the golden script's gradients.
func follow(t *testing.T, o Optimizer, shape Shape, steps int, rate func(step int) float64) []float32 {
	t.Helper()
	if o.Err() != nil {
		t.Fatal(o.Err())
	}
	v := &Variable{Name: "kernel", Path: "l/kernel", Shape: shape}
	w := tensors.FromFlatDataAndDimensions(trainingFormula(shape.Size(), 1), shape...)
	slot := tensors.FromFlatDataAndDimensions(make([]float32, shape.Size()), shape...)
	for step := range steps {
		g := tensors.FromFlatDataAndDimensions(trainingFormula(shape.Size(), 10+step), shape...)
		out, err := graph.CallOnceN(testBackend(t), func(in []*graph.Node) []*graph.Node {
			slots := in[3:][:len(o.Slots())]
			w, fresh := o.Update(OptimizerStep{LearningRate: in[0], Variable: v}, in[1], in[2], slots)
			return append([]*graph.Node{w}, fresh...)
		}, float32(rate(step)), w, g, slot)
		if err != nil {
			t.Fatal(err)
		}
		if w = out[0]; len(out) > 1 {
			slot = out[1]
		}
	}
	return tensors.MustCopyFlatData[float32](w)
}

func TestTorchSGDEqualsTorch(t *testing.T) {
	for _, c := range readTorch(t).SGD {
		o := TorchSGD(0.1, WeightDecay(c.Decay)).Momentum(c.Momentum)
		if c.Nesterov {
			o.Nesterov()
		}
		for steps := 1; steps <= len(c.Steps); steps++ {
			got := follow(t, o, Shape{12}, steps, func(step int) float64 { return 0.1 * (1 - float64(step)/4) })
			within(t, "momentum, decay, steps", got, c.Steps[steps-1], 1e-6)
		}
	}
}

func TestFilterMuonEqualsAirbench(t *testing.T) {
	for _, c := range readTorch(t).Muon {
		o := FilterMuon(0.24).Momentum(0.6, c.Nesterov).NewtonSchulz(c.Steps, c.BFloat16)
		tolerance := 1e-5
		if c.BFloat16 {
			tolerance = 0.03 // 8 bits, and products summed in another order
		}
		got := follow(t, o, c.Shape, 3, func(step int) float64 { return 0.24 * (1 - float64(step)/3) })
		within(t, c.Shape.Tuple(), got, c.Values, tolerance)
	}
}

func TestDiracEqualsTorch(t *testing.T) {
	for _, c := range readTorch(t).Dirac {
		i := Dirac(fixed{trainingFormula(c.Shape.Size(), 3)})
		if got := i.Draw(c.Shape, rand.New(rand.NewPCG(1, 1))); !slices.Equal(got, c.Values) {
			t.Errorf("%v: got %v, want %v", c.Shape, got, c.Values)
		}
	}
	if err := Dirac(nil).(dirac).CheckShape(Shape{3, 4}); err == nil {
		t.Error("a matrix has no window, but is taken")
	}
}

func TestRandomShiftEqualsTorch(t *testing.T) {
	golden := readTorch(t).Shifts
	images := tensors.FromFlatDataAndDimensions(trainingFormula(4*6*5*2, 5), 4, 6, 5, 2)
	l := RandomShift(2)
	out, err := graph.CallOnceN(testBackend(t), func(in []*graph.Node) []*graph.Node {
		drawn := l.draw(NewPass(in[0].Graph(), true, nil, in[3]), in[0])
		if drawn[0].DType() != dtypes.Int32 {
			t.Errorf("draws %s", drawn[0].DType())
		}
		return append([]*graph.Node{l.transform(in[0], in[1:3])}, drawn...)
	}, images, golden.Top, golden.Left, uint32(3))
	if err != nil {
		t.Fatal(err)
	}
	within(t, "shifts", tensors.MustCopyFlatData[float32](out[0]), golden.Values, 0)
	for _, drawn := range out[1:] {
		for _, place := range tensors.MustCopyFlatData[int32](drawn) {
			if place < 0 || place > 4 {
				t.Errorf("draws place %d of 0 to 4", place)
			}
		}
	}
}

// TestWhiteningEqualsTorch compares filters by eigenvalue, whose order and sign
// are nobody's business.
func TestWhiteningEqualsTorch(t *testing.T) {
	l := Whitening(2)
	if err := l.Adapt(&Examples{Shape: Shape{7, 6, 3}, Floats: trainingFormula(20*7*6*3, 6)}); err != nil {
		t.Fatal(err)
	}
	m := Sequential("m", Input(7, 6, 3), l)
	if m.Err() != nil {
		t.Fatal(m.Err())
	}
	if err := m.Initialize(); err != nil {
		t.Fatal(err)
	}
	kernel, err := l.kernel.Flat()
	if err != nil {
		t.Fatal(err)
	}
	filter := func(k int) (values []float32) {
		for i := range 12 {
			values = append(values, kernel[i*24+k])
		}
		return values
	}
	for n, want := range readTorch(t).Whitening {
		found := false
		for k := range 24 {
			got, worst := filter(k), 0.0
			for i := range want {
				worst = max(worst, math.Abs(float64(got[i]-want[i])))
			}
			found = found || worst < 1e-4
		}
		if !found {
			t.Errorf("PyTorch's filter %d is not among ours", n)
		}
	}
}

func TestSixViewsEqualAirbench(t *testing.T) {
	m := Sequential("linear", Input(5, 5, 2), Flatten(), Dense(4).WithoutBias())
	if m.Err() != nil {
		t.Fatal(m.Err())
	}
	if err := m.Variables()[0].SetFlat(trainingFormula(200, 8)); err != nil {
		t.Fatal(err)
	}
	wise := TestTimeAugmentation(m)
	rows, err := wise.Predict(t.Context(), &Examples{Shape: Shape{5, 5, 2}, Floats: trainingFormula(150, 7)})
	if err != nil {
		t.Fatal(err)
	}
	within(t, "views", slices.Concat(rows...), readTorch(t).Views, 1e-6)
	if wise.Variables()[0] != m.Variables()[0] {
		t.Error("the model of views has weights of its own")
	}
}

func TestSmoothedSumEqualsTorch(t *testing.T) {
	golden := readTorch(t).Smoothed
	loss := CategoricalCrossEntropy.FromLogits().LabelSmoothing(0.2).Reduction("sum")
	logits := tensors.FromFlatDataAndDimensions(trainingFormula(20, 9), 4, 5)
	out, err := graph.CallOnceN(testBackend(t), func(in []*graph.Node) []*graph.Node {
		pass := NewPass(in[0].Graph(), true, nil, nil)
		mean := graph.ReduceAllMean(loss.PerExample(pass, in[0], in[1]))
		return append([]*graph.Node{mean}, graph.Gradient(mean, in[1])...)
	}, []int32{3, 0, 4, 3}, logits)
	if err != nil {
		t.Fatal(err)
	}
	if got := float64(tensors.ToScalar[float32](out[0])); math.Abs(got-golden.Loss) > 1e-5 {
		t.Errorf("loss %g, want %g", got, golden.Loss)
	}
	within(t, "gradient", tensors.MustCopyFlatData[float32](out[1]), golden.Gradient, 1e-5)
}
