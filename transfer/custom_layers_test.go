package transfer

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// TestCustomLayersComeBack: the layers that Keras keeps beside ConvNeXt and
// InceptionResNetV2 have the form of Keras' files.
func TestCustomLayersComeBack(t *testing.T) {
	x := layers.Input(4, 4, 3)
	scaled := newLayerScale(0.5, 3).Named("scale").Apply(x)
	deep := newStochasticDepth(0.25).Named("depth").Apply(scaled)
	m := layers.Functional("m", layers.Symbols{x}, layers.Symbols{newCustomScale(0.17).Named("sum").Apply(x, deep)})
	if err := m.Err(); err != nil {
		t.Fatal(err)
	}
	saved, err := json.Marshal(m.KerasConfig())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"module":"keras.src.applications.convnext"`, `"registered_name":"LayerScale"`,
		`"init_values":0.5`, `"projection_dim":3`, `"drop_path_rate":0.25`,
		`"module":"keras.src.applications.inception_resnet_v2"`, `"scale":0.17`,
	} {
		if !strings.Contains(string(saved), want) {
			t.Errorf("no %s in %s", want, saved)
		}
	}
	var config map[string]any
	if err := json.Unmarshal(saved, &config); err != nil {
		t.Fatal(err)
	}
	again, err := layers.ModelFromConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	if got := architectureText(t, again); got != architectureText(t, m) {
		t.Errorf("got %s", got)
	}
	for want, wrong := range map[string]*layers.Tensor{
		"wants an input of 2 channels": newLayerScale(1, 2).Apply(x),
		"drop_path_rate must be":       newStochasticDepth(1).Apply(x),
		"wants 2 inputs of one shape":  newCustomScale(1).Apply(x),
	} {
		if err := layers.Functional("m", layers.Symbols{x}, layers.Symbols{wrong}).Err(); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestStochasticDepth: in training a quarter of the examples is dropped as a
// whole and the rest is 4/3 as large; otherwise nothing changes.
func TestStochasticDepth(t *testing.T) {
	backend, err := layers.Backend()
	if err != nil {
		t.Fatal(err)
	}
	const examples = 4000
	ones := make([]float32, 2*examples)
	for i := range ones {
		ones[i] = 1
	}
	for _, training := range []bool{false, true} {
		result := graph.MustExecOnce(backend, func(x *graph.Node) *graph.Node {
			c := layers.NewPass(x.Graph(), training, nil, graph.Scalar(x.Graph(), dtypes.Uint32, uint32(5)))
			return newStochasticDepth(0.25).Call(c, []*graph.Node{x})
		}, tensors.FromFlatDataAndDimensions(ones, examples, 2))
		dropped := 0
		for i, y := range tensors.MustCopyFlatData[float32](result) {
			switch {
			case training && y == 0:
				dropped++
			case training && math.Abs(float64(y)-4./3) > 1e-6, !training && y != 1:
				t.Fatalf("training %v: value %d is %g", training, i, y)
			}
		}
		if share := float64(dropped) / (2 * examples); training && math.Abs(share-0.25) > 0.03 {
			t.Errorf("%g of the values are dropped", share)
		}
	}
}
