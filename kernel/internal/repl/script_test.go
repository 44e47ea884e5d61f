package repl

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// piped runs a session whose files are pipes, on a scripted kernel in this
// process.
func piped(t *testing.T, stdin string, o Options) (stdout, stderr string, err error) {
	t.Helper()
	k, startErr := fakekernel.Start(scriptedKernel())
	if startErr != nil {
		t.Fatal(startErr)
	}
	t.Cleanup(k.Close)
	if o.Start == nil {
		o.Name = "scripted"
		o.Start = func(ctx context.Context) (*jupyter.Kernel, error) { return jupyter.Attach(ctx, k.Connection()) }
	}
	in, writer := pipe(t)
	go func() {
		io.WriteString(writer, stdin)
		writer.Close()
	}()
	out, closeOut := gather(t)
	errs, closeErrs := gather(t)
	o.Stdin, o.Stdout, o.Stderr = in, out, errs
	err = Run(t.Context(), o)
	return closeOut(), closeErrs(), err
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

func gather(t *testing.T) (w *os.File, text func() string) {
	t.Helper()
	r, w := pipe(t)
	var b bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		io.Copy(&b, r)
	}()
	return w, func() string {
		w.Close()
		<-done
		return b.String()
	}
}

func TestScripts(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	nb := nbformat.New()
	for i, cell := range []*nbformat.Cell{nbformat.NewMarkdown("text"), nbformat.NewCode("print n1"), nbformat.NewCode(""),
		nbformat.NewCode("print n2")} {
		nb.Insert(i, cell)
	}
	notebook := filepath.Join(dir, "n.ipynb")
	if err := nb.WriteFile(notebook); err != nil {
		t.Fatal(err)
	}
	saved := filepath.Join(dir, "saved.ipynb")
	for _, c := range []struct {
		name           string
		stdin          string
		options        Options
		stdout, stderr string // wanted; of stderr a part
		exit           int
	}{
		{"nothing", "", Options{}, "", "", 0},
		{"a pipe", "print hello\n", Options{}, "hello\n", "", 0},
		{"a pipe of many lines is one input", "echo (\n)\n", Options{}, "\"echo (\\n)\"\n", "", 0},
		{"marks", "# %%\nprint a\n# %%\nprint b\n", Options{}, "a\nb\n", "", 0},
		{"a failure ends it", "# %%\nfail no\n# %%\nprint b\n", Options{}, "", "ScriptError: no\n", 1},
		{"results and displays", "", Options{Code: []string{"value 1\n", "updates"}},
			"1\nbefore\n[..........]\nafter\n[#.........]\n[##........]\n[###.......]\n[####......]\n[#####.....]\n" +
				"[######....]\n[#######...]\n[########..]\n[#########.]\n[##########]\n", "", 0},
		{"a picture", "", Options{Code: []string{"picture"}}, "a red dot\n", "", 0},
		{"stderr", "", Options{Code: []string{"warn careful"}}, "", "careful\n", 0},
		{"text without an end before a display", "", Options{Code: []string{"write x", "value 1"}}, "x\n1\n", "", 0},
		{"control sequences stay: it is no terminal", "", Options{Code: []string{`raw \u001b[1Aa`}}, "\x1b[1Aa", "", 0},
		{"files", "", Options{Files: []string{write("a.txt", "print a\n"), notebook}}, "a\nn1\nn2\n", "", 0},
		{"a cell of a notebook", "", Options{Files: []string{notebook + "#2"}}, "n2\n", "", 0},
		{"a file that is missing", "", Options{Files: []string{filepath.Join(dir, "none.py")}}, "", "", 2},
		{"directives", ":timing\nprint a\n:save " + saved + "\n:quit\nprint b\n", Options{}, "a\n", "1 inputs are in ", 0},
		{"a directive that fails", ":load nowhere.ipynb\n", Options{}, "", "", 1},
		{"input from the pipe that is left to -e", "Bob\n", Options{Code: []string{"ask who?"}}, "who? hello Bob\n", "", 0},
		{"input, and none there", "ask who?\n", Options{}, "who? ", "there is none", 130},
		{"too long", "", Options{Code: []string{"sleep"}, CellTimeout: 100 * time.Millisecond}, "sleeping\n", "woken", 3},
		{"no kernel", "", Options{Code: []string{"value 1"}, Start: func(context.Context) (*jupyter.Kernel, error) {
			return nil, jupyter.ErrNoSuchKernel
		}}, "", "", 5},
	} {
		stdout, stderr, err := piped(t, c.stdin, c.options)
		if stdout != c.stdout || !strings.Contains(stderr, c.stderr) || execute.ExitCode(err) != c.exit {
			t.Errorf("%s: stdout %q, stderr %q, exit code %d (%v); want %q, %q, %d",
				c.name, stdout, stderr, execute.ExitCode(err), err, c.stdout, c.stderr, c.exit)
		}
	}
	if nb, err := nbformat.ReadFile(saved); err != nil || len(nb.Cells) != 1 || nb.Cells[0].Source() != "print a" {
		t.Errorf("the saved session: %v", err)
	}
}

func TestScriptOfADyingKernel(t *testing.T) {
	spec := fakeSpec(t)
	start := func(ctx context.Context) (*jupyter.Kernel, error) {
		return jupyter.Launch(ctx, jupyter.LaunchOptions{Spec: spec})
	}
	stdout, _, err := piped(t, "", Options{Code: []string{"die", "print never"}, Start: start})
	if stdout != "last words\n" || execute.ExitCode(err) != execute.ExitKernelDied ||
		!strings.Contains(err.Error(), "exit status 7") {
		t.Errorf("stdout %q, %v", stdout, err)
	}
}

// TestScriptInterrupted: SIGINT interrupts the kernel and ends the script.
func TestScriptInterrupted(t *testing.T) {
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	k, err := fakekernel.Start(fakekernel.Options{Execute: func(x *fakekernel.Execution) {
		self.Signal(os.Interrupt)
		<-x.Interrupted()
		x.Fail("Interrupted", "woken")
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	_, _, err = piped(t, "", Options{Code: []string{"x", "y"}, Start: func(ctx context.Context) (*jupyter.Kernel, error) {
		return jupyter.Attach(ctx, k.Connection())
	}})
	if execute.ExitCode(err) != execute.ExitInterrupted || len(k.Executed()) != 1 {
		t.Errorf("%v after %q", err, k.Executed())
	}
}

// TestEndlessOutputIsNotKept in the record, only shown.
func TestEndlessOutputIsNotKept(t *testing.T) {
	r := newRecord()
	r.begin("request", "cell")
	line := strings.Repeat("x", 1<<20-1) + "\n"
	for range 20 {
		content := &jupyter.Stream{Name: "stdout", Text: line}
		raw, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		r.handle(jupyter.Event{Channel: jupyter.IOPub, Content: content, Message: &jupyter.Message{
			Header: jupyter.Header{Type: "stream"}, Parent: jupyter.Header{ID: "request"}, Content: raw}})
	}
	r.collector.Store(r.nb)
	_, text := r.nb.Cells[0].Outputs()[0].Stream()
	if len(text) > maxPrinted+100 || !strings.HasSuffix(text, "was not kept]\n") {
		t.Errorf("%d bytes are kept, the last of them %q", len(text), text[len(text)-40:])
	}
}
