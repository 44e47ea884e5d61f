package report

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

const onePixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==\n"

// result is a run with a picture, a failure and a cell that was not run.
func result() *execute.Result {
	nb := nbformat.New()
	for _, source := range []string{"draw()", "<script>boom()</script>", "never()"} {
		nb.Insert(len(nb.Cells), nbformat.NewCode(source))
	}
	nb.Cells[0].SetOutputs([]nbformat.Output{nbformat.NewDisplay(nbformat.Value(map[string]any{
		"image/png": onePixel, "text/plain": "a picture"}).(*nbformat.Object), nil)})
	nb.Cells[1].SetOutputs([]nbformat.Output{nbformat.NewStream("stdout", "<b>text</b>\n")})
	start := time.Now()
	return &execute.Result{
		Path: "a b.ipynb", Notebook: nb, Started: start, Ended: start.Add(2 * time.Second),
		Cells: []execute.CellResult{
			{Index: 0, Type: nbformat.Code, State: execute.OK,
				Costs: &jupyter.Costs{Compile: 0.25, Wall: 1, CPU: 2, Allocated: 3_000_000, Objects: 4, Peak: 50_000_000,
					Slower: []string{"linked by the C compiler"}},
				Timing: execute.Timing{Started: start, Ended: start.Add(time.Second)}},
			{Index: 1, Type: nbformat.Code, State: execute.Failed, Failure: &execute.Failure{Class: "Panic", Value: "boom"}},
			{Index: 2, Type: nbformat.Code, State: execute.NotRun},
		},
	}
}

func TestIndex(t *testing.T) {
	dir := t.TempDir()
	index := &Index{Title: "Results", Generated: time.Now()}
	index.Add("sub/a b.ipynb", result(), errors.New("cell 2 failed"))
	if err := index.Write(dir); err != nil {
		t.Fatal(err)
	}
	html, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`href="./sub/a%20b.ipynb"`, "data:image/png;base64,iVBOR", "Panic: boom", "not-run",
		"&lt;b&gt;text&lt;/b&gt;", "&lt;script&gt;boom()",
		"(linked by the C compiler), ran", "processors 2.00s, allocated 3.0 MB, at most 50.0 MB in memory"} {
		if !strings.Contains(string(html), want) {
			t.Errorf("index.html lacks %s", want)
		}
	}
	if strings.Contains(string(html), "<script>") {
		t.Error("a cell's text became part of the page")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var back Index
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if n := back.Notebooks[0]; n.State != "error" || len(n.Cells) != 3 || n.Cells[0].Seconds != 1 ||
		n.Cells[1].Error != "Panic: boom" || n.Cells[0].Costs.CPU != 2 || n.Cells[1].Costs != nil {
		t.Errorf("index.json: %+v", n)
	}
}

// TestIndexProse: text cells are laid out, and nothing in them runs or leads
// where it should not.
func TestIndexProse(t *testing.T) {
	nb := nbformat.New()
	for i, cell := range []*nbformat.Cell{nbformat.NewMarkdown("# 1 · `Title`\n\n[next](02-b.ipynb) and " +
		"[web](https://x.y)"),
		nbformat.NewMarkdown("<script>boom()</script>\n\n[a](javascript:boom()) <javascript:boom()> " +
			"[b](&#106;avascript:boom())"),
		nbformat.NewCode("import (\n\t\"context\"\n)\n\nrun(context.Background())"), nbformat.NewMarkdown("*the end*")} {
		nb.Insert(i, cell)
	}
	index := &Index{}
	index.Add("sub dir/01-a.ipynb", &execute.Result{Notebook: nb, Cells: make([]execute.CellResult, len(nb.Cells))}, nil)
	dir := t.TempDir()
	if err := index.Write(dir); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	html := string(raw)
	for _, want := range []string{"<h1>1 · <code>Title</code></h1>", `<a href="sub%20dir/02-b.ipynb">next</a>`,
		`<a href="https://x.y">web</a>`,
		"<code>run(context.Background())</code>", "<em>the end</em>"} {
		if !strings.Contains(html, want) {
			t.Errorf("index.html lacks %s", want)
		}
	}
	for _, bad := range []string{"<script", `"javascript:`, `&#106;`} {
		if strings.Contains(html, bad) {
			t.Errorf("index.html has %s", bad)
		}
	}
}

func TestTitle(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{"x := 1\ny", "x := 1"},
		{"import (\n\t\"context\"\n\tm \"math\" // (m)\n\n\t\"fmt\"\n)\n\n%%\nfmt.Println(1)", "fmt.Println(1)"},
		{"import \"fmt\"\n\nimport m \"math\"\nfunc f() {", "func f() {"},
		{"import (\"fmt\"; \"os\")\nf()", "f()"},
		{"package main\n\n// about\n/* more\nimport x */\n\nvar (\n\tctx     = f()\n)", "ctx = f()"},
		{"/* short */\ng()", "g()"},
		{"import numpy as np\nfrom a import (\n  b,\n  c)\n# note\nplot(b)", "plot(b)"},
		{"imports := 3", "imports := 3"},
		{"%env A=b\nf()", "%env A=b"},
		{"!ls", "!ls"},
		{"%%bash\nls", "%%bash"},
		{"import (\n\t\"context\"\n)", "import \"context\""},
		{"import \"os\"", "import \"os\""},
		{"// only a word", "// only a word"},
		{"import (", "import ("},
		{"\n \n", ""},
	} {
		if got := title(c.source); got != c.want {
			t.Errorf("%q is named %q, want %q", c.source, got, c.want)
		}
	}
}

func TestLinesNameThePictures(t *testing.T) {
	var out strings.Builder
	lines := &Lines{Out: &out}
	ref := execute.CellRef{Path: "x.ipynb", Number: 1, Of: 2, Cell: nbformat.NewCode("draw()")}
	lines.Observe(execute.CellExecute{CellRef: ref})
	for _, text := range []string{"10%\r", "20%\r", "done\nnext"} {
		lines.Observe(execute.CellOutput{CellRef: ref,
			OutputChange: execute.OutputChange{Kind: "stream", Name: "stdout", Text: text}})
	}
	picture := result().Notebook.Cells[0].Outputs()[0]
	lines.Observe(execute.CellOutput{CellRef: ref,
		OutputChange: execute.OutputChange{Kind: "display_data", Output: picture}})
	lines.Observe(execute.CellExecuted{CellRef: ref, State: execute.OK})
	want := "[1/2] draw()\n    done\n    next\n    a picture\n    [image/png 1×1, 70 B]\n[1/2] ok 0.00s\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestJUnit(t *testing.T) {
	index := &Index{}
	index.Add("a.ipynb", result(), errors.New("cell 2 failed"))
	index.Add("b.ipynb", nil, errors.New("no kernel \x1b[31m\x00"))
	raw, err := index.JUnit()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`name="a.ipynb" tests="3" failures="1" errors="0" skipped="1" time="2.000"`,
		`<failure message="Panic: boom" type="error">`, `<error message="no kernel "></error>`,
		`<property name="cpu_seconds" value="2.000"></property>`, `<property name="peak_bytes" value="50000000"></property>`} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("lacks %s:\n%s", want, raw)
		}
	}
}

func TestEventsAndAnnotations(t *testing.T) {
	var events, notes strings.Builder
	ref := execute.CellRef{Path: "x,y.ipynb", Index: 0, Number: 1, Of: 2, Cell: nbformat.NewCode("f()")}
	failed := execute.CellError{CellRef: ref, Failure: &execute.Failure{Class: "Panic", Value: "100%\nlost"}}
	(&Events{Out: &events}).Observe(failed)
	(&GitHub{Out: &notes}).Observe(failed)
	var back map[string]any
	if err := json.Unmarshal([]byte(events.String()), &back); err != nil || back["event"] != "CellError" ||
		back["index"] != 0.0 || back["class"] != "Panic" {
		t.Errorf("%v: %s", err, events.String())
	}
	failed.Path = "d/n.ipynb[rate=1,b=2]"
	(&GitHub{Out: &notes}).Observe(failed)
	if want := "::error file=x%2Cy.ipynb,title=cell 1::Panic: 100%25 …\n" +
		"::error file=d/n.ipynb,title=cell 1 of rate=1%2Cb=2::Panic: 100%25 …\n"; notes.String() != want {
		t.Errorf("got %q, want %q", notes.String(), want)
	}
}
