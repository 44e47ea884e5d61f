package layers

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gocifar/gocifar/internal/peerdata"
	"github.com/gomlx/gomlx/core/tensors"
)

// The golden files hold what real Keras computes; testdata/make_golden.py makes
// them and says with which versions. The files of families of layers,
// layers_FAMILY.json, are made by golden_FAMILY.py beside it.

// TestGoldenFilesAreKeras computes the golden files anew where there is a real
// Keras: GOCIFAR_TEST_PYTHON names a python that has it.
func TestGoldenFilesAreKeras(t *testing.T) {
	python := os.Getenv("GOCIFAR_TEST_PYTHON")
	if python == "" {
		t.Skip("GOCIFAR_TEST_PYTHON names no python that has keras 3")
	}
	scripts := []string{"testdata/make_golden.py", "testdata/make_golden_training.py"}
	if os.Getenv("GOCIFAR_TEST_GOLDEN") == "all" { // three minutes more
		families, err := filepath.Glob("testdata/golden_*.py")
		if err != nil {
			t.Fatal(err)
		}
		scripts = append(scripts, families...)
	}
	for _, script := range scripts {
		if out, err := exec.Command(python, script, "-check").CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", script, err, out)
		}
	}
}

// goldenArray is a float32 array in a golden file.
type goldenArray struct{ peerdata.Array }

func (a goldenArray) values(t *testing.T) []float32 {
	t.Helper()
	out, err := a.Values()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (a goldenArray) tensor(t *testing.T) *tensors.Tensor {
	t.Helper()
	return tensors.FromFlatDataAndDimensions(a.values(t), a.Shape...)
}

// readGolden decodes a golden file.
func readGolden(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// checkClose compares with a golden array: shapes exactly, values within 1e-5
// of the array's largest one. It returns the largest difference as that share.
func checkClose(t *testing.T, what string, got *tensors.Tensor, want goldenArray) (difference float64) {
	t.Helper()
	return checkWithin(t, what, got, want, 1e-5)
}

// checkWithin is checkClose with another tolerance.
func checkWithin(t *testing.T, what string, got *tensors.Tensor, want goldenArray, tolerance float64) float64 {
	t.Helper()
	return checkAbove(t, what, got, want, tolerance, 1e-3)
}

// checkAbove is checkWithin; an array whose values are all below floor is
// compared as if its largest were floor.
func checkAbove(t *testing.T, what string, got *tensors.Tensor, want goldenArray, tolerance, floor float64) float64 {
	t.Helper()
	if !slices.Equal(got.Shape().Dimensions, want.Shape) {
		t.Errorf("%s has shape %v, Keras' has %v", what, got.Shape().Dimensions, want.Shape)
		return math.Inf(1)
	}
	return compareAbove(t, what, tensors.MustCopyFlatData[float32](got), want.values(t), tolerance, floor)
}

func compare(t *testing.T, what string, got, want []float32, tolerance float64) (difference float64) {
	t.Helper()
	return compareAbove(t, what, got, want, tolerance, 1e-3)
}

func compareAbove(t *testing.T, what string, got, want []float32, tolerance, floor float64) (difference float64) {
	t.Helper()
	largest := floor
	for _, v := range want {
		largest = max(largest, math.Abs(float64(v)))
	}
	for i := range want {
		// written so that NaN fails
		if diff := math.Abs(float64(got[i]) - float64(want[i])); !(diff <= tolerance*largest) {
			t.Errorf("%s[%d] = %g, Keras has %g (off by %.1e of the largest)", what, i, got[i], want[i], diff/largest)
			return diff / largest
		} else {
			difference = max(difference, diff/largest)
		}
	}
	return difference
}
