// Package parameters sets values in a notebook before it is run, as papermill
// does: a cell tagged "parameters" holds the defaults, and a cell tagged
// "injected-parameters" that follows it overrides them. A notebook runs as well
// without.
//
// In Go the values are typed: they are written as constants or variables of the
// declared types and checked with go/types, so that a wrong name or value is
// found before anything runs. In Python they are assignments, as papermill
// writes them.
package parameters

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/kernels"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// The tags of cells, papermill's.
const (
	Tag         = "parameters"
	InjectedTag = "injected-parameters"
)

// Parameter is one that a notebook declares.
type Parameter struct {
	Name    string `json:"name"`
	Type    string `json:"type"`    // in the notebook's language; "" if unknown
	Default string `json:"default"` // as written, in the notebook's language
	Help    string `json:"help"`    // the comment beside or above it
}

// language is what the package knows about the notebooks of one language.
type language interface {
	// open reads the tagged cell; before is what stands above it.
	open(ctx context.Context, before []string, source string) (cell, error)
	// strict tells whether only declared parameters can be set.
	strict() bool
}

// cell is a tagged cell.
type cell interface {
	list() []Parameter
	// inject writes the text of the cell that sets the values.
	inject(values []Value) (text string, err error)
}

// languageOf finds the notebook's language by its metadata, else by the
// kernel's name.
func languageOf(nb *nbformat.Notebook, kernel string, modules []string) (language, error) {
	if kernel == "" {
		kernel = nb.KernelName()
	}
	name := strings.ToLower(nb.Language())
	switch {
	case name == "go", name == "" && kernels.IsGo(kernel):
		return golang{modules}, nil
	case name == "python", name == "ipython", name == "" && (strings.Contains(kernel, "python") || kernel == ""):
		return python{}, nil
	case name == "":
		name = "of kernel " + kernel
	}
	return nil, fmt.Errorf("parameters: notebooks in Go and Python can have parameters, this one is %s", name)
}

// Inspect lists the parameters of a notebook, in the order of their
// declaration. Kernel is the name of the kernelspec that will run it, "" for
// the notebook's own. Modules are folders: the Go modules around them are
// asked, in this order, for packages outside of the standard library that
// parameters have types of; without them such types are not known.
func Inspect(ctx context.Context, nb *nbformat.Notebook, kernel string, modules ...string) ([]Parameter, error) {
	lang, err := languageOf(nb, kernel, modules)
	if err != nil {
		return nil, err
	}
	at := tagged(nb, Tag)
	if at < 0 {
		return nil, nil
	}
	c, err := lang.open(ctx, sourcesBefore(nb, at), nb.Cells[at].Source())
	if err != nil {
		return nil, err
	}
	return c.list(), nil
}

// Inject adds the cell that sets the values, in place of one that an earlier
// call added. Of several values for a name the last one counts. Kernel and
// modules are as for [Inspect]. The warnings are about values that may have no
// effect. The document is unchanged if there is an error.
func Inject(
	ctx context.Context, nb *nbformat.Notebook, kernel string, values []Value, modules ...string,
) (warnings []string, err error) {
	values = lastOfEach(values)
	if len(values) == 0 {
		return nil, nil
	}
	lang, err := languageOf(nb, kernel, modules)
	if err != nil {
		return nil, err
	}
	for _, v := range values {
		if !isName(v.Name) {
			return nil, fmt.Errorf("parameters: %q is no name", v.Name)
		}
	}
	at, source := tagged(nb, Tag), ""
	var before []string
	if at >= 0 {
		source, before = nb.Cells[at].Source(), sourcesBefore(nb, at)
	}
	c, err := lang.open(ctx, before, source)
	if err != nil {
		return nil, err
	}
	if at >= 0 {
		if warnings, err = unknown(c.list(), values, lang.strict()); err != nil {
			return nil, err
		}
	} else {
		warnings = []string{fmt.Sprintf("no cell is tagged %q: the parameters were put at the top", Tag)}
	}
	text, err := c.inject(values)
	if err != nil {
		return nil, err
	}
	put(nb, at, text)
	return warnings, nil
}

// put places the injected cell: where one is, else after the tagged cell, else
// first.
func put(nb *nbformat.Notebook, after int, text string) {
	if old := tagged(nb, InjectedTag); old >= 0 {
		nb.Cells[old].SetSource(text)
		nb.Cells[old].SetOutputs(nil)
		nb.Cells[old].SetExecutionCount(0)
		return
	}
	cell := nbformat.NewCode(text)
	cell.AddTag(InjectedTag)
	nb.Insert(after+1, cell)
}

// unknown finds values for parameters that are not declared: an error in a
// strict language, else warnings.
func unknown(declared []Parameter, values []Value, strict bool) (warnings []string, err error) {
	var names []string
	for _, p := range declared {
		names = append(names, p.Name)
	}
	var errs []error
	for _, v := range values {
		if slices.Contains(names, v.Name) {
			continue
		}
		known := "declares none"
		if len(names) > 0 {
			known = "has " + strings.Join(names, ", ")
		}
		text := fmt.Sprintf("no parameter is called %s; the cell tagged %q %s", v.Name, Tag, known)
		if strict {
			errs = append(errs, errors.New("parameters: "+text))
		}
		warnings = append(warnings, text)
	}
	return warnings, errors.Join(errs...)
}

func tagged(nb *nbformat.Notebook, tag string) int {
	return slices.IndexFunc(nb.Cells, func(c *nbformat.Cell) bool { return c.Type() == nbformat.Code && c.HasTag(tag) })
}

func sourcesBefore(nb *nbformat.Notebook, at int) []string {
	var sources []string
	for _, cell := range nb.Cells[:at] {
		if cell.Type() == nbformat.Code {
			sources = append(sources, cell.Source())
		}
	}
	return sources
}
