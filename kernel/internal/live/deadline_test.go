package live

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// The kernel's limit for a cell that does not stop comes before the one at
// which a run gives up the kernel.
func TestGraceIsShorterThanTheRuns(t *testing.T) {
	if DefaultGrace+RestartLimit >= execute.DefaultInterruptGrace {
		t.Errorf("the kernel ends a cell after %v and may take %v to restart, but a run gives it up after %v",
			DefaultGrace, RestartLimit, execute.DefaultInterruptGrace)
	}
}

// runNotebook runs cells as `kernel run` does.
func runNotebook(t *testing.T, o execute.Options, cells ...string) *execute.Result {
	t.Helper()
	spec := &jupyter.Spec{Argv: []string{os.Args[0], kernelArgument, testLibrary.Get(t).Dir, "{connection_file}"},
		DisplayName: "live", Language: "go", InterruptMode: jupyter.InterruptByMessage}
	nb := nbformat.New()
	for i, source := range cells {
		nb.Insert(i, nbformat.NewCode(source))
	}
	o.Dir = t.TempDir()
	o.Start = func(ctx context.Context, _, dir string, env []string) (*jupyter.Kernel, error) {
		return jupyter.Launch(ctx, jupyter.LaunchOptions{Spec: spec, Dir: dir, Env: env})
	}
	result, err := execute.Document(t.Context(), "x.ipynb", nb, o)
	if err != nil {
		t.Error(err)
	}
	return result
}

// A cell that does not stop at its deadline costs its values, not the cells
// that follow.
func TestRunGoesOnAfterADeafCell(t *testing.T) {
	o := execute.Options{CellTimeout: 3 * time.Second, AllowErrors: true, InterruptEvery: 100 * time.Millisecond}
	// Longer than the kernel's limit by as much as with the defaults.
	o.InterruptGrace = testGrace + execute.DefaultInterruptGrace - DefaultGrace
	r := runNotebook(t, o, "n := 2", "select {}", "fmt.Print(\"goes on\")", "n")
	for i, want := range []execute.State{execute.OK, execute.Timeout, execute.OK, execute.Failed} {
		if got := r.Cells[i].State; got != want {
			t.Errorf("cell %d ended %s (%v), want %s", i+1, got, r.Cells[i].Failure, want)
		}
	}
	if f := r.Cells[3].Failure; f != nil && !strings.Contains(f.Value, "undefined: n") {
		t.Errorf("the last cell fails with %v", f)
	}
}
