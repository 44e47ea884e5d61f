package execute

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/gateway"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// The tests in this file run real kernels, which are named by two variables:
//
//	GOCIFAR_TEST_GONB=/abs/gonb        goimports and gopls beside it or in PATH
//	GOCIFAR_TEST_PYTHON=/abs/python    with ipykernel
//
// gateway_peers_unix_test.go also needs jupyter_server and jupyter_kernel_gateway in
// that Python, and in another one jupyter_enterprise_gateway, which wants older
// versions of what the others build on:
//
//	GOCIFAR_TEST_ENTERPRISE_GATEWAY=/abs/python

func gonbSpec(t testing.TB) *jupyter.Spec {
	t.Helper()
	program := os.Getenv("GOCIFAR_TEST_GONB")
	if program == "" {
		t.Skip("GOCIFAR_TEST_GONB does not name a gonb")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("gonb needs go in PATH")
	}
	module, err := filepath.Abs("../..") // cells can import gonbui, which the module requires
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Dir(program) + string(os.PathListSeparator) + os.Getenv("PATH")
	return &jupyter.Spec{
		Name: "gonb", Argv: []string{program, "--kernel", "{connection_file}", "--raw_error", "-go_work=" + module},
		Language: "go", InterruptMode: jupyter.InterruptByMessage,
		Env: map[string]string{"PATH": path, "GOPROXY": "off", "GOWORK": "", "GOFLAGS": ""},
	}
}

// goEnv asks the go command for a setting.
func goEnv(t testing.TB, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func pythonSpec(t testing.TB) *jupyter.Spec {
	t.Helper()
	program := os.Getenv("GOCIFAR_TEST_PYTHON")
	if program == "" {
		t.Skip("GOCIFAR_TEST_PYTHON does not name a python with ipykernel")
	}
	return &jupyter.Spec{
		Name: "python3", Argv: []string{program, "-m", "ipykernel_launcher", "-f", "{connection_file}"}, Language: "python",
	}
}

// runPeer runs a document on a kernel of the spec.
func runPeer(t testing.TB, spec *jupyter.Spec, nb *nbformat.Notebook, opts Options) (*Result, error) {
	t.Helper()
	return runPeerUntil(t.Context(), t, spec, nb, opts)
}

// runPeerUntil is runPeer with a context that the test ends.
func runPeerUntil(ctx context.Context, t testing.TB, spec *jupyter.Spec, nb *nbformat.Notebook, opts Options) (*Result, error) {
	t.Helper()
	if opts.Gateway == nil {
		opts.Start = func(ctx context.Context, _, dir string, env []string) (*jupyter.Kernel, error) {
			return jupyter.Launch(ctx, jupyter.LaunchOptions{Spec: spec, Dir: dir, Env: env, StartTimeout: 2 * time.Minute})
		}
	}
	opts.Kernel = spec.Name
	opts.StartTimeout = 2 * time.Minute
	opts.Dir = t.TempDir()
	opts.Output = filepath.Join(opts.Dir, "out.ipynb")
	result, err := Document(ctx, "peer.ipynb", nb, opts)
	if result == nil {
		t.Fatal(err)
	}
	if err := nb.Validate(); err != nil {
		t.Error(err)
	}
	return result, err
}

// peerCase is one message situation of TestMessages, for real.
type peerCase struct {
	name    string
	cells   []string
	want    []string // outputs of the cells, as outputsOf writes them; "~…" is a pattern that they match
	states  string   // all ok if empty
	class   string   // of the first cell's failure
	warning string   // part of a warning about the cells
	// A gateway does not say it, or hands on what it should not.
	onZeroMQ bool
}

// runPeerCases runs all cases as one notebook, and compares cell by cell.
func runPeerCases(t *testing.T, spec *jupyter.Spec, g *gateway.Gateway, before []string, cases []peerCase) {
	nb := document(before...)
	cases = slices.DeleteFunc(cases, func(c peerCase) bool { return g != nil && c.onZeroMQ })
	for _, c := range cases {
		for _, source := range c.cells {
			nb.Insert(len(nb.Cells), nbformat.NewCode(source))
		}
	}
	opts := Options{AllowErrors: true, Inputs: []string{"Gopher"}, Gateway: g}
	result, err := runPeer(t, spec, nb, opts)
	if err != nil {
		t.Fatal(err)
	}
	at := len(before)
	for _, c := range cases {
		var states []string
		warnings := strings.Join(result.Warnings, "; ")
		for i, want := range c.want {
			cell := result.Cells[at+i]
			got := outputsOf(nb.Cells[at+i])
			pattern, is := strings.CutPrefix(want, "~")
			if is && !regexp.MustCompile("(?s)^"+pattern+"$").MatchString(got) || !is && got != want {
				t.Errorf("%s, cell %d:\n got %s\nwant %s", c.name, i, got, want)
			}
			states = append(states, string(cell.State))
			warnings += strings.Join(cell.Warnings, "; ")
		}
		wantStates := c.states
		if wantStates == "" {
			wantStates = strings.TrimSpace(strings.Repeat("ok ", len(c.want)))
		}
		if got := strings.Join(states, " "); got != wantStates {
			t.Errorf("%s: states %s, want %s", c.name, got, wantStates)
		}
		class := ""
		if f := result.Cells[at].Failure; f != nil {
			class = f.Class
		}
		if class != c.class {
			t.Errorf("%s: class %q, want %q", c.name, class, c.class)
		}
		if !strings.Contains(warnings, c.warning) {
			t.Errorf("%s: warnings %q, want %q", c.name, warnings, c.warning)
		}
		at += len(c.want)
	}
}

func TestMessagesOfIPyKernel(t *testing.T) { runIPyKernelCases(t, pythonSpec(t), nil) }

func runIPyKernelCases(t *testing.T, spec *jupyter.Spec, g *gateway.Gateway) {
	const prelude = `import sys, time, threading
from IPython.display import display, update_display, clear_output
def out(s, f=sys.stdout): print(s, end='', file=f, flush=True)
def plain(s, **kw): display({'text/plain': s}, raw=True, **kw)
kernel = get_ipython().kernel
def send(kind, content, **kw): kernel.session.send(kernel.iopub_socket, kind, content,
	parent=kw.get('parent', kernel.get_parent()), ident=kind.encode())
`
	runPeerCases(t, spec, g, []string{prelude}, []peerCase{
		{name: "no output", cells: []string{"pass"}, want: []string{""}},
		{name: "one stream", cells: []string{"print('foo')"}, want: []string{`stdout "foo\n"`}},
		{name: "consecutive texts", cells: []string{"out('foo\\n'); out('bar\\n')"}, want: []string{`stdout "foo\nbar\n"`}},
		{name: "places are kept", cells: []string{"out('1'); out('2', sys.stderr); out('3'); plain('4'); out('5')"},
			want: []string{"stdout \"1\"\nstderr \"2\"\nstdout \"3\"\ndisplay_data \"4\"\nstdout \"5\""}},
		{name: "carriage return and backspace", cells: []string{`out('10%\r'); out('20%\r'); out('done\b\b!\n')`},
			want: []string{`stdout "do!\n"`}},
		{name: "empty text", cells: []string{"send('stream', {'name': 'stdout', 'text': ''})"}, want: []string{""}},
		{name: "result", cells: []string{"6*7"}, want: []string{`execute_result "42"`}},
		{name: "error", cells: []string{"raise ValueError('bad')"}, want: []string{"error ValueError: bad"}, states: "error",
			class: "ValueError"},
		{name: "error message with an ok reply",
			cells: []string{"send('error', {'ename': 'E', 'evalue': 'shown', 'traceback': []})"},
			want:  []string{"error E: shown"}},
		{name: "clear", cells: []string{"out('old'); clear_output(); out('new')"}, want: []string{`stdout "new"`}},
		{name: "clear is immediate", cells: []string{"out('old'); clear_output()"}, want: []string{""}},
		{name: "clear with wait", cells: []string{"out('old'); clear_output(wait=True); out('new')"},
			want: []string{`stdout "new"`}},
		{name: "clear with wait and nothing after", cells: []string{"out('old'); clear_output(wait=True)"},
			want: []string{`stdout "old"`}},
		{name: "an update is no output that clears",
			cells: []string{"plain('old', display_id='u1'); clear_output(wait=True); update_display({'text/plain': 'new'}, " +
				"display_id='u1', raw=True)"},
			want: []string{`display_data "new"`}},
		{name: "update", cells: []string{"plain('old', display_id='u2'); update_display({'text/plain': 'new'}, " +
			"display_id='u2', raw=True)"},
			want: []string{`display_data "new"`}},
		{name: "update of several displays", cells: []string{"plain('1', display_id='u3'); plain('e', display_id='e'); " +
			"plain('2', display_id='u3')",
			"update_display({'text/plain': '3'}, display_id='u3', raw=True)"},
			want: []string{"display_data \"3\"\ndisplay_data \"e\"\ndisplay_data \"3\"", ""}},
		{name: "a display with a known id", cells: []string{"plain('1', display_id='u4')", "plain('2', display_id='u4')"},
			want: []string{`display_data "2"`, `display_data "2"`}},
		{name: "update of an unknown display", cells: []string{"update_display({'text/plain': 'new'}, display_id='?', " +
			"raw=True)"},
			want: []string{`display_data "new"`}, warning: `update of display "?"`},
		{name: "update of a cleared display", cells: []string{"plain('old', display_id='u5'); clear_output(); " +
			"update_display({'text/plain': 'new'}, display_id='u5', raw=True)"},
			want: []string{`display_data "new"`}, warning: `update of display "u5"`},
		{name: "output after idle", cells: []string{"p = kernel.get_parent()\ndef late():\n    time.sleep(.3)\n    " +
			"send('stream', {'name': 'stdout', 'text': 'late'}, parent=p)\nthreading.Thread(target=late).start()",
			"time.sleep(.6)"}, want: []string{`stdout "late"`, ""}},
		{name: "output of somebody else", cells: []string{"send('stream', {'name': 'stdout', 'text': 'x'}, " +
			"parent={'header': {'msg_id': 'other', 'msg_type': 'execute_request', 'session': 's', 'username': '', 'date': " +
			"kernel.get_parent()['header']['date'], 'version': '5'}})"},
			want: []string{""}, warning: "belongs to no cell"},
		{name: "a wrong signature", cells: []string{"key = kernel.session.key; kernel.session.key = b'x'; send('stream', " +
			"{'name': 'stdout', 'text': 'forged'}); kernel.session.key = key; out('real')"},
			want: []string{`stdout "real"`}, warning: "signature", onZeroMQ: true},
		{name: "frames that are no message", cells: []string{"kernel.iopub_socket.send_multipart([b'nonsense']); out('real')"}, want: []string{`stdout "real"`}, warning: "message",
			onZeroMQ: true},
		{name: "unknown message types", cells: []string{"send('hologram', {}); out('x')"}, want: []string{`stdout "x"`}},
		{name: "unicode", cells: []string{"out('ü 日本 😀 \\x1b[31mred\\x1b[0m')"},
			want: []string{`stdout "ü 日本 😀 \x1b[31mred\x1b[0m"`}},
		{name: "input", cells: []string{"print(input('name? '))"}, want: []string{`stdout "Gopher\n"`}},
		{name: "input that nobody gives", cells: []string{"input('more? ')"}, want: []string{
			"error StdinNotImplementedError: raw_input was called, but this frontend does not support input requests."}, states: "error", class: "StdinNotImplementedError"},
		{name: "and the next cell is well", cells: []string{"print('ok')"}, want: []string{`stdout "ok\n"`}},
	})
}

func TestMessagesOfGoNB(t *testing.T) { runGoNBCases(t, gonbSpec(t), nil) }

func runGoNBCases(t *testing.T, spec *jupyter.Spec, g *gateway.Gateway) {
	runPeerCases(t, spec, g, nil, []peerCase{
		{name: "no output", cells: []string{"const answer = 42"}, want: []string{""}},
		{name: "one stream", cells: []string{"%%\nfmt.Println(answer)"}, want: []string{`stdout "42\n"`}},
		{name: "consecutive texts", cells: []string{"%%\nfor i := range 3 {\n\tfmt.Print(i, \" \")\n}"},
			want: []string{`stdout "0 1 2 "`}},
		{name: "stderr", cells: []string{"%%\nfmt.Fprint(os.Stderr, \"oops\")"}, want: []string{`stderr "oops"`}},
		{name: "carriage return and backspace", cells: []string{`%%` + "\n" + `fmt.Print("10%\r20%\rdone\b\b!\n")`},
			want: []string{`stdout "do!\n"`}},
		{name: "compile error", cells: []string{"%%\nvar x int = \"s\""}, want: []string{
			`~error ERROR: # gonb_.*\./main\.go:12:13: cannot use "s" \(untyped string constant\) as int value in variable declaration\n`}, states: "error", class: ClassCompile},
		{name: "no Go", cells: []string{"%%\nif {"},
			want: []string{`~error ERROR: .*/main\.go:5:4: missing condition in if statement.*`}, states: "error",
			class: ClassParse},
		// GoNB names the cell's line before main.go:12, unless Go's runtime
		// writes the two apart.
		{name: "panic", cells: []string{"%%\npanic(\"lost\")"},
			want: []string{`~stderr "panic: lost.*main\.go:12.*exit status 2\\n"\nerror ERROR: exit status 2`}, states: "error",
			class: ClassPanic},
		{name: "exit code", cells: []string{"%%\nos.Exit(3)"},
			want: []string{"stderr \"exit status 3\\n\"\nerror ERROR: exit status 3"}, states: "error", class: "ExitError(3)"},
		{name: "a module that is not there", cells: []string{"import \"example.com/none\"\n%%\nnone.F()"},
			want: []string{`~error ERROR: failed to run ".*go get": exit status 1.*`}, states: "error", class: ClassGoGet},
		{name: "a shell command", cells: []string{"!echo shell"}, want: []string{`stdout "shell\n"`}},
		{name: "a shell command that fails", cells: []string{"!false"},
			want: []string{"stderr \"exit status 1\\n\"\nerror ShellError: !false: exit status 1"}, states: "error",
			class: ClassShell},
		{name: "a shell cell that fails", cells: []string{"%%bash\nexit 7"},
			want: []string{"stderr \"exit status 7\\n\"\nerror ShellError: %%bash: exit status 7"}, states: "error",
			class: ClassShell},
		{name: "an unknown command", cells: []string{"%nosuch"},
			want: []string{`~stderr .*\nerror MagicError: unknown special command %nosuch`}, states: "error", class: ClassMagic},
		{name: "a display", cells: []string{"import \"github.com/janpfeifer/gonb/gonbui\"\n%%\ngonbui.DisplayHtml(\"<b>x</b>\")\ngonbui.Sync()"},
			want: []string{`display_data ""`}},
		{name: "a display updated in a later cell", cells: []string{
			"%%\ngonbui.UpdateHtml(\"d1\", \"one\")\ngonbui.Sync()", "%%\ngonbui.UpdateHtml(\"d1\", \"two\")\ngonbui.Sync()"},
			want: []string{`display_data ""`, ""}},
		{name: "unicode", cells: []string{"%%\nfmt.Print(\"ü 日本 😀\")"}, want: []string{`stdout "ü 日本 😀"`}},
		{name: "input", cells: []string{"%with_inputs\n!read name; echo hello $name"},
			want: []string{`stdout "hello Gopher\n"`}},
		// GoNB asks whether or not the request allows it.
		{name: "input for a shell command that nobody gives", cells: []string{"%with_inputs\n!read name; echo hello $name"},
			want: []string{`~.*error StdinError: the cell asked for input .*`}, states: "error", class: ClassStdin},
		{name: "input for a program that nobody gives", cells: []string{
			"%%\nvar name string\ngonbui.RequestInput(\"name? \", " +
				"false)\nfmt.Scanln(&name)\nfmt.Print(\"hello\")\ntime.Sleep(time.Hour)"},
			want: []string{`~.*error ERROR: signal: interrupt`}, states: "error", class: ClassStdin},
		{name: "and the next cell is well", cells: []string{"%%\nfmt.Print(answer)"}, want: []string{`stdout "42"`}},
	})
}

// A run that is stopped ends on both kernels, wherever it is.
func TestRealKernelsAreStopped(t *testing.T) {
	for name, c := range map[string]struct {
		spec func(testing.TB) *jupyter.Spec
		cell string
	}{
		"GoNB, program": {gonbSpec, "%%\ntime.Sleep(time.Hour)"},
		"GoNB, shell":   {gonbSpec, "!sleep 3600"},
		"IPython":       {pythonSpec, "import time; time.sleep(3600)"},
		"IPython, no interrupts": {pythonSpec, "import time, signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile " +
			"True: time.sleep(1)"},
	} {
		t.Run(name, func(t *testing.T) {
			result, err := runPeer(t, c.spec(t), document(c.cell, "next"),
				Options{CellTimeout: 3 * time.Second, InterruptGrace: 5 * time.Second})
			if code := ExitCode(err); code != ExitTimeout || states(result) != "timeout not-run" {
				t.Errorf("code %d, states %s: %v", code, states(result), err)
			}
		})
	}
}

// TestRealResume runs a notebook on GoNB up to a failure, and resumes it.
func TestRealResume(t *testing.T) {
	spec := gonbSpec(t)
	cells := []string{"import \"strings\"\n\ntype word string\n\nfunc (w word) loud() string { return " +
		"strings.ToUpper(string(w)) }",
		"%env PLACE=here\nvar greeting = word(\"hello\")\n%%\nfmt.Println(\"ran\")", "%%\nos.Exit(1)"}
	earlier := document(cells...)
	if _, err := runPeer(t, spec, earlier, Options{}); ExitCode(err) != ExitFailed {
		t.Fatal(err)
	}
	cells[2] = "%%\nfmt.Print(greeting.loud(), \" \", os.Getenv(\"PLACE\"))"
	nb := document(cells...)
	result, err := runPeer(t, spec, nb, Options{Earlier: earlier, Resume: true})
	if err != nil || states(result) != "skipped skipped ok" {
		t.Fatalf("%v, states %s, warnings %q", err, states(result), result.Warnings)
	}
	if got := outputsOf(nb.Cells[1]) + "\n" + outputsOf(nb.Cells[2]); got != "stdout \"Set: PLACE=\\\"here\\\"\\nran\\n\"\nstdout \"HELLO here\"" {
		t.Errorf("outputs %s", got)
	}
}

// A run on a kernel that keeps values starts again where a cell is left, and
// does nothing where none is.
func TestRealResumeOfIPyKernel(t *testing.T) {
	spec := pythonSpec(t)
	cells := []string{"x = 41", "x += 1", "raise ValueError('bad')"}
	earlier := document(cells...)
	if _, err := runPeer(t, spec, earlier, Options{}); ExitCode(err) != ExitFailed {
		t.Fatal(err)
	}
	cells[2] = "print(x)"
	nb := document(cells...)
	result, err := runPeer(t, spec, nb, Options{Earlier: earlier, Resume: true})
	if err != nil || states(result) != "ok ok ok" || len(result.Warnings) != 1 ||
		!strings.Contains(result.Warnings[0], "not resumed: kernel") {
		t.Fatalf("%v, states %s, warnings %q", err, states(result), result.Warnings)
	}
	if got := outputsOf(nb.Cells[2]); got != `stdout "42\n"` {
		t.Errorf("outputs %s", got)
	}
	result, err = runPeer(t, spec, document(cells...), Options{Earlier: nb, Resume: true})
	if err != nil || states(result) != "skipped skipped skipped" || result.Kernel.Name != "" {
		t.Errorf("%v, states %s, kernel %q", err, states(result), result.Kernel.Name)
	}
}
