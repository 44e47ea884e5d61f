package imagefolder

import (
	"context"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/cifar"
	"github.com/gocifar/gocifar/cifar/standin"
	"github.com/gocifar/gocifar/layers"
)

func init() {
	if os.Getenv("GOMLX_BACKEND") == "" {
		_ = os.Setenv("GOMLX_BACKEND", "go") // what every machine has
	}
}

func drawings(t testing.TB, n int) string {
	t.Helper()
	drawn := &cifar.Pictures{Examples: standin.Draw(10, n, 0), Classes: cifar.Classes10()}
	root := filepath.Join(t.TempDir(), "ten")
	if err := Write(root, drawn, drawn.Pick(n, 3)...); err != nil {
		t.Fatal(err)
	}
	return root
}

func classifier(t testing.TB) *layers.Model {
	t.Helper()
	m := layers.Sequential("ten", layers.Input(20, 24, 3), layers.Conv2D(4, 3), layers.Flatten(),
		layers.Dense(10).Activation(layers.Softmax))
	if err := m.Compile(layers.Adam(0.01), layers.SparseCategoricalCrossEntropy, layers.Accuracy); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestOpenEqualsLoad trains on pictures that are decoded as they are needed, and
// on the same in memory: to equal weights and figures.
func TestOpenEqualsLoad(t *testing.T) {
	root := drawings(t, 100)
	size := Size(20, 24)
	loaded, err := Load(t.Context(), root, size, CropToAspectRatio())
	if err != nil {
		t.Fatal(err)
	}
	opened, err := Open(root, size, CropToAspectRatio())
	if err != nil {
		t.Fatal(err)
	}
	if opened.Name != "ten" || !slices.Equal(opened.Classes, loaded.Classes) || opened.Train.Len() != loaded.Train.Len() ||
		!slices.Equal(opened.Test.Labels(), loaded.Test.Labels) {
		t.Fatalf("opened %d and %d pictures of %v", opened.Train.Len(), opened.Test.Len(), opened.Classes)
	}
	fit := func(train, test layers.Source) (*layers.History, [][]float32) {
		m := classifier(t)
		h, err := m.Fit(t.Context(), train, layers.Epochs(2), layers.BatchSize(16), layers.ValidationData(test),
			layers.Verbose(layers.Silent))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := m.Predict(t.Context(), test, layers.BatchSize(10))
		if err != nil {
			t.Fatal(err)
		}
		return h, rows
	}
	want, wantRows := fit(loaded.Train.Normalize(255), loaded.Test.Normalize(255))
	got, gotRows := fit(opened.Train.Normalize(255), opened.Test.Normalize(255))
	for name, values := range want.Metrics {
		if !slices.Equal(got.Metrics[name], values) {
			t.Errorf("%s is %v, in memory %v", name, got.Metrics[name], values)
		}
	}
	if !slices.EqualFunc(gotRows, wantRows, slices.Equal) {
		t.Error("other predictions")
	}
}

// TestOpenBadPicture: the picture that cannot be used is named, with the batch.
func TestOpenBadPicture(t *testing.T) {
	root := drawings(t, 60)
	bad := filepath.Join(root, "cat", "bad.png")
	if err := os.WriteFile(bad, encoded(t, "png", plain(30, 30, color.White))[:60], 0o644); err != nil {
		t.Fatal(err)
	}
	opened, err := Open(root, Size(20, 24), ValidationPart(0.01))
	if err != nil {
		t.Fatal(err)
	}
	_, err = classifier(t).Fit(t.Context(), opened.Train, layers.BatchSize(8), layers.Verbose(layers.Silent))
	if err == nil || !strings.Contains(err.Error(), "imagefolder: "+bad+" is no picture that can be used") ||
		!strings.Contains(err.Error(), "the training data: batch ") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range opened.Test.Batches(ctx, layers.Epoch{BatchSize: 4}) {
		if err == nil {
			t.Error("a batch after the end of the context")
		}
	}
	if _, err := Open(filepath.Join(root, "nothing")); err == nil ||
		!strings.Contains(err.Error(), "imagefolder: there is no ") {
		t.Error(err)
	}
	if _, err := Open(root, Size(0, 3)); err == nil || !strings.Contains(err.Error(), "cannot scale pictures") {
		t.Error(err)
	}
}

// TestOpenFingerprint: a run goes on with the same pictures alone.
func TestOpenFingerprint(t *testing.T) {
	root := drawings(t, 40)
	fingerprint := func(options ...Option) string {
		t.Helper()
		opened, err := Open(root, options...)
		if err != nil {
			t.Fatal(err)
		}
		text, err := opened.Train.Fingerprint()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	first := fingerprint()
	if again := fingerprint(); again != first {
		t.Errorf("%s, then %s", first, again)
	}
	if other := fingerprint(Size(20, 20)); other == first {
		t.Error("another size changes nothing")
	}
	moved := filepath.Join(filepath.Dir(root), "moved")
	if err := os.Rename(root, moved); err != nil {
		t.Fatal(err)
	}
	root = moved
	if again := fingerprint(); again != first {
		t.Error("another place of the folder changes something")
	}
	pictures, err := filepath.Glob(filepath.Join(root, "*", "*.png"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range pictures {
		if err := os.WriteFile(path, encoded(t, "png", plain(40, 40, color.Black)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if other := fingerprint(); other == first {
		t.Error("other pictures change nothing")
	}
}
