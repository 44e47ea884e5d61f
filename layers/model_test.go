package layers

import (
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// testBackend is the backend of GOMLX_BACKEND, the pure-Go one without it: these
// tests run where no PJRT plugin is.
func testBackend(t testing.TB) compute.Backend {
	t.Helper()
	backend, err := Backend()
	if err != nil {
		t.Fatal(err)
	}
	return backend
}

// forward executes a forward pass of a model on values of the given batch.
func forward(t *testing.T, m *Model, training bool, seed uint32, in ...*tensors.Tensor) []*tensors.Tensor {
	t.Helper()
	if err := m.InitializeMissing(); err != nil {
		t.Fatal(err)
	}
	variables := m.Variables()
	args := []any{seed}
	for _, v := range variables {
		args = append(args, v.Value)
	}
	for _, x := range in {
		args = append(args, x)
	}
	exec, err := graph.NewExec(testBackend(t), func(nodes []*graph.Node) []*graph.Node {
		byVariable := map[*Variable]*graph.Node{}
		for i, v := range variables {
			byVariable[v] = nodes[1+i]
		}
		c := NewPass(nodes[0].Graph(), training, func(v *Variable) *graph.Node { return byVariable[v] }, nodes[0])
		return m.Forward(c, nodes[1+len(variables):]...)
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Call(args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func walkthroughModel1() *Model {
	return Sequential("model_1",
		Input(32, 32, 3),
		Conv2D(16, 3).Padding(Same),
		LeakyReLU(0.1),
		Conv2D(32, 3).Padding(Same),
		LeakyReLU(0.1),
		MaxPooling2D(2),
		Flatten(),
		Dense(256),
		LeakyReLU(0.1),
		Dropout(0.5),
		Dense(10).Activation(Softmax),
	)
}

func TestSequentialBuilds(t *testing.T) {
	m := walkthroughModel1()
	if err := m.Err(); err != nil {
		t.Fatal(err)
	}
	if got := m.CountParams(); got != 2105066 {
		t.Errorf("parameters: got %d, want 2105066", got)
	}
	var names []string
	for _, l := range m.Layers() {
		names = append(names, l.Name())
	}
	want := "conv2d leaky_re_lu conv2d_1 leaky_re_lu_1 max_pooling2d flatten dense leaky_re_lu_2 dropout dense_1"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("names:\n got %s\nwant %s", got, want)
	}
	if v := m.Variables()[2]; v.Path != "conv2d_1/kernel" || !v.Shape.Equal(Shape{3, 3, 16, 32}) {
		t.Errorf("third variable is %s %v", v.Path, v.Shape)
	}
}

func TestForwardGivesProbabilities(t *testing.T) {
	x := tensors.FromFlatDataAndDimensions(make([]float32, 2*32*32*3), 2, 32, 32, 3)
	for _, training := range []bool{false, true} {
		out := forward(t, walkthroughModel1(), training, 1, x)[0]
		var sum float32
		for _, p := range tensors.MustCopyFlatData[float32](out)[:10] {
			sum += p
		}
		if sum < 0.9999 || sum > 1.0001 {
			t.Errorf("training %v: probabilities add up to %g", training, sum)
		}
	}
}

func TestErrorsNameTheLayer(t *testing.T) {
	for _, c := range []struct {
		name  string
		model *Model
		want  string
	}{
		{"dense units", Sequential("m", Input(4), Dense(0)), `model "m": layer dense (Dense): units must be at least 1, got 0`},
		{"pool too large", Sequential("m", Input(3, 3, 1), MaxPooling2D(2), MaxPooling2D(2)),
			`layer max_pooling2d_1 (MaxPooling2D): height: a window of 2 does not fit into 1 with padding "valid"`},
		{"conv on vectors", Sequential("m", Input(3), Conv2D(1, 3)),
			"layer conv2d (Conv2D): wants images (None, height, width, channels), got (None, 3)"},
		{"no layers", Sequential("m"), "at least 1 layer"},
		{"same names", Sequential("m", Input(3), Dense(1).Named("a"), Dense(1).Named("a")), `two layers are named "a"`},
	} {
		if err := c.model.Err(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\n got %v\nwant %s", c.name, err, c.want)
		}
	}
}
