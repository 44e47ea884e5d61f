package transfer

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/kerasfile"
)

// TestArchitectureFiles sends architectures through files, at two sizes of
// images, with weights and statistics unlike those of a new model: Keras builds
// and saves them as .keras, .weights.h5 and .h5, and all have to load here and
// predict what Keras predicts, within 1e-5 of the largest value, or be no more
// than twice as far from float64 as Keras is; those saved here have to do so in
// Keras.
//
// It runs where GOCIFAR_TEST_PYTHON names a Python with Keras, for a few small
// architectures. GOCIFAR_TEST_ARCHITECTURES=all, or names with commas between
// them, chooses others; all of them take an hour and GOMLX_BACKEND=xla:...
func TestArchitectureFiles(t *testing.T) {
	python := os.Getenv("GOCIFAR_TEST_PYTHON")
	if python == "" {
		t.Skip("GOCIFAR_TEST_PYTHON is not set to a Python that has keras and tensorflow")
	}
	names := strings.Split(cmp.Or(os.Getenv("GOCIFAR_TEST_ARCHITECTURES"), "MobileNetV3Small"), ",")
	if names[0] == "all" {
		names = Architectures()
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) { throughFiles(t, python, name) })
	}
}

func throughFiles(t *testing.T, python, name string) {
	folder := t.TempDir()
	peer := exec.CommandContext(t.Context(), python, "testdata/architectures.py", "files", folder, name)
	peer.Stderr = os.Stderr
	stdin, err := peer.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := peer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := peer.Start(); err != nil {
		t.Fatal(err)
	}
	defer peer.Wait()
	defer stdin.Close()
	lines := bufio.NewReader(stdout)
	var models map[string]Config
	readLine(t, lines, &models)
	worst, params := 0.0, 0
	for kind, settings := range models {
		d, n := intoGo(t, name, filepath.Join(folder, kind), settings)
		worst, params = max(worst, d), max(params, n)
	}
	if t.Failed() {
		return
	}
	if _, err := io.WriteString(stdin, "back\n"); err != nil {
		t.Fatal(err)
	}
	back := 0.0
	for range 2 * len(models) {
		var d float64
		readLine(t, lines, &d)
		back = max(back, d)
	}
	if !(back <= 1e-5) {
		t.Errorf("in Keras again, the largest difference is %.2g of the largest value", back)
	}
	// A row of the table in MEASURED.md.
	t.Logf("| %s | %d | %.2g | %.2g |", name, params, worst, back)
}

func readLine(t *testing.T, r *bufio.Reader, into any) {
	t.Helper()
	line, err := r.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, into)
	}
	if err != nil {
		t.Fatalf("Keras says %q: %v", line, err)
	}
}

// intoGo loads the files of one model, compares what they predict with Keras,
// and saves them for Keras.
func intoGo(t *testing.T, name, path string, settings Config) (apart float64, params int) {
	t.Helper()
	loaded, err := kerasfile.LoadModel(path + ".keras")
	if err != nil {
		t.Fatal(err)
	}
	images := &layers.Examples{Shape: settings.InputShape, Floats: readFloats(t, path+".images")}
	want := readFloats(t, path+".predictions")
	got := outputs(t, loaded, images)[0]
	if apart = difference(t, got, want); !(apart <= 1e-5) {
		// Deep networks may round by more: then Keras is as far from float64.
		exact := readFloats(t, path+".exact")
		ours, theirs := difference(t, got, exact), difference(t, want, exact)
		t.Logf("%s: in float64 we are %.2g off, Keras %.2g", filepath.Base(path), ours, theirs)
		if !(ours <= 2*theirs) {
			t.Errorf("%s.keras: the largest difference is %.2g of the largest value", filepath.Base(path), apart)
		}
	}
	// The others hold the same model and weights, to the bit.
	settings.Weights = path + ".weights.h5"
	b, err := New(t.Context(), name, settings)
	if err != nil {
		t.Fatal(err)
	}
	sameModel(t, "weights.h5", b.Model, loaded)
	if _, err := os.Stat(path + ".h5"); err == nil {
		legacy, err := kerasfile.LoadModel(path + ".h5")
		if err != nil {
			t.Fatal(err)
		}
		sameModel(t, "h5", legacy, loaded)
		os.Remove(path + ".h5")
	}
	for _, end := range []string{".keras", ".weights.h5"} {
		os.Remove(path + end)
	}
	saved := filepath.Join(filepath.Dir(path), "go_"+filepath.Base(path))
	if err := kerasfile.SaveModel(loaded, saved+".keras"); err != nil {
		t.Fatal(err)
	}
	if err := kerasfile.SaveWeights(b.Model, saved+".weights.h5"); err != nil {
		t.Fatal(err)
	}
	return apart, b.CountParams()
}

// sameModel compares two models: their layers with shapes and settings, and the
// bits of their weights.
func sameModel(t *testing.T, what string, got, want *layers.Model) {
	t.Helper()
	if a, b := architectureText(t, got), architectureText(t, want); a != b {
		t.Errorf("%s: %s", what, firstDifference(a, b))
	}
	a, err := weightsHash(got)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := weightsHash(want); err != nil || a != b {
		t.Errorf("%s: other weights than in .keras (%v)", what, err)
	}
}

func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d\n got %s\nwant %s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(a), len(b))
}
