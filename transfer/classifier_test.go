package transfer

import (
	"testing"

	"github.com/gocifar/gocifar/layers"
)

// TestClassifier trains a head that says nothing of its input, and loads it
// again: both classifiers predict what the composed model does.
func TestClassifier(t *testing.T) {
	t.Setenv("GOCIFAR_RUNS", t.TempDir())
	n := *vgg16
	n.body = func(x layers.Symbol, _ Config) layers.Symbol {
		return layers.MaxPooling2D(8).Named("block1_pool").Apply(layers.Conv2D(2,
			3).Padding(layers.Same).Named("block1_conv1").Apply(x))
	}
	b, err := n.build(t.Context(), Config{InputShape: layers.Shape{32, 32, 3}})
	if err != nil {
		t.Fatal(err)
	}
	head := layers.Sequential("model_4", layers.Flatten(), layers.Dense(3).Activation(layers.Softmax))
	c, err := NewClassifier(b, "block1_pool", head)
	if err != nil {
		t.Fatal(err)
	}
	if c.Name() != "model_4" || c.CountParams() != b.CountParams()+head.CountParams() || b.Trainable() {
		t.Errorf("%s has %d parameters, the network is trainable: %v", c.Name(), c.CountParams(), b.Trainable())
	}
	if err := c.Compile(layers.Adam(0.01), layers.CategoricalCrossEntropy, layers.Accuracy); err != nil {
		t.Fatal(err)
	}
	images := labelled(12, 32).Normalize(255)
	images.Classes = 3
	for i := range images.Labels {
		images.Labels[i] %= 3
	}
	_, err = c.Fit(t.Context(), images, layers.Epochs(2), layers.Verbose(layers.Silent), layers.Run("classifier"))
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := LoadClassifier(b, "block1_pool", "classifier")
	if err != nil {
		t.Fatal(err)
	}
	want, err := c.Model.Predict(t.Context(), images)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*Classifier{"trained": c, "loaded": loaded} {
		got, err := c.Predict(t.Context(), images)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range want {
			for k, p := range row {
				if d := got[i][k] - p; d > 1e-5 || d < -1e-5 {
					t.Fatalf("%s: class %d of image %d has probability %v, want %v", name, k, i, got[i][k], p)
				}
			}
		}
		if logs, err := c.Evaluate(t.Context(), images, layers.Verbose(layers.Silent)); err != nil || logs["loss"] <= 0 {
			t.Errorf("%s: evaluated as %v (%v)", name, logs, err)
		}
	}
}
