package execute

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// resumable runs a document on a fake that calls itself GoNB and returns what
// it was sent.
func resumable(t *testing.T, nb *nbformat.Notebook, opts Options, script func(*fakekernel.Execution)) (*Result, []string, error) {
	t.Helper()
	fake, err := fakekernel.Start(fakekernel.Options{
		Info: &jupyter.KernelInfoReply{Status: "ok", Implementation: "gonb", LanguageInfo: jupyter.LanguageInfo{Name: "go"}},
		Execute: func(x *fakekernel.Execution) {
			if script != nil {
				script(x)
			}
			x.Stdout("ran " + strings.TrimSpace(x.Code))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fake.Close)
	opts.Start = func(ctx context.Context, _, _ string, _ []string) (*jupyter.Kernel, error) {
		return jupyter.Attach(ctx, fake.Connection())
	}
	opts.Output = filepath.Join(t.TempDir(), "out.ipynb")
	result, err := Document(t.Context(), "test.ipynb", nb, opts)
	return result, fake.Executed(), err
}

func TestFromReplaysDeclarations(t *testing.T) {
	nb := document("const a = 1\n%%\nuse(a)", "%%bash\nls", "const b = 2", "skipped()", "%%\nuse(a, b)")
	nb.Cells[3].AddTag("skip-execution")
	opts := quick()
	opts.From = 4
	result, sent, err := resumable(t, nb, opts, nil)
	if err != nil || states(result) != "skipped skipped skipped skipped ok" || len(result.Warnings) > 0 {
		t.Errorf("%v, states %s, warnings %q", err, states(result), result.Warnings)
	}
	if want := []string{"const a = 1\nconst b = 2", "%%\nuse(a, b)"}; !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
	if got := outputsOf(nb.Cells[0]); got != "" {
		t.Errorf("the replay's output became a cell's: %s", got)
	}
}

func TestReplayThatFailsIsTriedCellByCell(t *testing.T) {
	nb := document("const a = 1", "const bad = x", "%%\nuse(a)")
	opts := quick()
	opts.From = 2
	result, sent, err := resumable(t, nb, opts, func(x *fakekernel.Execution) {
		if strings.Contains(x.Code, "bad") {
			x.Fail("ERROR", "# gonb_1234\n./main.go:4:2: undefined: x\n")
		}
	})
	if err != nil || states(result) != "skipped skipped ok" {
		t.Errorf("%v, states %s", err, states(result))
	}
	if want := []string{"const a = 1\nconst bad = x", "const a = 1", "const bad = x", "%%\nuse(a)"}; !slices.Equal(sent,
		want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
	if len(result.Warnings) != 1 || !strings.Contains(result.Warnings[0], "cell 2") {
		t.Errorf("warnings %q", result.Warnings)
	}
}

func TestWidgetsWithoutABrowser(t *testing.T) {
	result, _, err := resumable(t, document("%widgets", "%%\nfmt.Println(\"%widgets\")"), quick(), nil)
	if err != nil || len(result.Cells[0].Warnings) != 1 || len(result.Cells[1].Warnings) != 0 {
		t.Errorf("%v, warnings %q, %q", err, result.Cells[0].Warnings, result.Cells[1].Warnings)
	}
}

func TestResume(t *testing.T) {
	fresh := func() *nbformat.Notebook {
		nb := document("const a = 1", "%%\none()", "%%\ntwo()")
		nb.Insert(1, nbformat.NewMarkdown("# text"))
		return nb
	}
	earlier := fresh()
	failing := func(x *fakekernel.Execution) {
		if strings.Contains(x.Code, "two") {
			x.Fail("ERROR", "exit status 1\n")
		}
	}
	opts := quick()
	opts.Basis = "profile quick"
	if _, _, err := resumable(t, earlier, opts, failing); ExitCode(err) != ExitFailed {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change   func(nb *nbformat.Notebook, opts *Options)
		states   string
		sent     []string
		prompts  []int
		warnings int
	}{
		"from the cell that failed": {func(nb *nbformat.Notebook, _ *Options) { nb.Cells[1].SetSource("# new text") },
			"skipped  skipped ok", []string{"const a = 1", "%%\ntwo()"}, []int{1, 2, 3}, 0},
		"from a cell that changed": {func(nb *nbformat.Notebook, _ *Options) { nb.Cells[2].SetSource("%%\nother()") },
			"skipped  ok ok", []string{"const a = 1", "%%\nother()", "%%\ntwo()"}, []int{1, 2, 3}, 0},
		"from a cell that is new": {func(nb *nbformat.Notebook, _ *Options) { nb.Insert(0, nbformat.NewCode("%%\nzero()")) },
			"ok ok  ok ok", []string{"%%\nzero()", "const a = 1", "%%\none()", "%%\ntwo()"}, []int{1, 2, 3, 4}, 0},
		"another basis": {func(_ *nbformat.Notebook, opts *Options) { opts.Basis = "profile full" },
			"ok  ok ok", []string{"const a = 1", "%%\none()", "%%\ntwo()"}, []int{1, 2, 3}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			nb := fresh()
			opts := quick()
			opts.Earlier, opts.Resume, opts.Basis = earlier.Clone(), true, "profile quick"
			c.change(nb, &opts)
			result, sent, err := resumable(t, nb, opts, nil)
			if err != nil || states(result) != c.states || !slices.Equal(sent, c.sent) || len(result.Warnings) != c.warnings {
				t.Errorf("%v\nstates %s, want %s\nsent %q, want %q\nwarnings %q", err, states(result), c.states, sent, c.sent,
					result.Warnings)
			}
			var prompts []int
			for _, i := range codeCells(nb) {
				prompts = append(prompts, nb.Cells[i].ExecutionCount())
				if !strings.HasPrefix(outputsOf(nb.Cells[i]), `stdout "ran `) {
					t.Errorf("cell %d: outputs %s", i, outputsOf(nb.Cells[i]))
				}
			}
			if !slices.Equal(prompts, c.prompts) {
				t.Errorf("prompts %v, want %v", prompts, c.prompts)
			}
		})
	}

	t.Run("all is there", func(t *testing.T) {
		done := fresh()
		if _, _, err := resumable(t, done, quick(), nil); err != nil {
			t.Fatal(err)
		}
		nb := fresh()
		opts := quick()
		opts.Earlier, opts.Resume = done, true
		result, sent, err := resumable(t, nb, opts, nil)
		if err != nil || len(sent) > 0 || result.Count(Skipped) != 3 {
			t.Errorf("%v, sent %q, states %s", err, sent, states(result))
		}
	})

	t.Run("another kernel", func(t *testing.T) {
		nb := fresh()
		opts := quick()
		opts.Earlier, opts.Resume, opts.Basis = earlier.Clone(), true, "profile quick"
		result, err := runFake(t, fakekernel.Options{Execute: func(x *fakekernel.Execution) { x.Stdout("again") }}, nil, nb,
			opts)
		if err != nil || states(result) != "ok  ok ok" || len(result.Warnings) != 1 ||
			!strings.Contains(result.Warnings[0], "not resumed") {
			t.Errorf("%v, states %s, warnings %q", err, states(result), result.Warnings)
		}
		for k, i := range codeCells(nb) {
			if got := outputsOf(nb.Cells[i]); got != `stdout "again"` || nb.Cells[i].ExecutionCount() != k+1 {
				t.Errorf("cell %d: prompt %d, outputs %s", k, nb.Cells[i].ExecutionCount(), got)
			}
		}
	})

	t.Run("another kernel, from a cell", func(t *testing.T) {
		nb := fresh()
		opts := quick()
		opts.Earlier, opts.From = earlier.Clone(), 2
		result, err := runFake(t, fakekernel.Options{}, nil, nb, opts)
		if err != nil || states(result) != "skipped  ok ok" || len(result.Warnings) != 1 ||
			!strings.Contains(result.Warnings[0], "what they define is not there") {
			t.Errorf("%v, states %s, warnings %q", err, states(result), result.Warnings)
		}
	})
}
