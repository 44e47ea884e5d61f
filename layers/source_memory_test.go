//go:build linux

package layers

import (
	"context"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// synthetic are batches of images that are made as they are needed: of two
// classes, which differ in their mean.
type synthetic struct{ batches int }

const syntheticBatch, syntheticSide = 256, 64

// syntheticBytes is the size of a batch.
const syntheticBytes = syntheticBatch * syntheticSide * syntheticSide * 3 * 4

func (s synthetic) Len() int { return s.batches * syntheticBatch }

func (s synthetic) Batches(_ context.Context, epoch Epoch) iter.Seq2[*Examples, error] {
	return func(yield func(*Examples, error) bool) {
		e := &Examples{Shape: []int{syntheticSide, syntheticSide, 3}, Classes: 2, Labels: make([]int32, syntheticBatch)}
		e.Floats = make([]float32, syntheticBytes/4)
		state := epoch.Rand().Uint64() | 1
		for range s.batches {
			size := len(e.Floats) / syntheticBatch
			for i := range e.Floats {
				state ^= state << 13
				state ^= state >> 7
				state ^= state << 17
				e.Labels[i/size] = int32(i / size % 2)
				e.Floats[i] = float32(state>>40)/(1<<24) + 0.1*float32(i/size%2)
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// syntheticFit trains on so many batches, and prints what TestSourceMemory reads.
func syntheticFit(t *testing.T, batches int) {
	stack := []Layer{Input(syntheticSide, syntheticSide, 3)}
	if strings.HasPrefix(os.Getenv("GOMLX_BACKEND"), "xla") { // Go's convolutions take minutes for these
		stack = append(stack, Conv2D(16, 4).Strides(4).Activation(Relu), Conv2D(32, 3).Activation(Relu))
	}
	m := Sequential("synthetic", append(stack, GlobalAveragePooling2D(), Dense(2).Activation(Softmax))...)
	if err := m.Compile(Adam(0.01), SparseCategoricalCrossEntropy, Accuracy); err != nil {
		t.Fatal(err)
	}
	var waited time.Duration
	look := OnEpochEnd(func(t *Training, _ int, _ Logs) error { waited = t.Waited; return nil })
	if _, err := m.Fit(t.Context(), synthetic{1}, Verbose(Silent)); err != nil { // compiles
		t.Fatal(err)
	}
	started := time.Now()
	h, err := m.Fit(t.Context(), synthetic{batches}, Verbose(Silent), Callbacks(look))
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(started)
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	peak := regexp.MustCompile(`VmHWM:\s*(\d+) kB`).FindSubmatch(status)
	if peak == nil {
		t.Fatalf("no VmHWM in\n%s", status)
	}
	fmt.Printf("peak %s KiB, accuracy %.3f, busy %.3f\n", peak[1], h.Metrics["accuracy"][0],
		1-float64(waited)/float64(took))
}

// TestSourceMemory trains on more bytes than the memory that this takes, beyond
// that of a training on one batch: GOCIFAR_TEST_SOURCE_BYTES, or 500 MB.
func TestSourceMemory(t *testing.T) {
	if n, err := strconv.Atoi(os.Getenv("LAYERS_TEST_BATCHES")); err == nil {
		syntheticFit(t, n)
		return
	}
	bytes := 450e6
	if all, err := strconv.ParseFloat(os.Getenv("GOCIFAR_TEST_SOURCE_BYTES"), 64); err == nil {
		bytes = all
	}
	batches := int(bytes / syntheticBytes)
	var peaks []int
	for _, n := range []int{1, batches} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSourceMemory$", "-test.timeout=2h")
		cmd.Env = append(os.Environ(), "LAYERS_TEST_BATCHES="+strconv.Itoa(n))
		out, err := cmd.CombinedOutput()
		found := regexp.MustCompile(`peak (\d+) KiB.*`).FindSubmatch(out)
		if err != nil || found == nil {
			t.Fatalf("%v\n%s", err, out)
		}
		peak, err := strconv.Atoi(string(found[1]))
		if err != nil {
			t.Fatal(err)
		}
		peaks = append(peaks, peak)
		t.Logf("%d batches, %.2f GB: %s", n, float64(n)*syntheticBytes/1e9, strings.TrimSpace(string(found[0])))
	}
	const limit = 400 << 20
	if more := (peaks[1] - peaks[0]) << 10; more > limit {
		t.Errorf("%d batches of %d bytes took %d bytes more than one; want at most %d", batches, syntheticBytes, more, limit)
	}
}
