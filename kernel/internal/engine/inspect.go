package engine

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/engine/host"
	"github.com/gocifar/gocifar/kernel/internal/engine/host/peek"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/engine/session"
)

// Variable describes a variable of the notebook.
type Variable = peek.Variable

// notebookPackage stands in front of the notebook's own names in types.
var notebookPackage = regexp.MustCompile(`\bmain\.`)

// visible are the notebook's variables as the last cell has left them.
type visible struct{ living, dormant map[string]*session.Variable }

// noteVisible remembers the session's variables for those who ask while a cell
// runs. Only the goroutine that runs cells may ask the session.
func (e *Engine) noteVisible() {
	var v visible
	v.living, v.dormant = e.session.Variables()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.visible = v
}

// Variables describes the variables of the notebook, sorted by name. Like
// VariableParts and ShowVariable it may be called at any time by any goroutine,
// and does not wait for the cell that runs.
func (e *Engine) Variables(ctx context.Context) ([]Variable, error) {
	v, running, p := e.looks()
	a, err := p.query(ctx, host.Query{})
	if err != nil {
		return nil, err
	}
	if a.Outcome != host.OK {
		return nil, errors.New(a.Error)
	}
	list := slices.DeleteFunc(a.Variables, func(one Variable) bool {
		return v.living[one.Name] == nil && one.Cell != running
	})
	for i := range list {
		if known := v.living[list[i].Name]; known != nil && list[i].Cell != running {
			list[i].Cell = known.Cell
		}
		list[i] = forPeople(list[i])
	}
	for name, variable := range v.dormant {
		list = append(list, Variable{Name: name, Type: variable.Type, Cell: variable.Cell,
			Text: "(has no value now; made anew when a cell uses it)"})
	}
	slices.SortFunc(list, func(a, b Variable) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// looks is what there is to look at: the notebook's variables, the execution
// that runs, and the process.
func (e *Engine) looks() (v visible, running int64, p *process) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.visible, e.executing, e.process
}

// VariableParts describes the values in a value, which a list of variables has
// given a reference.
func (e *Engine) VariableParts(ctx context.Context, reference int) ([]Variable, error) {
	_, _, p := e.looks()
	a, err := p.query(ctx, host.Query{Reference: reference})
	if err == nil && a.Outcome != host.OK {
		err = errors.New(a.Error)
	}
	for i := range a.Variables {
		a.Variables[i] = forPeople(a.Variables[i])
	}
	return a.Variables, err
}

// ShowVariable returns all of a variable by MIME type: as the value shows
// itself, or else what it is made of.
func (e *Engine) ShowVariable(ctx context.Context, name string) (map[string]any, error) {
	v, _, p := e.looks()
	if v.dormant[name] != nil && v.living[name] == nil {
		return nil, errors.New(name + " has no value now; it is made anew when a cell uses it")
	}
	a, err := p.query(ctx, host.Query{Name: name})
	if err == nil && a.Outcome != host.OK {
		err = errors.New(a.Error)
	}
	if page, ok := a.Result["text/html"].(string); ok {
		a.Result["text/html"] = nameForPeople(page)
	}
	return a.Result, err
}

// forPeople takes out of a variable what only the compiler knows.
func forPeople(v Variable) Variable {
	v.Type = nameForPeople(v.Type)
	if v.Kind == "func" {
		v.Text = nameForPeople(v.Text)
	}
	if v.Cell > unstoredBase {
		v.Cell = 0
	}
	return v
}

func nameForPeople(text string) string {
	text = strings.ReplaceAll(text, "interface {}", "any")
	if !strings.Contains(text, "main.") {
		return text
	}
	return notebookPackage.ReplaceAllString(library.WithoutVersions(text), "")
}
