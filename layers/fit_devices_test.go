package layers

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// withFourDevices runs the test once more in a process of its own, where a CPU
// stands for four devices: XLA counts its devices when it is loaded. It returns
// true in that process.
func withFourDevices(t *testing.T) bool {
	t.Helper()
	onXLACPU(t)
	if os.Getenv("LAYERS_TEST_DEVICES") != "" {
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "LAYERS_TEST_DEVICES=1",
		"XLA_FLAGS="+os.Getenv("XLA_FLAGS")+" --xla_force_host_platform_device_count=4")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
	return false
}

// TestDataParallel trains on one, two and four devices of one CPU: convolutions,
// batch normalization, dropout, class weights, a partial last batch, a callback
// that restores weights in between, and a second fit.
func TestDataParallel(t *testing.T) {
	if !withFourDevices(t) {
		return
	}
	if n := testBackend(t).NumDevices(); n != 4 {
		t.Fatalf("XLA offers %d devices", n)
	}
	for name, c := range map[string]struct {
		model     func(testing.TB) *Model
		devices   int
		tolerance float64
	}{
		"dropout, statistics":                       {dropoutModel, 4, 2e-5},
		"convolution, statistics":                   {func(t testing.TB) *Model { return smallModel(t, true) }, 2, 2e-5},
		"bfloat16":                                  {func(t testing.TB) *Model { return mixedModel(t, false) }, 2, 0.01},
		"metrics with a state, groups of variables": {statesModel, 2, 2e-5},
	} {
		losses := map[int][]float64{}
		weights := map[int][]float32{}
		for _, n := range []int{1, c.devices} {
			m := c.model(t)
			steps := &stepLosses{batch: 16, n: 90}
			o := []Option{DataParallel(n), BatchSize(16), Epochs(2), ValidationSplit(0.1), Seed(3), Verbose(Silent),
				ClassWeights(map[int]float64{1: 0.5}), Callbacks(steps)}
			_, err := m.Fit(t.Context(), smallImages(100), o...)
			if err == nil { // weights from outside between two fits
				err = m.setWeights(must2(m.weights(nil)))
			}
			if err == nil {
				_, err = m.Fit(t.Context(), smallImages(100), append(o, InitialEpoch(2), Epochs(3))...)
			}
			if err != nil {
				t.Fatalf("%s on %d devices: %v", name, n, err)
			}
			losses[n], weights[n] = steps.losses, flat(t, m)
		}
		n, worst, apart := c.devices, 0.0, 0.0
		for i, l := range losses[1] {
			worst = max(worst, math.Abs(l-losses[n][i]))
		}
		for i, w := range weights[1] {
			apart = max(apart, math.Abs(float64(w-weights[n][i])))
		}
		t.Logf("%s on %d devices: largest difference of %d losses %.2g, of a weight %.2g", name, n,
			len(losses[1]), worst, apart)
		if len(losses[n]) != 18 || !(worst < c.tolerance) {
			t.Errorf("%s: losses on %d devices %v, on one %v", name, n, losses[n], losses[1])
		}
	}
	refused(t, "BatchSize is 18", DataParallel(4), BatchSize(18))
	refused(t, "wants 5 devices, backend xla has 4; on a CPU, XLA_FLAGS=--xla_force_host_platform_device_count=5",
		DataParallel(5), BatchSize(20))
}

// TestTooFewDevices: every backend says so.
func TestTooFewDevices(t *testing.T) {
	n := testBackend(t).NumDevices() + 1
	refused(t, fmt.Sprintf("DataParallel(%d) wants %d devices", n, n), DataParallel(n))
	refused(t, "at least 1", DataParallel(0))
}

func refused(t *testing.T, want string, o ...Option) {
	t.Helper()
	m := smallModel(t, false)
	before := flat(t, m)
	_, err := m.Fit(t.Context(), smallImages(40), append(o, Verbose(Silent))...)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want an error with %q", err, want)
	}
	if errors.Is(err, ErrInterrupted) || !slices.Equal(flat(t, m), before) {
		t.Error("the refused fit changed weights")
	}
}

func must2(w [][]float32, err error) [][]float32 {
	if err != nil {
		panic(err)
	}
	return w
}
