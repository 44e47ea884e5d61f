package execute

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
)

// TestEnds gives how a run ends: its states, exit code and events are those of
// the options and the kernel's behavior.
func TestEnds(t *testing.T) {
	type exec = *fakekernel.Execution
	fail := func(x exec) { x.Fail("E", "bad") }
	wait := func(x exec) {
		if !x.Sleep(time.Minute) {
			x.Fail("KeyboardInterrupt", "")
		}
	}
	for name, c := range map[string]struct {
		fake   fakekernel.Options
		script script
		tags   map[int]string
		change func(*Options)
		states string
		class  string // of the first cell's failure
		code   int
	}{
		"an error stops": {script: script{"a": fail}, states: "error not-run", class: "E", code: ExitFailed},
		"errors allowed": {script: script{"a": fail}, change: func(o *Options) { o.AllowErrors = true },
			states: "error ok", class: "E"},
		"errors allowed by name": {script: script{"a": fail}, change: func(o *Options) { o.AllowErrorNames = []string{"E"} },
			states: "error ok", class: "E"},
		"other name": {script: script{"a": fail}, change: func(o *Options) { o.AllowErrorNames = []string{"F"} },
			states: "error not-run", class: "E", code: 1},
		"tagged raises-exception": {script: script{"a": fail}, tags: map[int]string{0: "raises-exception"},
			states: "error ok", class: "E"},
		"tagged with the name": {script: script{"a": fail}, tags: map[int]string{0: "raises-exception=E"},
			states: "error ok", class: "E"},
		"tagged with another name": {script: script{"a": fail}, tags: map[int]string{0: "raises-exception=F"},
			states: "error not-run", class: "E", code: 1},
		"errors forced": {script: script{"a": fail}, tags: map[int]string{0: "raises-exception"},
			change: func(o *Options) {
				o.AllowErrors, o.ForceErrors = true,
					true
			}, states: "error not-run", class: "E", code: 1},
		"tagged but not raised": {tags: map[int]string{0: "raises-exception"}, states: "ok ok"},
		"tagged but not raised, strict": {tags: map[int]string{0: "raises-exception"},
			change: func(o *Options) { o.StrictRaises = true }, states: "error not-run", class: ClassNoRaise, code: 1},
		"skip-execution": {script: script{"a": fail}, tags: map[int]string{0: "skip-execution"}, states: "skipped ok"},
		"skip by tag": {script: script{"a": fail}, tags: map[int]string{0: "slow"},
			change: func(o *Options) { o.SkipTags = []string{"slow"} }, states: "skipped ok"},
		"only by tag": {script: script{"a": fail}, tags: map[int]string{1: "x"},
			change: func(o *Options) { o.OnlyTags = []string{"x"} }, states: "skipped ok"},
		"cell timeout": {script: script{"a": wait}, change: func(o *Options) { o.CellTimeout = 50 * time.Millisecond },
			states: "timeout not-run", class: ClassTimeout, code: ExitTimeout},
		"cell timeout, errors allowed": {script: script{"a": wait},
			change: func(o *Options) { o.CellTimeout, o.AllowErrors = 50*time.Millisecond, true },
			states: "timeout ok", class: ClassTimeout},
		"total timeout": {script: script{"a": wait},
			change: func(o *Options) { o.TotalTimeout, o.AllowErrors = 200*time.Millisecond, true },
			states: "timeout not-run", class: ClassTimeout, code: ExitTimeout},
		"timeout that cannot be interrupted": {fake: fakekernel.Options{IgnoreInterrupt: true},
			script: script{"a": func(x exec) { x.Sleep(2 * time.Second) }},
			change: func(o *Options) { o.CellTimeout, o.AllowErrors = 50*time.Millisecond, true },
			states: "timeout not-run", class: ClassTimeout, code: ExitKernelDied},
		"death in a cell": {script: script{"a": func(x exec) { x.Stdout("last words"); x.Sleep(50 * time.Millisecond); x.Kernel.Die() }},
			change: func(o *Options) { o.AllowErrors = true }, states: "error not-run", class: ClassDied, code: ExitKernelDied},
		"death after a cell": {script: script{"a": func(x exec) { x.AfterIdle(x.Kernel.Die) }},
			states: "ok error", code: ExitKernelDied},
		"input that nobody gives": {script: script{"a": func(x exec) {
			if _, err := x.Input("name? ", false); err != nil {
				x.Fail("EOF", err.Error())
			}
		}}, states: "error not-run", class: ClassStdin, code: 1},
		"input": {script: script{"a": func(x exec) { line, _ := x.Input("name? ", false); x.Stdout(line) }},
			change: func(o *Options) { o.Inputs = []string{"Gopher"} }, states: "ok ok"},
		"from the second cell": {script: script{"a": fail}, change: func(o *Options) { o.From = 1 }, states: "skipped ok"},
	} {
		everyWay(t, name, false, func(t *testing.T, w way) {
			nb := document("a", "b")
			for i, tag := range c.tags {
				nb.Cells[i].AddTag(tag)
			}
			opts := quick()
			if c.change != nil {
				c.change(&opts)
			}
			var events []string
			opts.Observer = func(e Event) {
				events = append(events, strings.TrimPrefix(fmt.Sprintf("%T", e), "execute."))
			}
			result, err := w.run(t, c.fake, c.script, nb, opts)
			if got := states(result); got != c.states {
				t.Errorf("states %s, want %s (%v)", got, c.states, err)
			}
			if got := ExitCode(err); got != c.code {
				t.Errorf("exit code %d, want %d (%v)", got, c.code, err)
			}
			class := ""
			if f := result.Cells[0].Failure; f != nil {
				class = f.Class
			}
			if class != c.class {
				t.Errorf("class %q, want %q", class, c.class)
			}
			if events[0] != "NotebookStart" || events[len(events)-1] != "NotebookComplete" {
				t.Errorf("events %v", events)
			}
		})
	}
}

func TestEventsComeInOrder(t *testing.T) {
	var events []string
	opts := quick()
	opts.Observer = func(e Event) { events = append(events, strings.TrimPrefix(fmt.Sprintf("%T", e), "execute.")) }
	s := script{"a": func(x *fakekernel.Execution) { x.Stdout("1"); x.Fail("E", "bad") }}
	runFake(t, fakekernel.Options{}, s, document("a", "b"), opts)
	want := "NotebookStart CellStart CellExecute CellOutput CellOutput CellExecuted CellError CellComplete " +
		"NotebookError NotebookComplete"
	if got := strings.Join(events, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCancelInterruptsAndSaves(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := script{"a": func(x *fakekernel.Execution) {
		x.Stdout("begun")
		cancel()
		x.Sleep(time.Minute)
	}}
	nb := document("a", "b")
	result, err := runFakeUntil(ctx, t, fakekernel.Options{}, s, nb, quick())
	if ExitCode(err) != ExitInterrupted || states(result) != "error not-run" ||
		result.Cells[0].Failure.Class != ClassInterrupted {
		t.Errorf("%v, states %s", err, states(result))
	}
	if got := outputsOf(nb.Cells[0]); !strings.HasPrefix(got, `stdout "begun"`) {
		t.Errorf("outputs %s", got)
	}
}

func TestBusyKernelIsNotHung(t *testing.T) {
	opts := quick()
	opts.HangTimeout = 300 * time.Millisecond
	s := script{"a": func(x *fakekernel.Execution) { x.Sleep(time.Second) }}
	if result, err := runFake(t, fakekernel.Options{}, s, document("a"), opts); err != nil || states(result) != "ok" {
		t.Errorf("a busy kernel with a heartbeat counted as hung: %v", err)
	}
}

func TestStartFails(t *testing.T) {
	opts := quick()
	opts.Output = filepath.Join(t.TempDir(), "out.ipynb")
	opts.Kernel = "no-such-kernel"
	nb := document("a")
	result, err := Document(t.Context(), "test.ipynb", nb, opts)
	if ExitCode(err) != ExitStartFailed || !errors.Is(err, jupyter.ErrNoSuchKernel) {
		t.Errorf("error %v, code %d", err, ExitCode(err))
	}
	if states(result) != "not-run" {
		t.Errorf("states %s", states(result))
	}
	if _, err := os.Stat(opts.Output); err != nil {
		t.Errorf("not saved: %v", err)
	}
}

func TestSaveFails(t *testing.T) {
	k, err := fakekernel.Start(fakekernel.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	opts := quick()
	opts.Start = func(ctx context.Context, _, _ string, _ []string) (*jupyter.Kernel, error) {
		return jupyter.Attach(ctx, k.Connection())
	}
	opts.Output = filepath.Join(t.TempDir(), "none", "out.ipynb")
	result, err := Document(t.Context(), "test.ipynb", document("a", "b"), opts)
	if ExitCode(err) != ExitSaveFailed || states(result) != "ok ok" {
		t.Errorf("%v, states %s", err, states(result))
	}
}
