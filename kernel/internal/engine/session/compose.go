package session

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/gocell"
)

// Names that the generated code uses. A notebook has no reason to.
const (
	entryName   = "gocell_main"
	mainName    = "main"
	hostName    = "gocell_host"
	testingName = "gocell_testing"
)

// unit is the file that a cell becomes, in the form in which types are checked:
// the statements with their own variables. Offsets are of text.
type unit struct {
	text                         string
	importsEnd                   int
	importLines                  map[*importSpec]span
	chunks                       []chunk
	entry, statements, afterBody int
	cell                         *gocell.Cell
	parts                        *parts
	versions                     map[string]version
	hidden                       map[string]bool // names of Go's types
	reached                      *reach
	specs                        []*variableSpec // to be initialized
	suite                        []*declaration  // of %test
	notices                      []string
}

type span struct{ start, end int }

// chunk is a declaration in a unit's text.
type chunk struct {
	span
	declaration *declaration
	variable    *variableSpec // of this cell
	old         *Variable     // of an earlier one
}

// composer writes a unit.
type composer struct {
	s      *Session
	number int64
	cell   *gocell.Cell
	parts  *parts
	view   *view
	out    strings.Builder
	unit   *unit
}

// compose writes the file of a cell.
func (s *Session) compose(number int64, c *gocell.Cell, p *parts, v *view) *unit {
	w := &composer{s: s, number: number, cell: c, parts: p, view: v,
		unit: &unit{cell: c, parts: p, importLines: map[*importSpec]span{}, versions: map[string]version{},
			hidden: v.hides(p.variables)}}
	used := identifiers(c.Declarations)
	maps.Copy(used, identifiers(c.Body))
	used[c.Exec] = true
	if c.Test {
		w.unit.suite = v.suite()
	}
	for _, d := range w.unit.suite {
		used[d.key] = true
	}
	w.unit.reached = v.reachable(used)
	// What the cell declares is compiled, used or not.
	for _, d := range p.declarations {
		w.unit.reached.declarations[d] = true
	}
	if note := w.unit.reached.revival(); note != "" {
		w.unit.notices = append(w.unit.notices, note)
	}
	w.imports()
	w.declarations()
	w.variables()
	w.function()
	w.unit.text = w.out.String()
	return w.unit
}

func (w *composer) imports() {
	fmt.Fprintf(&w.out, "package main\n\nimport (\n\t_ \"unsafe\"\n\t_ %q\n\t%s %q\n", library.StubImport, hostName,
		library.HostImport)
	if w.cell.Test {
		fmt.Fprintf(&w.out, "\t%s \"testing\"\n", testingName)
	}
	for _, key := range slices.Sorted(maps.Keys(w.view.imports)) {
		i := w.view.imports[key]
		if i.name == "_" && i.cell != w.number || i.name != "_" && i.name != "." && !w.unit.reached.names[i.name] {
			continue
		}
		start := w.out.Len()
		fmt.Fprintf(&w.out, "/*line %s:%d:2*/%s %q\n", cellName(i.cell), i.line, i.name, i.path)
		w.unit.importLines[i] = span{start, w.out.Len()}
	}
	aliases := map[string]string{}
	for _, v := range w.unit.reached.variables {
		maps.Copy(aliases, v.imports)
	}
	for _, name := range slices.Sorted(maps.Keys(aliases)) {
		fmt.Fprintf(&w.out, "\t%s %q\n", name, aliases[name])
	}
	w.unit.importsEnd = w.out.Len()
	// The runtime knows no name of a module's first function, so the first is
	// one that nobody needs to see.
	fmt.Fprintf(&w.out, ")\n\nvar _ = %s.Poll\n\n//go:linkname %s %s\nfunc %s() { %s() }\n\n", hostName,
		entryName, library.EntryName(w.number), entryName, w.parts.statementsName())
}

// ordered sorts by the order in which the notebook declared.
func ordered(set map[*declaration]bool) []*declaration {
	list := slices.Collect(maps.Keys(set))
	sort.Slice(list, func(i, j int) bool {
		a, b := list[i], list[j]
		if (a.sequence == 0) != (b.sequence == 0) {
			return b.sequence == 0
		}
		if a.sequence != b.sequence {
			return a.sequence < b.sequence
		}
		return a.line < b.line || a.line == b.line && (a.column < b.column || a.column == b.column && a.key < b.key)
	})
	return list
}

func (w *composer) declarations() {
	hasher := w.view.hasher()
	for _, d := range ordered(w.unit.reached.declarations) {
		if d.kind == typeName && !d.alias && !d.blank() {
			hash := hasher.of(d.key)
			v, changed := w.s.versionOf(d.key, hash)
			w.unit.versions[d.key] = v
			if changed {
				w.unit.notices = append(w.unit.notices, fmt.Sprintf("type %s has changed: variables of it follow "+
					"if its fields are the same; values in interfaces made before keep the old type and its methods", d.key))
			}
		}
	}
	for _, d := range ordered(w.unit.reached.declarations) {
		start := w.out.Len()
		w.declaration(d)
		w.unit.chunks = append(w.unit.chunks, chunk{span: span{start, w.out.Len()}, declaration: d})
	}
	for i, d := range w.parts.initializers {
		start := w.out.Len()
		text := d.text[:d.places[0]] + initializerName(i, d) + d.text[d.places[0]+len(d.key):]
		place := fmt.Sprintf("/*line %s:%d:%d*/", cellName(d.cell), d.line, d.column)
		fmt.Fprintf(&w.out, "//go:noinline\n%s%s%s\n\n", d.directives, place, text)
		w.unit.chunks = append(w.unit.chunks, chunk{span: span{start, w.out.Len()}, declaration: d})
	}
}

// initializerName is the name under which the cell's entry calls a function.
func initializerName(i int, d *declaration) string {
	if d.key == mainName {
		return mainName
	}
	return "gocell_init" + strconv.Itoa(i)
}

// statementsName is the function of the cell's statements: main, as people
// expect to see it in stack traces, unless the cell has one of its own or names
// it.
func (p *parts) statementsName() string {
	if p.main || p.namesMain {
		return "gocell_statements"
	}
	return mainName
}

func (w *composer) declaration(d *declaration) {
	place := fmt.Sprintf("/*line %s:%d:%d*/", cellName(d.cell), d.line, d.column)
	switch d.kind {
	case constant:
		fmt.Fprintf(&w.out, "const (\n%s%s\n)\n\n", place, d.constants(w.view.declares("iota", w.parts.variables)))
	case typeName:
		n := w.unit.versions[d.key].number
		if d.alias || n <= 1 {
			fmt.Fprintf(&w.out, "type %s%s\n\n", place, d.text)
			return
		}
		name := versioned(d.key, n)
		fmt.Fprintf(&w.out, "type %s%s%s\n\ntype %s%s = %s%s\n\n", place, name, d.text[len(d.key):], d.key, d.parameters,
			name, d.arguments)
	case method:
		text := d.text
		if n := w.unit.versions[d.receiver].number; n > 1 {
			text = text[:d.places[0]] + versioned(d.receiver, n) + text[d.places[0]+len(d.receiver):]
		}
		fmt.Fprintf(&w.out, "%s%s%s\n\n", d.directives, place, text)
	case function:
		fmt.Fprintf(&w.out, "%s%s%s\n\n", d.directives, place, d.text)
	}
}

func versioned(name string, n int) string { return name + library.VersionMark + strconv.Itoa(n) }

func (w *composer) variables() {
	old := w.unit.reached.variables
	for _, name := range slices.Sorted(maps.Keys(old)) {
		v := old[name]
		start := w.out.Len()
		w.out.WriteString("/*line gocell:1:1*/\n" + v.declare(name, w.unit.hidden))
		w.unit.chunks = append(w.unit.chunks, chunk{span: span{start, w.out.Len()}, old: v})
	}
	w.unit.specs = slices.Concat(w.unit.reached.revived(), w.parts.variables)
	for _, spec := range w.unit.specs {
		start := w.out.Len()
		text := spec.text
		if spec.cell != w.number {
			gone := func(name string) bool { return !w.unit.reached.isRevived(name, spec) }
			text = blanked(text, spec.names, spec.places, gone)
		}
		fmt.Fprintf(&w.out, "var /*line %s:%d:%d*/%s\n", cellName(spec.cell), spec.line, spec.column, text)
		w.unit.chunks = append(w.unit.chunks, chunk{span: span{start, w.out.Len()}, variable: spec})
	}
}

// declare is the variable's declaration, under a name that may differ from its
// own, in a file in which some names of Go's types are hidden. The comment is a
// directive of the compiler.
func (v *Variable) declare(name string, hidden map[string]bool) string {
	link := fmt.Sprintf("//go:linkname %s %s\n", name, v.symbol)
	if v.initial != "" {
		return link + "var " + v.initial + "\n\n"
	}
	return link + "var " + name + " " + typeText(v.code, hidden) + "\n\n"
}

// place is a directive for the compiler: what follows stands at an offset of
// the cell's statements.
func (w *composer) place(offset int) string {
	before := w.cell.Body[:offset]
	line, column := strings.Count(before, "\n")+1, offset-strings.LastIndexByte(before, '\n')
	return fmt.Sprintf("/*line %s:%d:%d*/", cellName(w.number), line, column)
}

// function writes the function of the cell's statements.
func (w *composer) function() {
	// The compiler names closures after what a function was put into.
	fmt.Fprintf(&w.out, "//go:noinline\nfunc %s() {\n", w.parts.statementsName())
	w.unit.entry = w.out.Len()
	fmt.Fprintf(&w.out, "/*line %s:1:1*/", cellName(w.number))
	w.unit.statements = w.out.Len()
	body := w.cell.Body
	if s, ok := expressionList(body); ok {
		w.out.WriteString(body[:s.start] + resultCall(w.number) + w.place(s.start))
		w.out.WriteString(body[s.start:s.end] + ")" + w.place(s.end))
		body = body[s.end:]
	}
	w.out.WriteString(body)
	w.out.WriteString("\n/*line gocell:1:1*/")
	w.unit.afterBody = w.out.Len()
	w.out.WriteString("\n}\n")
}
