package execute

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// TestSoak runs small notebooks on real kernels again and again, for as long as GOCIFAR_TEST_SOAK_FOR says ("150s"). At
// the end there must be as many descriptors, goroutines, processes and temporary files as after the first round, and the
// heap must not have grown by more than 2 MB.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("GOCIFAR_TEST_SOAK_FOR"))
	if err != nil {
		t.Skip("runs for minutes: set GOCIFAR_TEST_SOAK_FOR to a duration such as 150s")
	}
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	var specs []*jupyter.Spec
	t.Run("kernels", func(t *testing.T) { specs = append(specs, pythonSpec(t)) })
	t.Run("kernels", func(t *testing.T) { specs = append(specs, gonbSpec(t)) })
	if len(specs) == 0 {
		t.Skip("no kernel to run: see peers_test.go")
	}
	runs, cells := 0, 0
	var before holdings
	for end := time.Now().Add(length); time.Now().Before(end); {
		for _, spec := range specs {
			c, err := soakOnce(t, spec)
			if err != nil {
				t.Fatalf("run %d, on %s: %v", runs, spec.Name, err)
			}
			runs, cells = runs+1, cells+c
		}
		if before.heap == 0 {
			before = held(t, temp)
		}
	}
	after := held(t, temp)
	t.Logf("%d runs, %d cells; after the first round %v; at the end %v", runs, cells, before, after)
	if after.descriptors > before.descriptors || after.goroutines > before.goroutines || after.processes > before.processes ||
		after.temporary > before.temporary || after.heap > before.heap+2<<20 {
		t.Errorf("something grew: after the first round %v; at the end %v", before, after)
	}
}

// soakOnce runs a notebook that prints, fails, shows, and is stopped.
func soakOnce(t *testing.T, spec *jupyter.Spec) (cells int, err error) {
	t.Helper()
	sources := []string{"print('hello')", "1/0", "from IPython.display import display, HTML\ndisplay(HTML('<b>x</b>'))", "import time; time.sleep(60)", "print('end')"}
	if spec.Language == "go" {
		sources = []string{"%%\nfmt.Println(\"hello\")", "!false", "var x int = \"s\"", "%%\ntime.Sleep(time.Minute)", "!echo end"}
	}
	nb := document(sources...)
	nb.Cells[3].Metadata().Ensure(metadataKey).Set("timeout", "300ms")
	result, err := runPeer(t, spec, nb, Options{AllowErrors: true})
	if err != nil {
		return 0, err
	}
	if got := states(result); !strings.HasPrefix(got, "ok error ") || !strings.HasSuffix(got, " timeout ok") {
		last := result.Cells[len(sources)-1]
		return 0, fmt.Errorf("states %s; the last cell's failure %+v, outputs %s", got, last.Failure, outputsOf(nb.Cells[len(sources)-1]))
	}
	return len(sources), nil
}

// holdings are what this process holds, and what it left elsewhere.
type holdings struct {
	heap                                          uint64
	descriptors, goroutines, processes, temporary int
}

func (h holdings) String() string {
	return fmt.Sprintf("heap %.1f MB, %d descriptors, %d goroutines, %d processes, %d temporary files", float64(h.heap)/1e6,
		h.descriptors, h.goroutines, h.processes, h.temporary)
}

func held(t *testing.T, temp string) holdings {
	t.Helper()
	var h holdings
	for range 20 { // what was told to end may need a moment
		runtime.GC()
		time.Sleep(100 * time.Millisecond)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.heap, h.goroutines = m.HeapAlloc, runtime.NumGoroutine()
	descriptors, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	h.descriptors = len(descriptors)
	h.processes = processesIn(temp)
	filepath.WalkDir(temp, func(path string, _ os.DirEntry, err error) error {
		below, relErr := filepath.Rel(temp, path)
		// The test's own documents lie in folders of its name.
		if err == nil && relErr == nil && below != "." && !strings.HasPrefix(below, t.Name()) {
			h.temporary++
		}
		return nil
	})
	return h
}

// processesIn counts processes whose environment names the folder: the kernels', with all that they started.
func processesIn(temp string) int {
	count := 0
	entries, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, entry := range entries {
		environ, err := os.ReadFile(entry)
		if err == nil && bytes.Contains(environ, []byte(temp)) {
			count++
		}
	}
	return count
}
