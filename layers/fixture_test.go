package layers

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/gocifar/gocifar/internal/peerdata"
)

func init() {
	if os.Getenv("GOMLX_BACKEND") == "" {
		_ = os.Setenv("GOMLX_BACKEND", "go") // what every machine has
	}
}

// trainingFormula is make_golden_training.py's.
func trainingFormula(n, salt int) []float32 { return peerdata.Salted(n, salt) }

// setFormula gives kernels the golden script's first values.
func setFormula(t testing.TB, m *Model) {
	t.Helper()
	if err := m.Initialize(); err != nil {
		t.Fatal(err)
	}
	for salt, v := range m.Variables() {
		n := len(v.Shape)
		if n < 2 {
			continue
		}
		fan := float64(v.Shape[n-2] + v.Shape[n-1])
		for _, d := range v.Shape[:n-2] {
			fan *= float64(d)
		}
		scale := float32(math.Sqrt(6 / fan))
		values := trainingFormula(v.Shape.Size(), salt+1)
		for i := range values {
			values[i] *= scale
		}
		if err := v.SetFlat(values); err != nil {
			t.Fatal(err)
		}
	}
}

// smallImages are the golden script's.
func smallImages(n int) *Examples {
	e := &Examples{Shape: []int{8, 8, 3}, Classes: 4}
	noise := trainingFormula(n*192, 77)
	for i := range n {
		class := i * 7 % 4
		e.Labels = append(e.Labels, int32(class))
		for r := range 8 {
			for q := range 8 {
				for c := range 3 {
					v := (noise[i*192+r*24+q*3+c] + 1) * 80
					if r/4 == class/2 && q/4 == class%2 {
						v += 40
					}
					e.Bytes = append(e.Bytes, uint8(v))
				}
			}
		}
	}
	return e.Normalize(255)
}

func smallModel(t testing.TB, batchNorm bool) *Model {
	conv := Conv2D(4, 3).Padding(Same)
	stack := []Layer{Input(8, 8, 3), conv}
	if batchNorm {
		conv.WithoutBias() // see the golden script
		stack = append(stack, BatchNormalization())
	}
	stack = append(stack, LeakyReLU(0.1), MaxPooling2D(2), Flatten(), Dense(8), LeakyReLU(0.1),
		Dense(4).Activation(Softmax))
	m := Sequential("small", stack...)
	setFormula(t, m)
	if err := m.Compile(Adamax(0.005), CategoricalCrossEntropy, Accuracy); err != nil {
		t.Fatal(err)
	}
	return m
}

type goldenFit struct {
	History    map[string][]float64 `json:"history"`
	StepLosses []float64            `json:"step_losses"`
}

var golden = func() (g struct {
	Optimizers map[string]struct {
		Weights []float32      `json:"weights"`
		Config  map[string]any `json:"config"`
	} `json:"optimizers"`
	Fit         goldenFit `json:"fit"`
	FitWeighted goldenFit `json:"fit_class_weight"`
	FitNorm     goldenFit `json:"fit_batch_norm"`
	FitTwice    goldenFit `json:"fit_twice"`
	Mixed       struct {
		Plain   goldenFit      `json:"plain"`
		Norm    goldenFit      `json:"batch_norm"`
		Config  map[string]any `json:"config"`
		Outputs []float64      `json:"outputs"`
	} `json:"fit_mixed"`
	Losses    map[string]json.RawMessage `json:"losses"`
	Callbacks map[string]json.RawMessage `json:"callbacks"`
	Model1    []float64                  `json:"model1_step_losses"`
	LogLines  []struct {
		Steps   int               `json:"steps"`
		Seconds float64           `json:"seconds"`
		Values  map[string]string `json:"values"`
		Line    string            `json:"line"`
	} `json:"log_lines"`
}) {
	data, err := os.ReadFile("testdata/golden_training.json")
	if err != nil {
		panic(err)
	}
	if err := json.Unmarshal(data, &g); err != nil {
		panic(err)
	}
	return g
}()

func near(a, b, relative float64) bool {
	return math.Abs(a-b) <= relative*max(math.Abs(a), math.Abs(b))
}

// dropoutModel has random numbers in its steps.
func dropoutModel(t testing.TB) *Model {
	m := Sequential("small", Input(8, 8, 3), Flatten(), Dense(8), Dropout(0.3), BatchNormalization(),
		Dense(4).Activation(Softmax))
	if err := m.Compile(Adam(0.01), SparseCategoricalCrossEntropy, Accuracy); err != nil {
		t.Fatal(err)
	}
	return m
}

func flat(t testing.TB, m *Model) []float32 {
	w, err := m.weights(nil)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(w...)
}
