package transfer

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers"
)

// tiny is a network of two blocks, quick to run on any backend.
func tiny(t *testing.T, seed int64) *Backbone {
	t.Helper()
	m := layers.Sequential("tiny",
		layers.Input(8, 8, 3),
		layers.Conv2D(4, 3).Padding(layers.Same).Activation(layers.Relu).Named("block1_conv1"),
		layers.BatchNormalization().Named("block1_norm"),
		layers.MaxPooling2D(2).Named("block1_pool"),
		layers.Conv2D(5, 3).Activation(layers.Relu).Named("block2_conv1"),
		layers.MaxPooling2D(2).Named("block2_pool"),
	).Seed(seed)
	if err := m.Initialize(); err != nil {
		t.Fatal(err)
	}
	return &Backbone{Model: m}
}

func labelled(n, size int) *layers.Examples {
	x := formulaImages(n, size)
	x.Classes = 3
	for i := range n {
		x.Labels = append(x.Labels, int32(i%3))
	}
	return x
}

// quiet collects progress instead of showing it.
func quiet(seen *[]FeatureProgress) FeatureOption {
	return OnProgress(func(p FeatureProgress) { *seen = append(*seen, p) })
}

func features(t *testing.T, b *Backbone, tap string, x *layers.Examples, options ...FeatureOption) (*layers.Examples,
	[]FeatureProgress) {
	t.Helper()
	var seen []FeatureProgress
	f, err := Features(t.Context(), b, tap, x, append([]FeatureOption{quiet(&seen), Float32()}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return f, seen
}

func TestFeatures(t *testing.T) {
	b, x := tiny(t, 1), labelled(23, 8).Normalize(255)
	folder := t.TempDir()
	f, seen := features(t, b, "block1_pool", x, Batch(5), CacheIn(folder))
	if !slices.Equal(f.Shape, []int{4, 4, 4}) || f.Len() != 23 || !slices.Equal(f.Labels, x.Labels) || f.Classes != 3 {
		t.Fatalf("got %d examples of %v, %d classes, labels %v", f.Len(), f.Shape, f.Classes, f.Labels)
	}
	want := outputs(t, b.Tap("block1_pool"), x)[0]
	for i, v := range f.Floats {
		if math.Abs(float64(v-want[i])) > 1e-6 {
			t.Fatalf("value %d: got %g, want %g", i, v, want[i])
		}
	}
	if last := seen[len(seen)-1]; last != (FeatureProgress{Done: 23, Total: 23}) {
		t.Errorf("last progress %+v", last)
	}
	again, seen := features(t, b, "block1_pool", x, Batch(7), CacheIn(folder))
	if len(seen) > 0 || !slices.Equal(again.Floats, f.Floats) {
		t.Errorf("a warm cache computed again: %+v", seen)
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "features", "*.part")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestFeaturesInBFloat16: about two digits of the float32 features, in a file
// of their own.
func TestFeaturesInBFloat16(t *testing.T) {
	b, x, folder := tiny(t, 1), labelled(4, 8).Normalize(255), t.TempDir()
	full, _ := features(t, b, "block1_pool", x, CacheIn(folder))
	rough, seen := features(t, b, "block1_pool", x, CacheIn(folder), BFloat16())
	if len(seen) == 0 || slices.Equal(full.Floats, rough.Floats) {
		t.Error("the float32 features were taken")
	}
	if d := difference(t, rough.Floats, full.Floats); d > 0.02 {
		t.Errorf("the largest difference is %.2g of the largest value", d)
	}
}

// TestFeaturesKey: what changes the numbers needs a file of its own, what does
// not must find the old one.
func TestFeaturesKey(t *testing.T) {
	folder, x := t.TempDir(), labelled(4, 8)
	options := []FeatureOption{CacheIn(folder), Batch(4)}
	features(t, tiny(t, 1), "block1_pool", x, options...)
	for name, c := range map[string]struct {
		b    func() *Backbone
		tap  string
		x    *layers.Examples
		same bool
	}{
		"same":          {func() *Backbone { return tiny(t, 1) }, "block1_pool", x, true},
		"frozen":        {func() *Backbone { b := tiny(t, 1); b.SetTrainable(false); return b }, "block1_pool", x, true},
		"other labels":  {func() *Backbone { return tiny(t, 1) }, "block1_pool", formulaImages(4, 8), true},
		"other weights": {func() *Backbone { return tiny(t, 2) }, "block1_pool", x, false},
		"other tap":     {func() *Backbone { return tiny(t, 1) }, "block2_conv1", x, false},
		"other scale":   {func() *Backbone { return tiny(t, 1) }, "block1_pool", x.Normalize(255), false},
		"other images":  {func() *Backbone { return tiny(t, 1) }, "block1_pool", labelled(5, 8), false},
		"result":        {func() *Backbone { return tiny(t, 1) }, "", x, false},
	} {
		t.Run(name, func(t *testing.T) {
			if _, seen := features(t, c.b(), c.tap, c.x, options...); (len(seen) == 0) != c.same {
				t.Errorf("found in the cache: %v, want %v", len(seen) == 0, c.same)
			}
		})
	}
}

// TestFeaturesResume interrupts a run; the next one goes on.
func TestFeaturesResume(t *testing.T) {
	b, x, folder := tiny(t, 1), labelled(40, 8), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Features(ctx, b, "block1_pool", x, Float32(), Batch(4), CacheIn(folder), OnProgress(func(p FeatureProgress) {
		if p.Done == 20 {
			cancel()
		}
	}))
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	f, seen := features(t, b, "block1_pool", x, Batch(4), CacheIn(folder))
	if seen[0].Resumed < 20 || seen[0].Resumed >= 40 {
		t.Errorf("resumed with %d of 40", seen[0].Resumed)
	}
	// XLA rounds differently in batches of another size, so the reference is
	// an uninterrupted pass in the same batches.
	whole, _ := features(t, b, "block1_pool", x, Batch(4), CacheIn(t.TempDir()))
	if !slices.Equal(f.Floats, whole.Floats) {
		t.Error("the resumed features differ from those of an uninterrupted pass")
	}
}

func TestFeaturesRefuse(t *testing.T) {
	pre, err := vgg16.build(t.Context(), Config{InputShape: layers.Shape{32, 32, 3}, Preprocess: true})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		b       *Backbone
		tap     string
		x       *layers.Examples
		options []FeatureOption
		want    string
	}{
		"unknown tap": {tiny(t, 1), "block9_pool", labelled(1, 8), nil,
			`no layer "block9_pool"; its usual taps are block1_pool, block2_pool`},
		"wrong shape": {tiny(t, 1), "block1_pool", labelled(1, 9), nil,
			"wants images of shape (None, 8, 8, 3), got (None, 9, 9, 3)"},
		"no examples": {tiny(t, 1), "block1_pool", &layers.Examples{Shape: []int{8, 8, 3}}, nil, "no examples"},
		"nil":         {nil, "block1_pool", labelled(1, 8), nil, "no network"},
		"batch":       {tiny(t, 1), "block1_pool", labelled(1, 8), []FeatureOption{Batch(0)}, "at least 1, got 0"},
		"scaled twice": {pre, "block1_pool", labelled(1, 32).Normalize(255), nil,
			"reads pixels of 0 to 255, but these examples are scaled by 0.003"},
		"cache is a file": {tiny(t, 1), "block1_pool", labelled(1, 8), []FeatureOption{CacheIn(file)}, "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Features(t.Context(), c.b, c.tap, c.x, c.options...); err == nil ||
				!strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestTaps(t *testing.T) {
	for name, want := range map[string]string{
		"vgg16":        "block1_pool block2_pool block3_pool block4_pool block5_pool global_max_pooling2d",
		"inception_v3": "mixed0 mixed1 mixed2 mixed3 mixed4 mixed5 mixed6 mixed7 mixed8 mixed9 mixed10 global_max_pooling2d",
		"resnet50v2": "pool1_pool conv2_block1_out conv2_block2_out conv2_block3_out conv3_block1_out conv3_block2_out " +
			"conv3_block3_out " +
			"conv3_block4_out conv4_block1_out conv4_block2_out conv4_block3_out conv4_block4_out conv4_block5_out " +
			"conv4_block6_out " +
			"conv5_block1_out conv5_block2_out conv5_block3_out post_relu max_pool",
	} {
		n := networks[name]
		c, err := Config{InputShape: layers.Shape{n.minSize, n.minSize, 3}, Pooling: Max}.complete(n)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join((&Backbone{Model: n.model(c)}).Taps(), " "); got != want {
			t.Errorf("%s: got %s", name, got)
		}
	}
}
