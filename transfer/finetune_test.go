package transfer

import (
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers"
)

// TestFineTune trains a head and then the network from block2_conv1 on: the
// layers before it and batch normalization must not change.
func TestFineTune(t *testing.T) {
	b, images := tiny(t, 1), labelled(12, 8).Normalize(255)
	head, err := Head(b, "block2_pool", 3)
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewClassifier(b, "block2_pool", head)
	if err != nil {
		t.Fatal(err)
	}
	fit := func() float64 {
		t.Helper()
		h, err := c.Fit(t.Context(), images, layers.Epochs(3), layers.BatchSize(4), layers.Verbose(layers.Silent))
		if err != nil {
			t.Fatal(err)
		}
		loss, _ := h.Last("loss")
		return loss
	}
	first := fit()
	if err := c.FineTune("block2_conv1"); err != nil {
		t.Fatal(err)
	}
	before := map[string][]float32{}
	for _, v := range b.Variables() {
		before[v.Path] = slices.Clone(flat(t, v))
	}
	if second := fit(); !(second < first) {
		t.Errorf("fine-tuning took the loss from %g to %g", first, second)
	}
	for _, v := range b.Variables() {
		changed := !slices.Equal(before[v.Path], flat(t, v))
		if want := strings.HasPrefix(v.Path, "block2_conv1/"); changed != want {
			t.Errorf("%s changed: %v, want %v", v.Path, changed, want)
		}
	}
	want, err := c.Model.Predict(t.Context(), images)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Predict(t.Context(), images)
	if err != nil || !slices.Equal(got[3], want[3]) {
		t.Errorf("predicted %v, want %v (%v)", got, want, err)
	}
	if err := c.FineTune("block9_conv1"); err == nil || !strings.Contains(err.Error(), "no layer \"block9_conv1\"") {
		t.Errorf("unknown layer: %v", err)
	}
}

// TestThawFrom thaws the last block of ResNet50, and all of it.
func TestThawFrom(t *testing.T) {
	c, err := Config{InputShape: layers.Shape{32, 32, 3}}.complete(resNet50)
	if err != nil {
		t.Fatal(err)
	}
	b := &Backbone{Model: resNet50.model(c)}
	b.SetTrainable(false)
	// Keras: for l in m.layers: l.trainable = l in m.layers[i:] and not isinstance(l, BatchNormalization)
	for from, want := range map[string]int{"": 23481472, "conv5_block1_1_conv": 14953472} {
		if err := b.ThawFrom(from); err != nil {
			t.Fatal(err)
		}
		if got := paramsOf(b.TrainableVariables()); got != want {
			t.Errorf("from %q on: %d trainable parameters, want %d", from, got, want)
		}
	}
}

func flat(t *testing.T, v *layers.Variable) []float32 {
	t.Helper()
	values, err := v.Flat()
	if err != nil {
		t.Fatal(err)
	}
	return values
}
