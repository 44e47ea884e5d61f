package layers

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/internal/xlaflags"
)

// cifarBatch reads the first n images of data_batch_1 from the archive that
// CIFAR10_DIR names, or skips.
func cifarBatch(tb testing.TB, n int) *Examples {
	tb.Helper()
	path := os.Getenv("CIFAR10_DIR")
	if !strings.HasSuffix(path, ".tar.gz") || !strings.HasPrefix(os.Getenv("GOMLX_BACKEND"), "xla") {
		tb.Skip("wants CIFAR10_DIR=…/cifar-10-binary.tar.gz and GOMLX_BACKEND=xla:…")
	}
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err != nil {
			tb.Fatal(err)
		}
		if !strings.HasSuffix(h.Name, "data_batch_1.bin") {
			continue
		}
		rows := min(n, 10000) // what a batch has
		raw := make([]byte, rows*3073)
		if _, err := io.ReadFull(r, raw); err != nil {
			tb.Fatal(err)
		}
		e := &Examples{Shape: []int{32, 32, 3}, Classes: 10, Bytes: make([]byte, n*3072)}
		for i := range n {
			row := raw[i%rows*3073:]
			e.Labels = append(e.Labels, int32(row[0]))
			for c := range 3 {
				for p := range 1024 {
					e.Bytes[i*3072+p*3+c] = row[1+c*1024+p]
				}
			}
		}
		return e.Normalize(255)
	}
}

// walkthrough1 is the walkthrough's first model.
func walkthrough1(tb testing.TB) *Model {
	m := Sequential("model_1", Input(32, 32, 3),
		Conv2D(16, 3).Padding(Same), LeakyReLU(0.1), Conv2D(32, 3).Padding(Same), LeakyReLU(0.1),
		MaxPooling2D(2), Flatten(), Dense(256), LeakyReLU(0.1), Dense(10).Activation(Softmax))
	setFormula(tb, m)
	if err := m.Compile(Adamax(0.005), CategoricalCrossEntropy, Accuracy); err != nil {
		tb.Fatal(err)
	}
	return m
}

// TestModel1StepLossesAsKeras: the first 20 steps on real images. Training
// amplifies rounding, after the first steps' large losses tenfold in some three
// steps: with XLA's own convolutions the last losses differ by 2e-5 from Keras',
// with oneDNN's, whose gradients are as accurate, by 4e-4.
func TestModel1StepLossesAsKeras(t *testing.T) {
	steps := &stepLosses{batch: 32, n: 640}
	if _, err := walkthrough1(t).Fit(t.Context(), cifarBatch(t, 640), Shuffle(false), Verbose(Silent),
		Callbacks(steps)); err != nil {
		t.Fatal(err)
	}
	first, worst := 0.0, 0.0
	for i, want := range golden.Model1 {
		worst = max(worst, math.Abs(steps.losses[i]-want))
		if i == 6 {
			first = worst
		}
	}
	t.Logf("largest difference of a step's loss in 7 steps: %.2g, in %d: %.2g", first, len(golden.Model1), worst)
	limit := 1e-4
	if xlaflags.HasOneDNN() {
		limit = 1e-3
	}
	if len(golden.Model1) != 20 || first > 2e-5 || worst > limit {
		t.Errorf("losses\n%v, Keras has\n%v", steps.losses, golden.Model1)
	}
}
