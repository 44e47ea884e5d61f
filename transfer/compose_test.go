package transfer

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers"
)

// TestHeadIsTheWalkthroughs: model_4 on VGG16's block3_pool.
func TestHeadIsTheWalkthroughs(t *testing.T) {
	c, err := Config{InputShape: layers.Shape{32, 32, 3}, Pooling: Max}.complete(vgg16)
	if err != nil {
		t.Fatal(err)
	}
	b := &Backbone{Model: vgg16.model(c)}
	b.SetTrainable(false)
	head, err := Head(b, "block3_pool", 10)
	if err != nil {
		t.Fatal(err)
	}
	model4, err := Compose("model_4", b, "block3_pool", head)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range model4.Layers() {
		names = append(names, l.Name())
	}
	want := "input_layer block1_conv1 block1_conv2 block1_pool block2_conv1 block2_conv2 block2_pool " +
		"block3_conv1 block3_conv2 block3_conv3 block3_pool flatten dense dense_1 dropout dense_2 batch_normalization dense_3"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("layers:\n got %s\nwant %s", got, want)
	}
	// 4096*256+256 + 256*128+128 + 128*64+64 + 4*64 + 64*10+10 = 1090890, and VGG16's first three blocks
	if got := model4.CountParams(); got != 1090890+1735488 {
		t.Errorf("%d parameters", got)
	}
	if got := paramsOf(model4.TrainableVariables()); got != 1090890-128 {
		t.Errorf("%d trainable parameters while the network is frozen", got)
	}
	b.SetTrainable(true)
	if got := paramsOf(model4.TrainableVariables()); got != 1090890-128+1735488 {
		t.Errorf("%d trainable parameters after thawing", got)
	}
}

// TestComposeIsHeadOfFeatures: image to probabilities in one model, the same
// as in two steps.
func TestComposeIsHeadOfFeatures(t *testing.T) {
	b, x := tiny(t, 1), labelled(6, 8).Normalize(255)
	head, err := Head(b, "block1_pool", 3)
	if err != nil {
		t.Fatal(err)
	}
	f, _ := features(t, b, "block1_pool", x, CacheIn(t.TempDir()))
	if _, err := head.Fit(t.Context(), f, layers.Epochs(2), layers.BatchSize(3), layers.Verbose(0)); err != nil {
		t.Fatal(err)
	}
	whole, err := Compose("whole", b, "block1_pool", head)
	if err != nil {
		t.Fatal(err)
	}
	want := outputs(t, head, f)[0]
	for i, v := range outputs(t, whole, x)[0] {
		if math.Abs(float64(v-want[i])) > 1e-5 {
			t.Fatalf("probability %d: got %g, want %g", i, v, want[i])
		}
	}
}

// TestFrozenStaysFrozen trains a composed model: the frozen network must not
// change, batch normalization's statistics included; thawed, it must.
func TestFrozenStaysFrozen(t *testing.T) {
	b, x := tiny(t, 1), labelled(12, 8).Normalize(255)
	head, err := Head(b, "block2_pool", 3)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Compose("whole", b, "block2_pool", head)
	if err != nil {
		t.Fatal(err)
	}
	state := func() string {
		sum, err := weightsHash(b.Model)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	fit := func() {
		t.Helper()
		if _, err := whole.Fit(t.Context(), x, layers.Epochs(1), layers.BatchSize(4), layers.Verbose(0)); err != nil {
			t.Fatal(err)
		}
	}
	before := state()
	b.SetTrainable(false)
	fit()
	if state() != before {
		t.Error("training changed the frozen network")
	}
	b.SetTrainable(true)
	if err := whole.Compile(layers.Adamax(1e-3), layers.CategoricalCrossEntropy); err != nil {
		t.Fatal(err)
	}
	fit()
	if state() == before {
		t.Error("fine-tuning left the thawed network as it was")
	}
}

// TestComposedModelComesBack: a run of a composed model, preprocessing
// included, loads again by its name.
func TestComposedModelComesBack(t *testing.T) {
	t.Setenv("GOCIFAR_RUNS", t.TempDir())
	n := *vgg16
	n.body = func(x layers.Symbol, _ Config) layers.Symbol {
		return layers.MaxPooling2D(8).Named("block1_pool").Apply(layers.Conv2D(2,
			3).Padding(layers.Same).Named("block1_conv1").Apply(x))
	}
	b, err := n.build(t.Context(), Config{InputShape: layers.Shape{32, 32, 3}, Preprocess: true})
	if err != nil {
		t.Fatal(err)
	}
	head, err := Head(b, "block1_pool", 3)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Compose("whole", b, "block1_pool", head)
	if err != nil {
		t.Fatal(err)
	}
	x := labelled(6, 32)
	if _, err := whole.Fit(t.Context(), x, layers.Epochs(1), layers.BatchSize(3), layers.Verbose(0),
		layers.Run("whole")); err != nil {
		t.Fatal(err)
	}
	again, err := layers.LoadRun("whole")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := outputs(t, again, x)[0], outputs(t, whole, x)[0]; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestHeadOnInception: both have a batch_normalization; Keras counts on.
func TestHeadOnInception(t *testing.T) {
	c, err := Config{InputShape: layers.Shape{75, 75, 3}}.complete(inceptionV3)
	if err != nil {
		t.Fatal(err)
	}
	b := &Backbone{Model: inceptionV3.model(c)}
	head, err := Head(b, "mixed10", 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := head.GetLayer("batch_normalization_94"); err != nil {
		t.Error(err)
	}
	if _, err := Compose("model_6", b, "mixed10", head); err != nil {
		t.Error(err)
	}
}

func TestComposeRefuses(t *testing.T) {
	b := tiny(t, 1)
	head, err := Head(b, "block1_pool", 3)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Compose("m", b, "block2_pool", head); err == nil ||
		!strings.Contains(err.Error(), "does not fit layer block2_pool") {
		t.Errorf("another tap: %v", err)
	}
	if _, err := Compose("m", b, "block9_pool", head); err == nil || !strings.Contains(err.Error(), "usual taps") {
		t.Errorf("unknown tap: %v", err)
	}
	if _, err := Head(b, "block1_pool", 0); err == nil || !strings.Contains(err.Error(), "units must be at least 1") {
		t.Errorf("no classes: %v", err)
	}
}
