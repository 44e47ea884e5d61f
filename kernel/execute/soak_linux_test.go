package execute

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/leak"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// TestSoak runs small notebooks on real kernels again and again, for as long as
// GOCIFAR_TEST_SOAK_FOR says ("150s"). At the end there must be as many
// descriptors, goroutines, processes and temporary files as after the first
// round, and the heap must not have grown by more than 2 MB.
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
	count := func() leak.Counts {
		h, err := leak.Own(temp, t.Name()) // the test's own documents lie in folders of its name
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	runs, cells := 0, 0
	var before leak.Counts
	for end := time.Now().Add(length); time.Now().Before(end); {
		for _, spec := range specs {
			c, err := soakOnce(t, spec)
			if err != nil {
				t.Fatalf("run %d, on %s: %v", runs, spec.Name, err)
			}
			runs, cells = runs+1, cells+c
		}
		if before.Heap == 0 {
			before = count()
		}
	}
	after := count()
	t.Logf("%d runs, %d cells; after the first round %v; at the end %v", runs, cells, before, after)
	for _, grown := range after.Grown(before, 2<<20) {
		t.Error("grew: ", grown)
	}
}

// soakOnce runs a notebook that prints, fails, shows, and is stopped.
func soakOnce(t *testing.T, spec *jupyter.Spec) (cells int, err error) {
	t.Helper()
	sources := []string{"print('hello')", "1/0", "from IPython.display import display, HTML\ndisplay(HTML('<b>x</b>'))",
		"import time; time.sleep(60)", "print('end')"}
	if spec.Language == "go" {
		sources = []string{"%%\nfmt.Println(\"hello\")", "!false", "var x int = \"s\"", "%%\ntime.Sleep(time.Minute)",
			"!echo end"}
	}
	nb := document(sources...)
	nb.Cells[3].Metadata().Ensure(metadataKey).Set("timeout", "300ms")
	result, err := runPeer(t, spec, nb, Options{AllowErrors: true})
	if err != nil {
		return 0, err
	}
	if got := states(result); !strings.HasPrefix(got, "ok error ") || !strings.HasSuffix(got, " timeout ok") {
		last := result.Cells[len(sources)-1]
		return 0, fmt.Errorf("states %s; the last cell's failure %+v, outputs %s", got, last.Failure,
			outputsOf(nb.Cells[len(sources)-1]))
	}
	return len(sources), nil
}
