package repl

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// record is a session as a notebook: every input that ran, with its outputs.
type record struct {
	nb        *nbformat.Notebook
	collector *execute.Collector
	kernel    *jupyter.Kernel // the one that widgets talk to
	requests  map[string]*printed
	count     int // the prompt's number of the last input
	cell      *nbformat.Cell
}

// printed is how much text an input's outputs have.
type printed struct {
	bytes int
	full  bool
}

// maxPrinted is how much text of one cell is kept: a cell may print for days.
const maxPrinted = 8 << 20

func newRecord() *record {
	r := &record{nb: nbformat.New(), requests: map[string]*printed{}}
	r.collector = execute.NewCollector(r.sendComm)
	return r
}

// describe notes which kernel runs the session.
func (r *record) describe(name, displayName string, kernel *jupyter.Kernel) {
	r.kernel = kernel
	language := kernel.Info.LanguageInfo
	spec := r.nb.Metadata().Ensure("kernelspec")
	spec.Set("display_name", displayName)
	spec.Set("language", language.Name)
	spec.Set("name", name)
	if raw, err := json.Marshal(language); err == nil {
		r.nb.Metadata().Set("language_info", json.RawMessage(raw))
	}
}

// begin adds an input, which the request executes.
func (r *record) begin(request, source string) {
	r.count++
	r.cell = nbformat.NewCode(source)
	r.nb.Insert(len(r.nb.Cells), r.cell)
	r.requests[request] = &printed{}
	r.collector.Begin(r.cell, request, r.count)
}

// number says which number the kernel gives to the last input. Ours is another
// if the kernel runs for others too.
func (r *record) number(count int) {
	if count > 0 && r.cell != nil {
		r.count = count
		r.cell.SetExecutionCount(count)
	}
}

// owns reports whether a request is one of this session's.
func (r *record) owns(request string) bool { return r.requests[request] != nil }

// handle takes in what the kernel sent.
func (r *record) handle(e jupyter.Event) {
	p := r.requests[e.ParentID()]
	if s, ok := e.Content.(*jupyter.Stream); ok && p != nil {
		if p.full {
			return
		}
		if p.bytes += len(s.Text); p.bytes > maxPrinted {
			p.full = true
			short := *s
			short.Text = fmt.Sprintf("\n[what came after %d MB was not kept]\n", maxPrinted>>20)
			e.Content = &short
		}
	}
	r.collector.Handle(e)
}

func (r *record) sendComm(content jupyter.Content) error {
	if r.kernel == nil {
		return nil
	}
	_, err := r.kernel.SendComm(context.Background(), content)
	return err
}

// save writes the session into a notebook, or its inputs alone into a file of
// code, cell by cell as editors and jupytext mark them.
func (r *record) save(path string) error {
	if strings.EqualFold(filepath.Ext(path), ".ipynb") {
		r.collector.Store(r.nb)
		return r.nb.WriteFile(path)
	}
	comment := "//"
	switch filepath.Ext(path) {
	case ".go":
	case ".py", ".sh", ".r", ".R", ".jl":
		comment = "#"
	default:
		return fmt.Errorf("cannot save as %q: want a name that ends in .ipynb, .go or .py", path)
	}
	var b strings.Builder
	for _, cell := range r.nb.Cells {
		fmt.Fprintf(&b, "%s %%%%\n%s\n\n", comment, strings.TrimRight(cell.Source(), "\n"))
	}
	return nbformat.WriteFile(path, []byte(b.String()))
}
