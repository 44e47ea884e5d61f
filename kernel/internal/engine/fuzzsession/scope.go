package fuzzsession

import (
	"fmt"
	"slices"
	"strings"
)

// definition is what a name, or a group of constants, stands for at present.
type definition struct {
	Item
	methods []Item
	// called says how the program writes each name.
	called map[string]string
	// storage is the program's expression for a variable's address.
	storage string
}

// texts are the definition's own, without methods.
func (d *definition) texts() []string {
	if d.Kind == Variable {
		return []string{d.Type} // the value was used once
	}
	return []string{d.Text}
}

func (d *definition) uses() []string {
	texts := d.texts()
	for _, m := range d.methods {
		texts = append(texts, m.Text)
	}
	return slices.DeleteFunc(marked(texts...), func(name string) bool { return slices.Contains(d.Names, name) })
}

// scope is what a session has declared so far, and the declarations of the
// program.
type scope struct {
	suffix   string
	current  map[string]*definition
	versions map[string]int
	program  strings.Builder
	// batch is what is being declared together.
	batch map[*definition]bool
}

// Ends of names that no program declares.
const (
	undeclared = "_undeclared"
	outdated   = "_outdated"
)

func newScope(suffix string) *scope {
	return &scope{suffix: suffix, current: map[string]*definition{}, versions: map[string]int{}}
}

// call is how the program writes a name now.
func (s *scope) call(name string) string {
	if d := s.current[name]; d != nil {
		return d.called[name]
	}
	return name + s.suffix + undeclared
}

// fresh is a new name in the program.
func (s *scope) fresh(name string) string {
	s.versions[name]++
	if n := s.versions[name]; n > 1 {
		return fmt.Sprintf("%s%s_v%d", name, s.suffix, n)
	}
	return name + s.suffix
}

// definitions lists what is declared, each once, in a fixed order.
func (s *scope) definitions() (list []*definition) {
	var names []string
	for name := range s.current {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if d := s.current[name]; !slices.Contains(list, d) {
			list = append(list, d)
		}
	}
	return list
}

// declare takes over declarations of one cell together, as in a cell their
// order does not matter, and writes those of the program.
func (s *scope) declare(items []Item) {
	changed, shapes := map[*definition]bool{}, map[string]bool{}
	declared := map[string]bool{}
	s.batch = changed
	for _, item := range items {
		switch item.Kind {
		case Method:
			s.method(item, changed)
		case Variable:
			declared[item.Names[0]] = true
			s.variable(item, changed)
		default:
			s.define(item, changed, shapes)
		}
	}
	s.spread(changed, shapes, declared)
	s.write(changed)
}

func (s *scope) method(item Item, changed map[*definition]bool) {
	d := s.current[item.Names[0]]
	if d == nil || d.Kind != Type {
		// The program must not compile, as the cell does not.
		s.program.WriteString(unmark(item.Text, s.call) + "\n")
		return
	}
	head := func(i Item) string { return strings.SplitN(i.Text, "\n", 2)[0] }
	at := slices.IndexFunc(d.methods, func(m Item) bool { return methodName(head(m)) == methodName(head(item)) })
	switch {
	case at < 0:
		d.methods = append(d.methods, item)
	case d.methods[at].Text == item.Text:
		return
	default:
		d.methods[at] = item
	}
	changed[d] = true
}

// methodName is the name in "func (t ‹T›) name(…".
func methodName(head string) string {
	_, after, _ := strings.Cut(head, ") ")
	name, _, _ := strings.Cut(after, "(")
	return name
}

// variable declares a variable of a cell. One that has been declared before
// with the same type is the same memory, which functions of before see, too.
func (s *scope) variable(item Item, changed map[*definition]bool) {
	name := item.Names[0]
	item.Kind = Variable
	if old := s.current[name]; old != nil {
		if old.Kind == Variable && old.Type == item.Type {
			return
		}
		s.outdate(name, old.Kind == Constant && item.Type == "int")
	}
	d := &definition{Item: item}
	s.current[name] = d
	changed[d] = true
}

// define declares constants, a type or a function. Of a type it notes in shapes
// that its memory is another.
func (s *scope) define(item Item, changed map[*definition]bool, shapes map[string]bool) {
	d := &definition{Item: item}
	for _, name := range item.Names {
		old := s.current[name]
		switch {
		case old == nil:
		case old.Kind == item.Kind && old.Text == item.Text && len(item.Names) == 1:
			return // the same again: nothing that anyone can see
		case old.Kind != item.Kind:
			s.outdate(name, false)
		case item.Kind == Type:
			d.methods = old.methods
			shapes[name] = true
		case item.Kind == Constant:
			shapes[name] = true
		}
		s.current[name] = d
	}
	changed[d] = true
}

// outdate forgets all that uses a name, since it may not compile any more.
// Functions that use a constant as a number can use a variable as well.
func (s *scope) outdate(name string, keepFunctions bool) {
	for _, d := range s.definitions() {
		if !slices.Contains(d.uses(), name) {
			continue
		}
		if keepFunctions && (d.Kind == Function || !slices.Contains(marked(d.texts()...), name)) {
			continue
		}
		for _, other := range d.Names {
			if s.batch[d] {
				// The program must not compile, as the cell does not.
				s.program.WriteString("var _ = " + other + outdated + "\n")
			}
			if s.current[other] == d {
				delete(s.current, other)
				s.outdate(other, false)
			}
		}
	}
}

// spread finds all that a change makes new definitions of. Variables of a type
// with another memory cannot be used any more, unless the cell declares them
// again.
func (s *scope) spread(changed map[*definition]bool, shapes, declared map[string]bool) {
	for again := true; again; {
		again = false
		for _, d := range s.definitions() {
			reshaped := slices.ContainsFunc(marked(d.texts()...),
				func(name string) bool { return shapes[name] && !slices.Contains(d.Names, name) })
			switch {
			case reshaped && d.Kind == Variable && declared[d.Names[0]]:
				again = again || !changed[d]
				d.storage, changed[d] = "", true
			case reshaped && d.Kind == Variable:
				delete(s.current, d.Names[0])
				s.outdate(d.Names[0], false)
				again = true
			case reshaped && (d.Kind == Type || d.Kind == Constant) && !shapes[d.Names[0]]:
				for _, name := range d.Names {
					shapes[name] = true
				}
				changed[d], again = true, true
			case !changed[d] && slices.ContainsFunc(d.uses(),
				func(name string) bool { return changed[s.current[name]] }):
				changed[d], again = true, true
			}
		}
	}
}

// write gives new definitions to the program.
func (s *scope) write(changed map[*definition]bool) {
	var list []*definition
	for _, d := range s.definitions() {
		if !changed[d] {
			continue
		}
		list = append(list, d)
		d.called = map[string]string{}
		for _, name := range d.Names {
			switch {
			case s.current[name] == d:
				d.called[name] = s.fresh(name)
			default:
				d.called[name] = "_" // a constant of a group that has another definition now
			}
		}
	}
	// How variables are written has to be known before what uses them.
	for _, d := range list {
		if d.Kind == Variable {
			s.writeVariable(d)
		}
	}
	for _, d := range list {
		if d.Kind == Variable {
			continue
		}
		call := func(name string) string {
			if own, ok := d.called[name]; ok {
				return own
			}
			return s.call(name)
		}
		s.program.WriteString(unmark(d.Text, call) + "\n")
		for _, m := range d.methods {
			s.program.WriteString(unmark(m.Text, call) + "\n")
		}
	}
}

// writeVariable declares a variable, or gives its memory another type.
func (s *scope) writeVariable(d *definition) {
	name := d.called[d.Names[0]]
	t := unmark(d.Type, s.call)
	if d.storage == "" {
		fmt.Fprintf(&s.program, "var %s %s\n", name, t)
		d.storage = "&" + name
		return
	}
	fmt.Fprintf(&s.program, "var %s = (*%s)(unsafe.Pointer(%s))\n", name, t, d.storage)
	d.storage = name
	d.called[d.Names[0]] = "(*" + name + ")"
}
