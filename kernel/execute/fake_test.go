package execute

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
	"github.com/gocifar/gocifar/kernel/jupyter/gateway"
	"github.com/gocifar/gocifar/kernel/jupyter/gateway/fakegateway"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// script is what a fake kernel does for a cell, by the cell's source.
type script map[string]func(*fakekernel.Execution)

// document makes a notebook of code cells.
func document(cells ...string) *nbformat.Notebook {
	nb := nbformat.New()
	for _, source := range cells {
		nb.Insert(len(nb.Cells), nbformat.NewCode(source))
	}
	return nb
}

// quick are options with limits that suit tests.
func quick() Options {
	return Options{
		IdleTimeout: 100 * time.Millisecond, ReplyTimeout: 100 * time.Millisecond,
		InterruptGrace: 300 * time.Millisecond, InterruptEvery: 50 * time.Millisecond,
		StartTimeout: 2 * time.Second, SaveEvery: -1, HangTimeout: -1,
	}
}

// runFake runs a document on a fake kernel with the script and checks what must
// hold for every run: the document is valid, it was saved as the result has it,
// and no cell is left pending or running.
func runFake(t *testing.T, fake fakekernel.Options, s script, nb *nbformat.Notebook, opts Options) (*Result, error) {
	t.Helper()
	return runFakeUntil(t.Context(), t, fake, s, nb, opts)
}

// runFakeUntil is runFake with a context that the test ends.
func runFakeUntil(ctx context.Context, t *testing.T, fake fakekernel.Options, s script, nb *nbformat.Notebook, opts Options) (*Result, error) {
	t.Helper()
	return direct.runUntil(ctx, t, fake, s, nb, opts)
}

// way is how a run reaches its kernel.
type way string

const (
	direct  way = "over ZeroMQ"
	newer   way = "through a gateway"
	earlier way = "through a gateway in JSON"
)

// everyWay runs a test for each way, or for the direct one only.
func everyWay(t *testing.T, name string, only bool, test func(*testing.T, way)) {
	for _, w := range []way{direct, newer, earlier} {
		if w == direct || !only {
			t.Run(name+", "+string(w), func(t *testing.T) { test(t, w) })
		}
	}
}

// reach gives the options the way to a kernel.
func (w way) reach(t *testing.T, k *fakekernel.Kernel, opts *Options) *fakegateway.Gateway {
	t.Helper()
	if w == direct {
		opts.Start = func(ctx context.Context, name, dir string, env []string) (*jupyter.Kernel, error) {
			return jupyter.Attach(ctx, k.Connection())
		}
		return nil
	}
	start := func() (*fakekernel.Kernel, error) { return k, nil }
	fake := fakegateway.Start(fakegateway.Options{JSON: w == earlier}, start)
	t.Cleanup(fake.Close)
	var err error
	opts.Gateway, err = gateway.New(gateway.Options{URL: fake.URL(), RetryInterval: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	opts.Kernel = fakegateway.Name
	return fake
}

// run is runFake by this way.
func (w way) run(
	t *testing.T, fake fakekernel.Options, s script, nb *nbformat.Notebook, opts Options,
) (*Result, error) {
	t.Helper()
	return w.runUntil(t.Context(), t, fake, s, nb, opts)
}

func (w way) runUntil(
	ctx context.Context, t *testing.T, fake fakekernel.Options, s script, nb *nbformat.Notebook, opts Options,
) (*Result, error) {
	t.Helper()
	if fake.Execute == nil {
		fake.Execute = func(x *fakekernel.Execution) {
			if f := s[x.Code]; f != nil {
				f(x)
			}
		}
	}
	k, err := fakekernel.Start(fake)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	behind := w.reach(t, k, &opts)
	opts.Output = filepath.Join(t.TempDir(), "out.ipynb")
	result, err := Document(ctx, "test.ipynb", nb, opts)
	if behind != nil && behind.Running() > 0 {
		t.Error("a kernel is left on the gateway")
	}
	if result == nil {
		t.Fatalf("no result: %v", err)
	}
	if err := nb.Validate(); err != nil {
		t.Error(err)
	}
	saved, readErr := nbformat.ReadFile(opts.Output)
	if readErr != nil {
		t.Error(readErr)
	} else if string(saved.Encode()) != string(nb.Encode()) {
		t.Error("the saved document is not the result's")
	}
	for _, c := range result.Cells {
		if c.State == Pending || c.State == Running {
			t.Errorf("cell %d ended %s", c.Index, c.State)
		}
	}
	return result, err
}

// outputsOf writes a cell's outputs in a line each, for comparison.
func outputsOf(cell *nbformat.Cell) string {
	var lines []string
	for _, o := range cell.Outputs() {
		switch o.Type() {
		case nbformat.Stream:
			name, text := o.Stream()
			lines = append(lines, fmt.Sprintf("%s %q", name, text))
		case nbformat.Error:
			name, value, _ := o.Failure()
			lines = append(lines, fmt.Sprintf("error %s: %s", name, value))
		default:
			text, _ := o.Text("text/plain")
			lines = append(lines, fmt.Sprintf("%s %q", o.Type(), text))
		}
	}
	return strings.Join(lines, "\n")
}

// states writes the states of all cells.
func states(r *Result) string {
	var list []string
	for _, c := range r.Cells {
		list = append(list, string(c.State))
	}
	return strings.Join(list, " ")
}

func plain(text string) map[string]string { return map[string]string{"text/plain": text} }
