package batch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// tree writes notebooks of one cell each, whose text is the file's name, and
// returns their folder.
func tree(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		nb := nbformat.New()
		nb.Insert(0, nbformat.NewCode(filepath.Base(name)))
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := nb.WriteFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// kernels are options that give each notebook a fake kernel of its own.
func kernels(t *testing.T, script func(*fakekernel.Execution)) func(Job) (execute.Options, error) {
	return func(Job) (execute.Options, error) {
		return execute.Options{Start: func(ctx context.Context, _, _ string, _ []string) (*jupyter.Kernel, error) {
			fake, err := fakekernel.Start(fakekernel.Options{Execute: script})
			if err != nil {
				return nil, err
			}
			t.Cleanup(fake.Close)
			return jupyter.Attach(ctx, fake.Connection())
		}}, nil
	}
}

func TestFind(t *testing.T) {
	dir := tree(t, "b.ipynb", "a.ipynb", "sub/c.ipynb", ".ipynb_checkpoints/a.ipynb", ".hidden.ipynb", "other/a.ipynb")
	if err := os.WriteFile(filepath.Join(dir, "text.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		arguments []string
		want      string // names, or ! and part of the error
	}{
		{[]string{""}, "a.ipynb b.ipynb other/a.ipynb sub/c.ipynb"},
		{[]string{"sub", "a.ipynb"}, "c.ipynb a.ipynb"},
		{[]string{"a.ipynb", "other/a.ipynb"}, "!would both be saved as a.ipynb"},
		{[]string{"absent.ipynb"}, "!absent.ipynb"},
		{[]string{".ipynb_checkpoints/.."}, "a.ipynb b.ipynb other/a.ipynb sub/c.ipynb"},
		{nil, "!no notebook to run"},
	} {
		var arguments []string
		for _, a := range c.arguments {
			arguments = append(arguments, filepath.Join(dir, a))
		}
		jobs, err := Find(arguments)
		var names []string
		for _, job := range jobs {
			names = append(names, job.Name)
		}
		if message, wrong := strings.CutPrefix(c.want, "!"); wrong {
			if err == nil || !strings.Contains(err.Error(), message) || execute.ExitCode(err) != execute.ExitUsage {
				t.Errorf("%q: error %v, want %q", c.arguments, err, message)
			}
		} else if err != nil || strings.Join(names, " ") != c.want {
			t.Errorf("%q: %q, %v, want %s", c.arguments, names, err, c.want)
		}
	}
	jobs, err := Find([]string{"-", "http://host/x/n.ipynb?v=1", "https://host"})
	if err != nil || fmt.Sprint(jobs) != "[{- stdin.ipynb <nil>} {http://host/x/n.ipynb?v=1 n.ipynb <nil>} "+
		"{https://host notebook.ipynb <nil>}]" {
		t.Errorf("%v, %v", jobs, err)
	}
	if _, err := Find([]string{t.TempDir()}); err == nil {
		t.Error("an empty folder was no error")
	}
}

func TestRun(t *testing.T) {
	dir := tree(t, "1.ipynb", "sub/2.ipynb", "3.ipynb")
	jobs, err := Find([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "new", "folder")
	var done []string
	err = Run(t.Context(), jobs, Options{
		Output: out, Parallel: 2,
		Execute: kernels(t, func(x *fakekernel.Execution) {
			if x.Code == "2.ipynb" {
				x.Fail("E", "bad")
			}
			x.Stdout("ran " + x.Code)
		}),
		Done: func(job Job, result *execute.Result, err error) error {
			done = append(done, fmt.Sprintf("%s %v", job.Name, err == nil))
			return err
		},
	})
	if execute.ExitCode(err) != execute.ExitFailed || !strings.Contains(err.Error(), "2.ipynb: cell 1: E: bad") {
		t.Errorf("error %v", err)
	}
	slices.Sort(done)
	if want := []string{"1.ipynb true", "3.ipynb true", "sub/2.ipynb false"}; !slices.Equal(done, want) {
		t.Errorf("done %q", done)
	}
	for _, name := range []string{"1.ipynb", "sub/2.ipynb", "3.ipynb"} {
		nb, err := nbformat.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		outputs := nb.Cells[0].Outputs()
		if _, text := outputs[len(outputs)-1].Stream(); text != "ran "+filepath.Base(name) {
			t.Errorf("%s printed %q", name, text)
		}
	}
}

func TestRunInParallel(t *testing.T) {
	jobs, err := Find([]string{tree(t, "1.ipynb", "2.ipynb", "3.ipynb", "4.ipynb")})
	if err != nil {
		t.Fatal(err)
	}
	var running, most atomic.Int32
	err = Run(t.Context(), jobs, Options{Parallel: 2, Execute: kernels(t, func(x *fakekernel.Execution) {
		now := running.Add(1)
		for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
		}
		x.Sleep(50 * time.Millisecond)
		running.Add(-1)
	})})
	if err != nil || most.Load() != 2 {
		t.Errorf("%v, %d at a time, want 2", err, most.Load())
	}
}

func TestRunRefusesToOverwriteItsInput(t *testing.T) {
	dir := tree(t, "1.ipynb")
	jobs, err := Find([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	err = Run(t.Context(), jobs, Options{Output: dir, Execute: kernels(t, nil)})
	if execute.ExitCode(err) != execute.ExitUsage || !strings.Contains(err.Error(), "overwrite itself") {
		t.Errorf("error %v", err)
	}
}

func TestDoneDecides(t *testing.T) {
	jobs, err := Find([]string{tree(t, "1.ipynb")})
	if err != nil {
		t.Fatal(err)
	}
	graver := &execute.UsageError{Reason: errors.New("graver")}
	err = Run(t.Context(), jobs, Options{Execute: kernels(t, nil),
		Done: func(Job, *execute.Result, error) error { return graver }})
	if !errors.Is(err, graver) {
		t.Errorf("error %v", err)
	}
}

func TestCancelStopsTheRest(t *testing.T) {
	jobs, err := Find([]string{tree(t, "1.ipynb", "2.ipynb")})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ran := 0
	err = Run(ctx, jobs, Options{
		Execute: kernels(t, func(x *fakekernel.Execution) {
			cancel()
			x.Sleep(time.Minute)
			x.Fail("KeyboardInterrupt", "")
		}),
		Done: func(_ Job, _ *execute.Result, err error) error { ran++; return err },
	})
	if execute.ExitCode(err) != execute.ExitInterrupted || ran != 1 {
		t.Errorf("error %v, %d ran", err, ran)
	}
}

func TestLoad(t *testing.T) {
	nb := nbformat.New()
	nb.Insert(0, nbformat.NewCode("x"))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/n.ipynb" {
			w.Write(nb.Encode())
			return
		}
		http.NotFound(w, r)
	}))
	defer server.Close()
	for _, c := range []struct{ path, stdin, want string }{
		{Stdin, string(nb.Encode()), ""},
		{Stdin, "nonsense", "standard input: not JSON"},
		{server.URL + "/n.ipynb", "", ""},
		{server.URL + "/absent.ipynb", "", "the server says 404"},
		{filepath.Join(tree(t, "1.ipynb"), "1.ipynb"), "", ""},
		{"absent.ipynb", "", "absent.ipynb"},
	} {
		job := Job{Path: c.path}
		err := job.Load(t.Context(), strings.NewReader(c.stdin))
		if c.want == "" && (err != nil || job.Notebook.CodeCells() != 1) {
			t.Errorf("%s: %v", c.path, err)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) ||
			execute.ExitCode(err) != execute.ExitUsage) {
			t.Errorf("%s: error %v, want %q", c.path, err, c.want)
		}
	}
}
