package host

import (
	"bytes"
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/gocifar/gocifar/kernel/internal/engine/host/peek"
)

// This file answers what the values of the notebook's variables are, at any
// time: it waits for no cell, and package peek reads values that cells change at
// the moment.

// Query asks for variables.
type Query struct {
	// Name is a variable of which everything is to be shown; Reference a value
	// whose parts are wanted (see [peek.Variable]). With neither, all variables
	// are listed.
	Name      string
	Reference int
	// Counters asks for numbers instead, an uint32 each: how many there are from
	// each symbol on.
	Counters map[string]int
	// Display asks which cell wrote the message that ends there in the pipe of
	// what cells show.
	Display int64
}

// declared are the variables that live, by name.
var declared = struct {
	sync.Mutex
	byName map[string]declaration
}{byName: map[string]declaration{}}

type declaration struct {
	cell int64
	t    reflect.Type
	at   uintptr
}

// Declare tells of variables of a cell: names, each with a pointer to the
// variable. It stands in front of the cell's statements.
func Declare(cell int64, list ...any) {
	declared.Lock()
	defer declared.Unlock()
	for i := 0; i+1 < len(list); i += 2 {
		name, _ := list[i].(string)
		v := reflect.ValueOf(list[i+1])
		declared.byName[name] = declaration{cell, v.Type().Elem(), v.Pointer()}
	}
}

// references are values whose parts have been offered, by number from 1.
var references struct {
	sync.Mutex
	list []declaration
}

// most of what one answer has.
const (
	mostReferences = 100_000
	mostParts      = 200
	listTime       = 15 * time.Millisecond // for counting the sizes of all variables
	methodTime     = time.Second
)

// inspect answers a query.
func inspect(q Query) (a Answer) {
	defer func() {
		if p := recover(); p != nil {
			a = Answer{Outcome: Refused, Error: "the values cannot be read: " + describe(p)}
		}
	}()
	references.Lock()
	defer references.Unlock()
	switch {
	case q.Name != "":
		return inspectOne(q.Name)
	case q.Reference > firstPart:
		return stoppedParts(q.Reference)
	case q.Reference != 0:
		return inspectParts(q.Reference)
	}
	references.list = nil
	type named struct {
		name string
		declaration
	}
	declared.Lock()
	all := make([]named, 0, len(declared.byName))
	for name, d := range declared.byName {
		all = append(all, named{name, d})
	}
	declared.Unlock()
	slices.SortFunc(all, func(a, b named) int { return strings.Compare(a.name, b.name) })
	a = Answer{Outcome: OK, Variables: make(peek.List, len(all))}
	for i, one := range all {
		a.Variables[i] = one.look(one.name, peek.Limits{Text: 100, Elements: 10})
	}
	limits := peek.Limits{Blocks: 500, Until: time.Now().Add(listTime)}
	for i, one := range all {
		a.Variables[i].Measure(one.t, one.at, limits)
	}
	return a
}

func (d declaration) look(name string, limits peek.Limits) peek.Variable {
	v := peek.Look(d.t, d.at, limits)
	v.Name, v.Cell = name, d.cell
	v.Reference = refer(d)
	return v
}

// refer offers the parts of a value. references is locked.
func refer(d declaration) int {
	if !peek.Compound(d.t) || len(references.list) >= mostReferences {
		return 0
	}
	references.list = append(references.list, d)
	return len(references.list)
}

func inspectParts(reference int) Answer {
	if reference < 1 || reference > len(references.list) {
		return Answer{Outcome: Refused, Error: fmt.Sprintf("there is no value with the reference %d", reference)}
	}
	d := references.list[reference-1]
	a := Answer{Outcome: OK}
	limits := peek.Limits{Text: 100, Elements: 10, Blocks: 100, Until: time.Now().Add(listTime)}
	for _, p := range peek.Parts(d.t, d.at, mostParts, limits) {
		v := p.Variable
		v.Reference = refer(declaration{d.cell, p.Of, p.At})
		a.Variables = append(a.Variables, v)
	}
	return a
}

// inspectOne shows all of a variable. The value shows itself, if it can and no
// code of the notebook runs that may change it.
func inspectOne(name string) Answer {
	declared.Lock()
	d, ok := declared.byName[name]
	declared.Unlock()
	if !ok {
		return Answer{Outcome: Refused, Error: fmt.Sprintf("there is no variable %s", name)}
	}
	v := d.look(name, peek.Limits{Text: 2000, Elements: 50, Blocks: 100_000, Until: time.Now().Add(20 * listTime)})
	a := Answer{Outcome: OK, Variables: []peek.Variable{v}, Result: map[string]any{"text/plain": v.Text}}
	page := peek.Page(d.t, d.at, v)
	if own := ownForms(d); own != nil {
		a.Result = own
		for _, rich := range []string{"text/html", "image/png", "image/svg+xml", "text/markdown"} {
			if own[rich] != nil {
				return a
			}
		}
	}
	a.Result["text/html"] = page
	return a
}

// beginning is read-locked where code of the notebook begins to run, and locked
// while a value shows itself: the code could write a map that a method reads,
// and that would end the process.
var beginning sync.RWMutex

// ownForms lets a value show itself, by methods that may panic or block. It is
// nil while code of the notebook runs, and for values without such methods that
// are more than a number or a string: their maps could take longer to read than
// the code that is to begin can be held up, so package peek reads them.
func ownForms(d declaration) map[string]any {
	beginning.Lock()
	defer beginning.Unlock()
	if !quiet() {
		return nil
	}
	value := reflect.NewAt(d.t, peek.Pointer(d.at)).Elem()
	if value.Kind() == reflect.Interface {
		value = value.Elem()
	}
	if !value.IsValid() || !showsItself(value.Type()) {
		return nil
	}
	done := make(chan map[string]any, 1)
	go func() {
		var forms map[string]any
		defer func() {
			_ = recover()
			done <- forms
		}()
		debug.SetPanicOnFault(true)
		forms = Bundle(value.Interface())
	}()
	select {
	case forms := <-done:
		return forms
	case <-time.After(methodTime):
		return nil
	}
}

// showsItself tells whether values of a type are numbers or strings, or have a
// method that [Bundle] calls.
func showsItself(t reflect.Type) bool {
	if k := t.Kind(); k <= reflect.Complex128 || k == reflect.String {
		return true
	}
	for _, method := range []string{"Display", "MIMEBundle", "HTML", "Markdown", "String", "Error", "ColorModel"} {
		if _, ok := t.MethodByName(method); ok {
			return true
		}
	}
	return false
}

// quiet tells whether no code of the notebook runs, neither a cell nor a
// goroutine that one has left behind. Methods of values can then be called.
func quiet() bool {
	runs := handling.Load() != nil
	executions.Range(func(_, _ any) bool {
		runs = true
		return false
	})
	if runs {
		return false
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return len(stacks) < cap(stacks) && !bytes.Contains(stacks, []byte("\nmain.")) &&
		!bytes.Contains(stacks, []byte("created by main."))
}

// answerQuery answers a command that is a query.
func answerQuery(c Command) {
	a := Answer{Outcome: OK}
	switch {
	case c.Query.Counters != nil:
		a.Counters = counters(c.Query.Counters)
	case c.Query.Display != 0:
		a.Cell = showedBeside(c.Query.Display)
	default:
		a = inspect(*c.Query)
	}
	a.ID = c.ID
	send(a)
}

// counters reads the counters of packages that are compiled with some. Those of
// libraries that are not loaded are left out.
func counters(symbols map[string]int) map[string][]uint32 {
	found := map[string][]uint32{}
	for symbol, n := range symbols {
		if at := address(symbol); at != 0 && n > 0 {
			found[symbol] = slices.Clone(unsafe.Slice((*uint32)(peek.Pointer(at)), n))
		}
	}
	return found
}
