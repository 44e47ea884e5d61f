package engine

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/host"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/engine/session"
)

// Evaluate runs an expression, or statements, in a call that has stopped, or
// with the notebook's variables alone for nil. What it prints goes to front. It
// is compiled like a cell and runs beside the one that has stopped. What it
// leaves in variables stays.
func (e *Engine) Evaluate(ctx context.Context, in *Call, text string, front Front) ([]Variable, error) {
	if in != nil && in.Below {
		for _, name := range assigned(text) {
			if err := e.CanSet(*in, name); errors.Is(err, errBelow) {
				return nil, err
			}
		}
	}
	e.turn.Lock()
	defer e.turn.Unlock()
	_, list, err := e.evaluated(ctx, in, front,
		func(number int64, locals []session.Local) (*session.Program, []int, error) {
			return e.session.Evaluation(number, locals, text)
		})
	return list, err
}

// CopyToGlobals gives the notebook a variable with the value of a call's.
func (e *Engine) CopyToGlobals(ctx context.Context, in Call, from, to string) error {
	e.turn.Lock()
	defer e.turn.Unlock()
	p, _, err := e.evaluated(ctx, &in, e.options.Front,
		func(number int64, locals []session.Local) (*session.Program, []int, error) {
			return e.session.Copy(number, locals, from, to)
		})
	if err == nil {
		e.session.CommitCopy(p)
		e.noteVisible()
	}
	return err
}

// evaluated compiles a cell that takes variables of a call, and runs it.
func (e *Engine) evaluated(ctx context.Context, in *Call, front Front,
	prepare func(int64, []session.Local) (*session.Program, []int, error)) (*session.Program, []Variable, error) {
	e.commitStopped(in)
	e.unstored++
	number := unstoredBase + e.unstored
	var locals []session.Local
	evaluation := &host.Evaluation{}
	if in != nil {
		locals, evaluation.Frame = e.localsAt(in.Program, in.Site), in.ID
	}
	program, taken, err := prepare(number, locals)
	if err != nil {
		return nil, nil, expressionError(err)
	}
	evaluation.Locals = taken
	plugin, err := e.compiler.Compile(ctx, e.dir, number, program.Source)
	if err != nil {
		return nil, nil, expressionError(err)
	}
	defer os.Remove(plugin)
	r := e.begin(ctx, Cell{Beside: front})
	defer e.end(r)
	r.mu.Lock()
	r.number = number
	r.mu.Unlock()
	a, err := r.evaluate(host.Command{Path: plugin, Entry: library.EntryName(number), Cell: number, Beside: true,
		Evaluation: evaluation})
	for i := range a.Variables {
		a.Variables[i] = forPeople(a.Variables[i])
	}
	return program, a.Variables, err
}

// evaluate has the process run an expression, while others have their turn.
func (r *run) evaluate(c host.Command) (a host.Answer, err error) {
	p := r.process
	r.turn.Unlock()
	defer r.turn.Lock()
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(r.ctx), evaluationLimit+evaluationGrace,
		fmt.Errorf("the expression has not ended within %s and cannot be stopped: it may wait for a goroutine that is "+
			"stopped", evaluationLimit))
	defer cancel()
	stop := time.AfterFunc(evaluationLimit, func() { _ = p.send(host.Command{Stop: c.Cell}) })
	defer stop.Stop()
	defer context.AfterFunc(r.ctx, func() { _ = p.send(host.Command{Stop: c.Cell}) })()
	a, err = p.ask(ctx, c)
	switch {
	case err != nil:
		return a, err
	case a.Outcome == host.OK:
		return a, nil
	case a.Outcome == host.Interrupted:
		return a, fmt.Errorf("the expression was stopped: it had not ended within %s, or was interrupted", evaluationLimit)
	case a.Outcome == host.Panicked:
		return a, errors.New("panic: " + a.Error)
	case a.Outcome == host.Exited:
		return a, fmt.Errorf("the expression called os.Exit(%d)", a.Status)
	}
	return a, errors.New(a.Error)
}

// expressionError is what is wrong with an expression, for a person.
func expressionError(err error) error {
	var mistakes *session.Error
	var need *session.NeedPackages
	switch {
	case errors.As(err, &mistakes) && len(mistakes.Diagnostics) > 0:
		return errors.New(mistakes.Diagnostics[0].Message)
	case errors.As(err, &need):
		return fmt.Errorf("%w: import them in a cell first", err)
	}
	return err
}

// commitStopped takes over what a cell declares whose code has stopped: it is
// loaded, though it has not ended.
func (e *Engine) commitStopped(in *Call) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if in == nil {
		return
	}
	runs := []*run{e.running}
	for r := range e.besides {
		runs = append(runs, r)
	}
	for _, r := range runs {
		if r != nil && (r.number == in.Program || r.number == in.Cell) {
			r.commit()
		}
	}
}

// commit takes over what the cell declares, once.
func (r *run) commit() {
	if r.declares != nil {
		r.session.Commit(r.declares)
		r.declares = nil
	}
}

// localsAt are the variables at a site.
func (e *Engine) localsAt(program int64, site int) []session.Local {
	d := &e.debugging
	d.mu.Lock()
	defer d.mu.Unlock()
	if p, ok := d.programs[program]; ok && site >= 0 && site < len(p.sites) {
		return p.sites[site].Locals
	}
	return nil
}

var errBelow = errors.New("its call waits for another, or ends by a panic")

// assigned are the names to which statements assign.
func assigned(text string) (names []string) {
	file, err := parser.ParseFile(token.NewFileSet(), "", "package p; func _() {"+text+"\n}", 0)
	if err != nil {
		return nil // the compiler says so, too
	}
	add := func(x ast.Expr) {
		if ident, ok := x.(*ast.Ident); ok {
			names = append(names, ident.Name)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, x := range n.Lhs {
					add(x)
				}
			}
		case *ast.IncDecStmt:
			add(n.X)
		}
		return true
	})
	return names
}

// CanSet tells whether a call has a variable of a name that can be set.
func (e *Engine) CanSet(in Call, name string) error {
	for _, v := range e.localsAt(in.Program, in.Site) {
		if v.Name != name {
			continue
		}
		if v.Fixed != "" {
			return fmt.Errorf("%s cannot be set: %s", name, v.Fixed)
		}
		if in.Below {
			return fmt.Errorf("%s cannot be set: %w", name, errBelow)
		}
		return nil
	}
	return fmt.Errorf("there is no variable %s in this call", name)
}

// TextOf is the text of an execution of which a stopped program has code.
func (e *Engine) TextOf(in Call) string {
	d := &e.debugging
	d.mu.Lock()
	defer d.mu.Unlock()
	var number int64
	if _, err := fmt.Sscanf(in.File, "cell[%d]", &number); err != nil {
		return ""
	}
	if text, ok := d.programs[in.Program].texts[number]; ok && in.Program > 0 {
		return text
	}
	return d.programs[in.Cell].texts[number] // a package's hook has stopped it
}

// compileExpression compiles a breakpoint's condition or message.
func (e *Engine) compileExpression(ctx context.Context, c *host.Compiled) (plugin string, err error) {
	e.turn.Lock()
	defer e.turn.Unlock()
	e.commitStopped(&Call{Program: c.Program, Cell: c.Owner})
	e.unstored++
	c.Cell = unstoredBase + e.unstored
	locals := e.localsAt(c.Program, c.Site)
	var program *session.Program
	if c.Message {
		program, c.Locals, err = e.session.Message(c.Cell, locals, c.Expression)
	} else {
		program, c.Locals, err = e.session.Evaluation(c.Cell, locals, c.Expression)
	}
	if err != nil {
		return "", expressionError(err)
	}
	c.Entry = library.EntryName(c.Cell)
	c.Path, err = e.compiler.Compile(ctx, e.dir, c.Cell, program.Source)
	return c.Path, err
}
