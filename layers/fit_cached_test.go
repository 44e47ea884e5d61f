package layers

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/internal/xlaflags"
)

// TestFitAgainFromCompiled fits in one process after the other: the second
// finds the first one's programs on disk, the third may not. All end with the
// same weights, bit for bit.
func TestFitAgainFromCompiled(t *testing.T) {
	const role = "LAYERS_TEST_COMPILED"
	if os.Getenv(role) != "" {
		m := smallModel(t, true)
		h, err := m.Fit(t.Context(), smallImages(100), Epochs(2), BatchSize(8), ValidationSplit(0.1),
			Seed(7), Verbose(Silent))
		if err != nil {
			t.Fatal(err)
		}
		weights, err := binary.Append(nil, binary.LittleEndian, flat(t, m))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("weights %08x history %v\n", crc32.ChecksumIEEE(weights), h.Metrics)
		return
	}
	backend := os.Getenv("GOMLX_BACKEND")
	if !strings.HasPrefix(backend, "xla:/") {
		t.Skip("wants GOMLX_BACKEND=xla:/….so")
	}
	dir, flags := t.TempDir(), ""
	fit := func(cache string) string {
		cmd := exec.Command(os.Args[0], "-test.run=^TestFitAgainFromCompiled$")
		cmd.Env = append(os.Environ(), role+"=1", "GOCIFAR_XLA_CACHE="+cache, "XLA_FLAGS="+flags)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), "weights ") {
			t.Fatalf("%v\n%s", err, out)
		}
		line, _, _ := strings.Cut(string(out), "\n")
		return line
	}
	first := fit(dir)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("training and validation left %d files, %v", len(files), err)
	}
	if again := fit(dir); again != first {
		t.Errorf("from compiled programs: %s\ncompiled just before: %s", again, first)
	}
	if now, _ := filepath.Glob(filepath.Join(dir, "*")); len(now) != len(files) {
		t.Errorf("the second process compiled again: %d files, then %d", len(files), len(now))
	}
	if !strings.Contains(backend, "cpu") {
		// Compiled anew, a GPU may use other algorithms. With set-up's flags
		// not every program is kept.
		flags, dir = xlaflags.ConvolutionGraphs, t.TempDir()
		fit(dir)
		fit(dir)
		return
	}
	if off := fit("off"); off != first {
		t.Errorf("without a cache: %s\nwith one: %s", off, first)
	}
}
