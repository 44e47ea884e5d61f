package host

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/host/peek"
)

// This file is about expressions that are evaluated in a call that has stopped:
// for the user, and as conditions and messages of breakpoints. Each is a cell,
// whose code gets at the call's variables by Locals and hands its values to
// Evaluated.

// evaluations are those that run, by the number of the cell.
var evaluations sync.Map

// evaluating are the goroutines of breakpoints' expressions, by number: they have
// the labels of the cell that has met the breakpoint.
var evaluating sync.Map

// isEvaluation tells whether this goroutine evaluates an expression. owner is the
// cell to which it belongs.
func isEvaluation(owner int64) bool {
	if _, ok := evaluations.Load(owner); ok {
		return true
	}
	_, ok := evaluating.Load(goroutine())
	return ok
}

// evaluation is one.
type evaluation struct {
	copies []any // of the variables that it takes
	values []reflect.Value
}

func declarationOf(cell int64, pointer any) declaration {
	v := reflect.ValueOf(pointer)
	return declaration{cell, v.Type().Elem(), v.Pointer()}
}

// Locals gives a cell that is evaluated in a call the addresses of the variables
// there. The arguments are pointers to pointers.
func Locals(cell int64, pointers ...any) {
	v, _ := evaluations.Load(cell)
	e, _ := v.(*evaluation)
	for i, p := range pointers {
		to := reflect.ValueOf(p).Elem()
		if e == nil || i >= len(e.copies) {
			panic("the code has gone on since")
		}
		from := reflect.ValueOf(e.copies[i])
		if from.Type() != to.Type() {
			panic(fmt.Sprintf("a variable of type %s has another definition of it than the notebook has now",
				from.Type().Elem()))
		}
		to.Set(from)
	}
}

// Evaluated takes the values of an expression. Like Result it is called in two
// steps.
func Evaluated(cell int64) func(values ...any) {
	return func(values ...any) {
		v, _ := evaluations.Load(cell)
		e, ok := v.(*evaluation)
		if !ok {
			return
		}
		for _, one := range values {
			e.values = append(e.values, reflect.ValueOf(one))
		}
	}
}

// evaluationBegins prepares for a cell that is evaluated in a call.
func evaluationBegins(c Command) error {
	if c.Evaluation == nil {
		return nil
	}
	e := &evaluation{}
	if c.Evaluation.Frame != 0 {
		debugger.Lock()
		defer debugger.Unlock()
		in, err := callOf(c.Evaluation.Frame)
		if err != nil {
			return err
		}
		if e.copies, err = chosen(in.copies, c.Evaluation.Locals); err != nil {
			return err
		}
	}
	evaluations.Store(c.Cell, e)
	return nil
}

// chosen are some of the copies of variables.
func chosen(copies []any, places []int) (list []any, err error) {
	for _, i := range places {
		if i < 0 || i >= len(copies) {
			return nil, fmt.Errorf("the variables of this call are not known")
		}
		list = append(list, copies[i])
	}
	return list, nil
}

// evaluationEnds describes what a cell's expression has come to.
func evaluationEnds(c Command) {
	v, ok := evaluations.LoadAndDelete(c.Cell)
	x := executionOf(c.Cell)
	if !ok || x == nil {
		return
	}
	debugger.Lock()
	defer debugger.Unlock()
	for _, value := range v.(*evaluation).values {
		if !value.IsValid() {
			x.values = append(x.values, peek.Variable{Text: "nil", Type: "nil", Kind: "nil"})
			continue
		}
		at := reflect.New(value.Type())
		at.Elem().Set(value)
		d := declaration{c.Cell, value.Type(), at.Pointer()}
		shown := peek.Look(d.t, d.at, peek.Limits{Text: 2000, Elements: 100})
		shown.Reference = part(d)
		if shown.Reference != 0 {
			debugger.kept = append(debugger.kept, at.Interface())
		}
		x.values = append(x.values, shown)
	}
}

// codeKey names the code of a breakpoint's expression at a site.
type codeKey struct {
	expression string
	program    int64
	site       int
}

// code is a breakpoint's expression, compiled.
type code struct {
	ready  chan struct{} // closed when there is an entry or an error
	entry  func()
	cell   int64
	locals []int
	err    error
	turn   sync.Mutex
}

// codeTime is how long the kernel may take to compile an expression, and
// conditionTime how long that may take then.
const (
	codeTime      = time.Minute
	conditionTime = 5 * time.Second
)

// takeCode takes the code that codeOf waits for.
func takeCode(c Compiled) {
	debugger.Lock()
	one := debugger.codes[codeKey{c.Expression, c.Program, c.Site}]
	debugger.Unlock()
	if one == nil {
		return
	}
	one.cell, one.locals = c.Cell, c.Locals
	if c.Error != "" {
		one.err = fmt.Errorf("%s", c.Error)
	} else {
		one.entry, one.err = entryOf(Command{Path: c.Path, Entry: c.Entry})
	}
	close(one.ready)
}

// codeOf is the code of an expression at the thread's site.
func (t *thread) codeOf(expression string, message bool) *code {
	key := codeKey{expression, t.program, t.site}
	debugger.Lock()
	one := debugger.codes[key]
	if one == nil {
		one = &code{ready: make(chan struct{})}
		if debugger.codes == nil {
			debugger.codes = map[codeKey]*code{}
		}
		debugger.codes[key] = one
		send(Answer{Outcome: WantsCode, Debug: &DebugAnswer{Wants: &Compiled{Expression: expression, Message: message,
			Program: t.program, Site: t.site, Owner: t.cell}}})
	}
	debugger.Unlock()
	select {
	case <-one.ready:
		return one
	case <-time.After(codeTime):
		return &code{err: fmt.Errorf("the kernel did not compile it within %s", codeTime)}
	}
}

// holds evaluates what a breakpoint has to say: whether it stops, and a text for
// the user if that is because of a mistake.
func (t *thread) holds(m Mark) (yes bool, text string) {
	if m.Condition != "" {
		values, err := t.evaluate(m.Condition, false)
		switch {
		case err != nil:
			return true, fmt.Sprintf("the breakpoint's condition %s: %v", m.Condition, err)
		case len(values) != 1 || values[0].Kind() != reflect.Bool:
			return true, fmt.Sprintf("the breakpoint's condition %s is not true or false", m.Condition)
		case !values[0].Bool():
			return false, ""
		}
	}
	if m.Log == "" {
		return true, ""
	}
	values, err := t.evaluate(m.Log, true)
	var b strings.Builder
	for _, v := range values {
		if v.IsValid() {
			fmt.Fprint(&b, v.Interface())
		} else {
			b.WriteString("<nil>")
		}
	}
	if err != nil {
		fmt.Fprintf(&b, "the breakpoint's message: %v", err)
	}
	fmt.Fprintln(os.Stdout, b.String())
	return false, ""
}

// evaluate runs an expression of a breakpoint on a goroutine of its own: it may
// panic or never end.
func (t *thread) evaluate(expression string, message bool) (values []reflect.Value, err error) {
	c := t.codeOf(expression, message)
	if c.err != nil {
		return nil, c.err
	}
	c.turn.Lock()
	defer c.turn.Unlock()
	e := &evaluation{}
	if e.copies, err = chosen(t.copies, c.locals); err != nil {
		return nil, err
	}
	evaluations.Store(c.cell, e)
	defer evaluations.Delete(c.cell)
	ended := make(chan error, 1)
	go func() {
		err := fmt.Errorf("it has ended its goroutine")
		id := goroutine()
		evaluating.Store(id, true)
		defer func() {
			evaluating.Delete(id)
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %s", describe(p))
			}
			ended <- err
		}()
		c.entry()
		err = nil
	}()
	select {
	case err := <-ended:
		return e.values, err
	case <-time.After(conditionTime):
		stop(c.cell)
		return nil, fmt.Errorf("it has not ended within %s", conditionTime)
	}
}
