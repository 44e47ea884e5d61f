package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/internal/markup"
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

//go:embed index.html.tmpl
var indexTemplate string

// Index is the page of results of a folder: index.html to look at, index.json
// for programs.
type Index struct {
	Title     string    `json:"title"`
	Generated time.Time `json:"generated"`
	// Shard says which part of a run this is, if it is not all; then the files
	// are named for it, index-2-of-4.json.
	Shard     *IndexShard     `json:"shard,omitempty"`
	Notebooks []IndexNotebook `json:"notebooks"`
}

// IndexNotebook is one notebook in the index.
type IndexNotebook struct {
	Name    string  `json:"name"` // path of the executed notebook below the folder, with slashes
	State   string  `json:"state"`
	Error   string  `json:"error,omitempty"`
	Kernel  string  `json:"kernel,omitempty"`
	Seconds float64 `json:"seconds"`
	// Parameters are those that a sweep sets for this run of the notebook.
	Parameters []IndexValue `json:"parameters,omitempty"`
	// Records are the values that the notebook has recorded, see [records].
	Records []IndexValue `json:"records,omitempty"`
	Cells   []IndexCell  `json:"cells"`
	// Prose are the text cells behind the last code cell.
	Prose template.HTML `json:"-"`
}

// IndexCell is one code cell in the index.
type IndexCell struct {
	Number   int            `json:"number"` // among the code cells, from 1
	Title    string         `json:"title"`
	State    execute.State  `json:"state"`
	Error    string         `json:"error,omitempty"`
	Seconds  float64        `json:"seconds"`
	Costs    *jupyter.Costs `json:"costs,omitempty"`
	Allowed  bool           `json:"allowed,omitempty"` // the error did not stop the run
	Warnings []string       `json:"warnings,omitempty"`
	Source   string         `json:"-"`
	Text     string         `json:"-"` // what it printed, as text
	Pictures []template.URL `json:"-"` // as data URLs
	Prose    template.HTML  `json:"-"` // the text cells before it
}

// Add puts a run into the index. The result may be nil when the notebook could
// not be run at all.
func (x *Index) Add(name string, r *execute.Result, err error) {
	n := IndexNotebook{Name: name, State: string(execute.OK)}
	if err != nil {
		n.State, n.Error = string(execute.Failed), err.Error()
	}
	if r != nil {
		n.Kernel, n.Seconds = kernelText(r.Kernel), r.Duration().Seconds()
		ran := func(c execute.CellResult) bool { return !c.Timing.Started.IsZero() }
		if err == nil && !slices.ContainsFunc(r.Cells, ran) { // resumed, and nothing was left to run
			n.Seconds = execute.RecordedSeconds(r.Notebook)
		}
		n.Records = records(r.Notebook)
		n.Cells = indexCells(r)
		n.illustrate(r.Notebook)
	}
	x.Notebooks = append(x.Notebooks, n)
}

// indexCells are what became of the code cells of a run.
func indexCells(r *execute.Result) []IndexCell {
	var cells []IndexCell
	for i, cell := range r.Notebook.Cells {
		if cell.Type() != nbformat.Code || i >= len(r.Cells) {
			continue
		}
		result := r.Cells[i]
		c := IndexCell{
			Number: len(cells) + 1, Title: title(cell.Source()), State: result.State,
			Seconds: result.Timing.Duration().Seconds(), Costs: result.Costs, Warnings: result.Warnings,
		}
		if result.Failure != nil {
			c.Error, c.Allowed = result.Failure.Text(), result.Allowed
		}
		cells = append(cells, c)
	}
	return cells
}

// illustrate adds what the page takes from the document itself: the cells' code
// and outputs, and the text between them.
func (n *IndexNotebook) illustrate(nb *nbformat.Notebook) {
	var prose template.HTML
	k := 0
	for _, cell := range nb.Cells {
		switch {
		case cell.Type() == nbformat.Markdown:
			prose += proseHTML(n.Name, cell.Source())
		case cell.Type() == nbformat.Code && k < len(n.Cells):
			c := &n.Cells[k]
			c.Source, c.Prose = cell.Source(), prose
			c.Text, c.Pictures = shown(cell)
			k, prose = k+1, ""
		}
	}
	n.Prose = prose
}

// proseHTML is a text cell for the page. Its relative addresses are seen from
// the notebook's folder, below the page's.
func proseHTML(name, source string) template.HTML {
	return template.HTML(markup.MarkdownHTML(source, func(address string) string {
		u, err := url.Parse(address)
		if err != nil || path.IsAbs(u.Path) {
			return address
		}
		u.Path = path.Join(path.Dir(name), u.Path)
		return u.String()
	}))
}

// mostText is how much of a cell's text the page shows, in bytes; the notebook
// has it all.
const mostText = 20_000

// shown is what a page shows of a cell's outputs.
func shown(cell *nbformat.Cell) (text string, pictures []template.URL) {
	var b strings.Builder
	for _, o := range cell.Outputs() {
		if isRecord(o) {
			continue
		}
		if png, ok := o.Text("image/png"); ok {
			pictures = append(pictures, template.URL("data:image/png;base64,"+stripSpace(png)))
			continue
		}
		if svg, ok := o.Text("image/svg+xml"); ok { // as a picture, so that nothing in it can run
			pictures = append(pictures, template.URL("data:image/svg+xml,"+url.PathEscape(svg)))
			continue
		}
		if b.Len() < mostText {
			text := outputText(o)
			b.WriteString(strings.TrimRight(termtext.Plain(text[:min(len(text), 2*mostText)]), "\n") + "\n")
		}
	}
	text = b.String()
	if len(text) > mostText {
		text = strings.ToValidUTF8(text[:mostText], "") + "\n… (more in the notebook)"
	}
	return text, pictures
}

// Sort brings the notebooks into the order of the names.
func (x *Index) Sort(names []string) {
	place := map[string]int{}
	for i, name := range names {
		place[name] = i
	}
	slices.SortStableFunc(x.Notebooks, func(a, b IndexNotebook) int { return place[a.Name] - place[b.Name] })
}

// Failed are the names of the notebooks that did not end well.
func (x *Index) Failed() []string {
	var names []string
	for _, n := range x.Notebooks {
		if n.State != string(execute.OK) {
			names = append(names, n.Name)
		}
	}
	return names
}

// Write writes index.html and index.json into the folder, each in one step; of
// a shard, the files that are named for it.
func (x *Index) Write(folder string) error {
	page, err := template.New("index").Funcs(template.FuncMap{
		"seconds": func(s float64) string { return seconds(time.Duration(s * float64(time.Second))) },
		"costs":   costsText,
		"path":    func(name string) template.URL { return template.URL((&url.URL{Path: "./" + name}).String()) },
	}).Parse(indexTemplate)
	if err != nil {
		return fmt.Errorf("the page of results: %w", err)
	}
	var html bytes.Buffer
	if err := page.Execute(&html, x); err != nil {
		return fmt.Errorf("the page of results: %w", err)
	}
	raw, err := json.MarshalIndent(x, "", " ")
	if err != nil {
		return fmt.Errorf("the list of results: %w", err)
	}
	if err := nbformat.WriteFile(filepath.Join(folder, x.Shard.stem()+".json"), append(raw, '\n')); err != nil {
		return err
	}
	return nbformat.WriteFile(filepath.Join(folder, x.Shard.stem()+".html"), html.Bytes())
}
