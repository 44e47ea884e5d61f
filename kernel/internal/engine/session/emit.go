package session

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/gocell"
)

// Program is a cell ready to be compiled.
type Program struct {
	// Source is the Go file.
	Source []byte
	// Flags are names of command line flags that it defines.
	Flags []string
	// Notices are for the user, whatever the cell does.
	Notices []string
	// Sites are where it can stop for a debugger, by their numbers.
	Sites []Site

	// runs says that there is code to run, not only declarations.
	runs         bool
	number       int64
	source       string
	cell         *gocell.Cell
	initializers []*declaration
	imports      []*importSpec
	declarations []*declaration
	variables    []*Variable
	invalid      map[string]string
	versions     map[string]version
}

// emitter turns a checked unit into a program.
type emitter struct {
	s      *Session
	number int64
	cell   *gocell.Cell
	parts  *parts
	*checked
	attempt *attempt

	edits     edits
	variables []*Variable
	// declares is the text of the new variables' declarations.
	declares strings.Builder
	aliases  map[string]string
	local    map[types.Object]bool // variables of the statements that stay local
	hoisted  map[types.Object]*Variable
}

// program writes the file. Everything is an edit of the unit's text.
func (e *emitter) program() (*Program, error) {
	e.hideLocal()
	e.aliases, e.local, e.hoisted = map[string]string{}, map[types.Object]bool{}, map[types.Object]*Variable{}
	e.useImports()
	e.polls()
	e.localTypes()
	e.showResult()
	e.hoist()
	e.useVariables()
	start := e.declareVariables()
	e.edits.insert(e.unit.entry, start)
	e.edits.insert(e.afterBody, e.end())
	uses := e.keepImports()
	// All that needs an import has been written by now.
	var more strings.Builder
	for _, name := range slices.Sorted(maps.Keys(e.aliases)) {
		if !strings.Contains(e.text[:e.importsEnd], name+" ") {
			fmt.Fprintf(&more, "\t%s %q\n", name, e.aliases[name])
		}
	}
	e.edits.insert(e.importsEnd, more.String())
	source := e.edits.render(e.text, 0, len(e.text)) + "\n/*line gocell:1:1*/\n" + uses + e.declares.String()
	p := &Program{Source: []byte(source), Flags: e.flags(), Notices: e.notices, runs: e.runs(), number: e.number,
		cell: e.cell, initializers: e.parts.initializers, imports: e.parts.imports,
		declarations: e.parts.declarations, variables: e.variables, invalid: e.attempt.invalid, versions: e.versions}
	if e.s.debug {
		e.s.addHooks(p)
	}
	return p, nil
}

// runs tells whether the cell has more than declarations.
func (e *emitter) runs() bool {
	initialized := func(spec *variableSpec) bool { return spec.initialized }
	return strings.TrimSpace(e.cell.Body) != "" || e.cell.Exec != "" || e.cell.Test || len(e.parts.initializers) > 0 ||
		slices.ContainsFunc(e.specs, initialized)
}

// useImports removes imports that are not used.
func (e *emitter) useImports() {
	for pos := range e.unused {
		at := e.offset(pos)
		for i, place := range e.importLines {
			if at >= place.start && at < place.end {
				e.edits.replace(place.start, place.end, "")
				delete(e.importLines, i)
			}
		}
	}
}

// keepImports uses every import that is left: what used it may have been edited
// away.
func (e *emitter) keepImports() string {
	var b strings.Builder
	use := func(name, path string) {
		p, err := e.s.importer.Import(path)
		if err != nil {
			return
		}
		for _, exported := range p.Scope().Names() {
			switch o := p.Scope().Lookup(exported).(type) {
			case *types.Const:
				if o.Exported() {
					fmt.Fprintf(&b, "const _ = %s.%s\n", name, exported)
					return
				}
			case *types.TypeName:
				named, ok := o.Type().(*types.Named)
				if o.Exported() && ok && named.TypeParams().Len() == 0 {
					fmt.Fprintf(&b, "type _ = %s.%s\n", name, exported)
					return
				}
			}
		}
		for _, exported := range p.Scope().Names() {
			f, ok := p.Scope().Lookup(exported).(*types.Func)
			if ok && f.Exported() && f.Signature().TypeParams().Len() == 0 {
				fmt.Fprintf(&b, "var _ = %s.%s\n", name, exported)
				return
			}
		}
	}
	aliases := maps.Clone(e.aliases)
	for i := range e.importLines {
		if i.name != "_" && i.name != "." {
			aliases[i.name] = i.path
		}
	}
	for _, v := range e.reached.variables {
		maps.Copy(aliases, v.imports)
	}
	for _, name := range slices.Sorted(maps.Keys(aliases)) {
		use(name, aliases[name])
	}
	return b.String()
}

// localTypes renames types that are declared within functions: their symbols do
// not tell one cell's from another's.
func (e *emitter) localTypes() {
	renamed := map[types.Object]string{}
	for _, o := range e.info.Defs {
		t, ok := o.(*types.TypeName)
		if !ok || t.Parent() == e.own.Scope() || t.IsAlias() || t.Name() == "_" {
			continue
		}
		if _, parameter := t.Type().(*types.TypeParam); !parameter {
			renamed[o] = versioned(t.Name(), int(e.number))
		}
	}
	if len(renamed) == 0 {
		return
	}
	rename := func(uses map[*ast.Ident]types.Object) {
		for ident, o := range uses {
			if o == nil {
				continue
			}
			name := renamed[o]
			if f, ok := o.(*types.Var); ok && f.Embedded() {
				t := f.Type()
				if p, ok := t.(*types.Pointer); ok {
					t = p.Elem()
				}
				if named, ok := t.(*types.Named); ok {
					name = renamed[named.Obj()]
				}
			}
			if name != "" {
				e.edits.replace(e.offset(ident.Pos()), e.offset(ident.End()), name)
			}
		}
	}
	rename(e.info.Uses)
	defs := map[*ast.Ident]types.Object{}
	for ident, o := range e.info.Defs {
		if renamed[o] != "" {
			defs[ident] = o
		}
	}
	rename(defs)
}

// declareVariables declares the cell's package-level variables and returns the
// code that initializes them.
func (e *emitter) declareVariables() string {
	var b strings.Builder
	b.WriteString("/*line gocell:1:1*/")
	fresh := map[string]*variableSpec{}
	for i := range e.chunks {
		if spec := e.chunks[i].variable; spec != nil {
			e.edits.replace(e.chunks[i].start, e.chunks[i].end, "")
			for _, name := range spec.names {
				if spec.cell == e.number || e.reached.isRevived(name, spec) {
					fresh[name] = spec
				}
			}
		}
	}
	initialized := map[string]bool{}
	var order []string
	for _, init := range e.info.InitOrder {
		spec := (*variableSpec)(nil)
		var names []string
		for _, v := range init.Lhs {
			names = append(names, v.Name())
			if s := fresh[v.Name()]; s != nil && e.chunkAt(v.Pos()) != nil && e.chunkAt(v.Pos()).variable != nil {
				spec = s
			}
		}
		if spec == nil {
			continue // of an earlier cell: it has its value
		}
		rhs := e.edits.render(e.text, e.offset(init.Rhs.Pos()), e.offset(init.Rhs.End()))
		position := e.files.Position(init.Rhs.Pos())
		order = append(order, fmt.Sprintf("/*line %s:%d:%d*/%s = %s", cellName(spec.cell), position.Line, position.Column,
			strings.Join(names, ", "), rhs))
		for i, v := range init.Lhs {
			if v.Name() == "_" {
				continue
			}
			initialized[v.Name()] = true
			left := slices.Repeat([]string{"_"}, len(names))
			left[i] = v.Name()
			e.declare(v, spec, strings.Join(left, ", ")+" = "+e.text[e.offset(init.Rhs.Pos()):e.offset(init.Rhs.End())])
		}
	}
	for _, spec := range e.specs {
		for _, name := range spec.names {
			o, _ := e.own.Scope().Lookup(name).(*types.Var)
			if name == "_" || initialized[name] || o == nil || fresh[name] != spec {
				continue
			}
			if e.declare(o, spec, "") {
				fmt.Fprintf(&b, "%s.Zero(&%s);", hostName, name)
			}
		}
	}
	for _, line := range order {
		b.WriteString(line + ";")
	}
	b.WriteString(e.initializers())
	return e.tellVariables() + b.String()
}

// tellVariables tells the host which variables the cell declares, and where
// they are: those that look at values from outside ask the host.
func (e *emitter) tellVariables() string {
	if len(e.variables) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("/*line gocell:1:1*/" + declareCall(e.number))
	for _, v := range e.variables {
		fmt.Fprintf(&b, ", %q, &%s", v.Name, v.Name)
	}
	return b.String() + ");"
}

// declareCall is the code in front of the variables that a cell declares.
func declareCall(number int64) string { return fmt.Sprintf("%s.Declare(%d", hostName, number) }

// initializers calls init functions, then reads the command line, then calls a
// main of the cell's own.
func (e *emitter) initializers() string {
	var b strings.Builder
	main := -1
	for i, d := range e.parts.initializers {
		if d.key == "main" {
			main = i
			continue
		}
		fmt.Fprintf(&b, "%s();", initializerName(i, d))
	}
	if e.cell.Test {
		return b.String()
	}
	if e.cell.Marked || e.cell.HasArgs || main >= 0 {
		fmt.Fprintf(&b, "%s.ParseFlags();", hostName)
	}
	if main >= 0 {
		fmt.Fprintf(&b, "%s();", mainName)
	}
	return b.String()
}

// end is the code after the cell's statements.
func (e *emitter) end() string {
	var b strings.Builder
	if e.cell.Exec != "" {
		fmt.Fprintf(&b, "\n%s()", e.cell.Exec)
	}
	if e.cell.Test {
		b.WriteString(e.runTests())
	}
	return b.String()
}

// declare makes a variable live, and tells whether its storage was there
// before. spec is the declaration if that is at package level; initial is for
// types without a name.
func (e *emitter) declare(o *types.Var, spec *variableSpec, initial string) (reused bool) {
	v := &Variable{Name: o.Name(), Cell: e.number, layout: layout(o.Type(), e.own), spec: spec}
	if spec != nil {
		v.Cell = spec.cell
	}
	v.Type = plain(types.TypeString(o.Type(), func(p *types.Package) string {
		if p == e.own {
			return ""
		}
		return p.Name()
	}))
	code, imports, ok := typeCode(o.Type(), e.own)
	if ok {
		v.code, v.imports = code, imports
		maps.Copy(e.aliases, imports)
	} else {
		v.initial = initial
	}
	v.symbol = library.VariablePrefix + v.Name + "." + strconv.FormatInt(e.number, 10)
	if old := e.s.variables[v.Name]; old != nil && old.layout == v.layout && old.code == v.code &&
		old.initial == v.initial {
		v.symbol, reused = old.symbol, true
	}
	e.declares.WriteString(v.declare(v.Name, e.hidden))
	e.variables = append(e.variables, v)
	return reused
}

// flags finds the names of command line flags in calls of package flag.
func (e *emitter) flags() []string {
	var names []string
	ast.Inspect(e.file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		s, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		f, ok := e.info.Uses[s.Sel].(*types.Func)
		if !ok || f.Pkg() == nil || f.Pkg().Path() != "flag" {
			return true
		}
		for _, arg := range call.Args[:min(2, len(call.Args))] {
			if name, ok := arg.(*ast.BasicLit); ok && name.Kind == token.STRING {
				if text, err := strconv.Unquote(name.Value); err == nil {
					names = append(names, text)
				}
				break
			}
		}
		return true
	})
	return names
}
