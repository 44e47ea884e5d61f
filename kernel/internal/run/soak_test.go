package run

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/leak"
)

// TestSoak runs `kernel run` on the notebooks of a folder again and again, in
// this process, for as long as GOCIFAR_TEST_SOAK_FOR says ("1h"), and is then
// interrupted; the folder is GOCIFAR_TEST_SOAK_NOTEBOOKS, the data
// GOCIFAR_TEST_SOAK_DATA, as for -data. Every run must succeed. What this
// process holds after each must not be more than after the first.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("GOCIFAR_TEST_SOAK_FOR"))
	folder, data := os.Getenv("GOCIFAR_TEST_SOAK_NOTEBOOKS"), os.Getenv("GOCIFAR_TEST_SOAK_DATA")
	if err != nil || folder == "" {
		t.Skip("runs for long: set GOCIFAR_TEST_SOAK_FOR to a duration such as 1h, and GOCIFAR_TEST_SOAK_NOTEBOOKS to a " +
			"folder of notebooks")
	}
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	if data == "" {
		data = "builtin"
	}
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("GOCIFAR_RUNS", filepath.Join(t.TempDir(), "runs"))
	results := filepath.Join(t.TempDir(), "executed")
	notebooks, err := filepath.Glob(filepath.Join(folder, "*.ipynb"))
	if err != nil || len(notebooks) == 0 {
		t.Fatalf("no notebook in %s", folder)
	}
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var before, now leak.Counts
	start, runs := time.Now(), 0
	for ; ctx.Err() == nil; runs++ {
		notebook := notebooks[runs%len(notebooks)]
		err := Command().Run(ctx, []string{"-data", data, "-output", results, notebook})
		if err != nil && ctx.Err() == nil {
			t.Fatalf("run %d, of %s: %v", runs+1, notebook, err)
		}
		if now, err = leak.Own(temp); err != nil {
			t.Fatal(err)
		}
		t.Logf("%v: run %d, of %s: %v", time.Since(start).Round(time.Second), runs+1, filepath.Base(notebook), now)
		if runs == 0 {
			before = now
		}
	}
	t.Logf("%d runs of %d notebooks, the last one interrupted; after the first %v; at the end %v", runs, len(notebooks),
		before, now)
	for _, grown := range now.Grown(before, 4<<20) {
		t.Error("grew: ", grown)
	}
}
