package session

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/gocell"
)

// NeedPackages says that a cell imports packages that have to be fetched or
// built before it can be compiled.
type NeedPackages struct{ Paths []string }

// Error names the packages.
func (e *NeedPackages) Error() string {
	return "packages are not in the library: " + strings.Join(e.Paths, ", ")
}

// checked is a unit with its types.
type checked struct {
	*unit
	files *token.FileSet
	file  *ast.File
	entry *ast.FuncDecl
	info  *types.Info
	own   *types.Package
	// unused are the places of identifiers and imports that Go calls unused.
	unused map[token.Pos]bool
	// result is the last expression, if it is to be shown.
	result ast.Expr
}

// attempt collects what Prepare has learned about a cell so far.
type attempt struct {
	broken  map[string]string    // keys of earlier declarations that no longer compile, and why
	invalid map[string]string    // earlier variables whose type has changed
	found   []*importSpec        // imports that the cell leaves to us
	unknown map[string][]string  // names used like packages' that no package has
	early   map[string]*Variable // of the statements, that the cell's functions use
	defined map[string]bool      // by the statements, see redefined
	types   map[string]string    // of the cell's variables, if others than before
	wrap    bool                 // the last expression is no statement
	problem *Error
}

// Prepare makes a program of a cell. The session stays as it is; Commit takes
// over what the program declares. The error is an *Error or a *NeedPackages.
func (s *Session) Prepare(number int64, c *gocell.Cell, source string) (*Program, error) {
	p, err := s.read(number, c)
	if err == nil {
		var program *Program
		if program, err = s.prepare(number, c, p); err == nil {
			program.source = source
			return program, nil
		}
	}
	var e *Error
	if errors.As(err, &e) {
		for i := range e.Diagnostics {
			e.Diagnostics[i].Message = s.explain(plain(e.Diagnostics[i].Message))
		}
		return nil, s.withSources(e, number, source)
	}
	return nil, err
}

// rounds limits how many times Prepare checks a cell again with what it
// learned.
const rounds = 30

func (s *Session) prepare(number int64, c *gocell.Cell, p *parts) (*Program, error) {
	if missing := s.nameImports(p); len(missing) > 0 {
		return nil, &NeedPackages{Paths: missing}
	}
	a := &attempt{broken: map[string]string{}, invalid: map[string]string{}, early: map[string]*Variable{},
		defined: map[string]bool{}, types: map[string]string{}, unknown: map[string][]string{}}
	given := p.imports
	for range rounds {
		p.imports = append(slices.Clone(given), a.found...)
		v := s.viewWith(p, a.broken, a.invalid)
		maps.Copy(v.variables, a.early)
		for name := range a.defined {
			delete(v.dormant, name)
		}
		maps.Copy(v.fresh, a.types)
		u := s.compose(number, c, p, v)
		ch, err := check(s, u, number, a)
		if err != nil {
			return nil, err
		}
		if ch == nil {
			continue // something was learned
		}
		e := &emitter{s: s, number: number, cell: c, parts: p, checked: ch, attempt: a}
		return e.program()
	}
	if a.problem != nil {
		return nil, a.problem
	}
	return nil, errors.New("the cell does not settle: please report it with the notebook")
}

// check parses a unit and checks its types. It returns nil and no error if the
// attempt has learned something and the unit has to be composed again.
func check(s *Session, u *unit, number int64, a *attempt) (*checked, error) {
	c := &checked{unit: u, unused: map[token.Pos]bool{}}
	if err := c.parse(s, number, a); err != nil {
		return nil, err
	}
	c.info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{},
		Uses: map[*ast.Ident]types.Object{}}
	var problems []types.Error
	config := types.Config{Importer: s.importer, GoVersion: s.toolchain.Language(), Error: func(err error) {
		var e types.Error
		if !errors.As(err, &e) {
			return
		}
		if e.Soft && (strings.HasPrefix(e.Msg, "declared and not used") ||
			strings.HasSuffix(e.Msg, "imported and not used") ||
			strings.Contains(e.Msg, "imported as") || strings.HasSuffix(e.Msg, "declared and not used")) {
			c.unused[e.Pos] = true
			return
		}
		problems = append(problems, e)
	}}
	c.own, _ = config.Check("main", c.files, []*ast.File{c.file}, c.info)
	learned := c.redefined(a) || c.retyped(s, a)
	for _, v := range u.reached.variables {
		if o, ok := c.own.Scope().Lookup(v.Name).(*types.Var); ok && a.invalid[v.Name] == "" &&
			layout(o.Type(), c.own) != v.layout && v.layout != "" && o.Type() != types.Typ[types.Invalid] {
			a.invalid[v.Name] = fmt.Sprintf("the type of %s has been redefined since cell [%d] declared it as %s: "+
				"run cell [%d] again", v.Name, v.Cell, v.Type, v.Cell)
			learned = true
		}
	}
	if learned {
		return nil, nil
	}
	if len(problems) == 0 {
		return c, nil
	}
	return nil, c.learn(s, number, problems, a)
}

// retyped notes the variables that the cell declares with another type than
// they had: types whose methods use them are others then. It tells whether
// there was a new one.
func (c *checked) retyped(s *Session, a *attempt) (learned bool) {
	for _, spec := range c.parts.variables {
		for _, name := range spec.names {
			old := s.variables[name]
			if old == nil {
				old = s.dormant[name]
			}
			o, ok := c.own.Scope().Lookup(name).(*types.Var)
			if _, known := a.types[name]; !ok || old == nil || known {
				continue
			}
			if code, _, _ := typeCode(o.Type(), c.own); code != old.code {
				a.types[name] = code
				learned = true
			}
		}
	}
	return learned
}

// parse reads the unit and shows the cell's last expression, if Go has no other
// use for it.
func (c *checked) parse(s *Session, number int64, a *attempt) error {
	for range 2 {
		c.files = token.NewFileSet()
		file, err := parser.ParseFile(c.files, "gocell.go", c.text,
			parser.SkipObjectResolution|parser.ParseComments|parser.AllErrors)
		if err != nil {
			return s.syntaxError(number, "func _() {", c.cell.Body, c.cell, err)
		}
		c.file, c.entry = file, nil
		name := c.parts.statementsName()
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == name && c.entry == nil {
				c.entry = f
			}
		}
		if c.entry == nil || c.offset(c.entry.Body.Rbrace) < c.afterBody {
			position := c.files.Position(c.entry.Body.Rbrace)
			return &Error{Class: ParseError, Diagnostics: []Diagnostic{
				{Cell: number, Line: position.Line, Column: position.Column, Message: "syntax error: unexpected }"}}}
		}
		last := c.last()
		if last == nil {
			return nil
		}
		if wrapped(last) {
			c.result = last
			return nil
		}
		_, isCall := ast.Unparen(last).(*ast.CallExpr)
		if u, ok := ast.Unparen(last).(*ast.UnaryExpr); isCall && !a.wrap || ok && u.Op == token.ARROW {
			c.result = last // shown if it turns out to have one value
			return nil
		}
		start, end := c.offset(last.Pos()), c.offset(last.End())
		position := c.files.Position(last.Pos())
		open := resultCall(number) + fmt.Sprintf("/*line %s:%d:%d*/", cellName(number), position.Line, position.Column)
		c.text = c.text[:start] + open + c.text[start:end] + ")" + c.text[end:]
		c.afterBody += len(open) + 1
	}
	return nil
}

// last is the expression that ends the cell, unless a semicolon follows it.
func (c *checked) last() ast.Expr {
	list := c.entry.Body.List
	if len(list) == 0 {
		return nil
	}
	s, ok := list[len(list)-1].(*ast.ExprStmt)
	if !ok || strings.HasPrefix(strings.TrimLeft(c.text[c.offset(s.End()):], " \t"), ";") {
		return nil
	}
	return s.X
}

// offset is a place in the text, whatever line directives say.
func (c *checked) offset(p token.Pos) int { return c.files.PositionFor(p, false).Offset }

// chunkAt is the declaration around a place.
func (c *checked) chunkAt(p token.Pos) *chunk {
	at := c.offset(p)
	for i := range c.chunks {
		if at >= c.chunks[i].start && at < c.chunks[i].end {
			return &c.chunks[i]
		}
	}
	return nil
}

// learn looks at errors for what can be done about them: leave out earlier
// declarations that no longer compile, add imports, show the last expression.
// If nothing can, they are the cell's.
func (c *checked) learn(s *Session, number int64, problems []types.Error, a *attempt) error {
	learned := false
	result := &Error{Class: TypeError, Unknown: a.unknown}
	for _, e := range problems {
		position := c.files.Position(e.Pos)
		if chunk := c.chunkAt(e.Pos); chunk != nil {
			if d := chunk.declaration; d != nil && d.cell != number && a.broken[d.key] == "" && d.kind != typeName {
				a.broken[d.key] = fmt.Sprintf("%s of cell [%d] does not compile any more: %s:%d: %s", d.key, d.cell,
					position.Filename, position.Line, plain(e.Msg))
				learned = true
				continue
			}
			if spec := chunk.variable; spec != nil && spec.cell != number && c.cannotRevive(spec, e, a) {
				learned = true
				continue
			}
			if v := chunk.old; v != nil && a.invalid[v.Name] == "" {
				a.invalid[v.Name] = fmt.Sprintf("the type of %s cannot be used any more (%s): run cell [%d] again", v.Name,
					plain(e.Msg), v.Cell)
				learned = true
				continue
			}
		}
		if name, ok := strings.CutPrefix(e.Msg, "undefined: "); ok &&
			(c.findStatement(name, a) || s.findImport(c, number, name, a)) {
			learned = true
			continue
		}
		if strings.HasSuffix(e.Msg, "is not used") && c.result != nil && !a.wrap && e.Pos >= c.result.Pos() &&
			e.Pos < c.result.End() {
			a.wrap, learned = true, true
			continue
		}
		if len(result.Diagnostics) < 10 {
			result.Diagnostics = append(result.Diagnostics, c.diagnose(s, number, e, a))
		}
	}
	if learned {
		a.problem = result
		return nil
	}
	return result
}

// findStatement declares a variable of the cell's statements at package level,
// so that the cell's functions find it.
func (c *checked) findStatement(name string, a *attempt) bool {
	if a.early[name] != nil {
		return false
	}
	for _, statement := range c.entry.Body.List {
		s, ok := statement.(*ast.AssignStmt)
		if !ok || s.Tok != token.DEFINE {
			continue
		}
		for _, left := range s.Lhs {
			ident, _ := left.(*ast.Ident)
			o, _ := c.info.Defs[ident].(*types.Var)
			if o == nil || o.Name() != name {
				continue
			}
			code, imports, ok := typeCode(o.Type(), c.own)
			if ok {
				a.early[name] = &Variable{Name: name, code: code, imports: imports,
					symbol: library.VariableSymbol(name), layout: layout(o.Type(), c.own)}
			}
			return ok
		}
	}
	return false
}

// diagnose turns an error of the type checker into what the user reads.
func (c *checked) diagnose(s *Session, number int64, e types.Error, a *attempt) Diagnostic {
	position := c.files.Position(e.Pos)
	d := Diagnostic{Line: position.Line, Column: position.Column, Message: e.Msg}
	if _, err := fmt.Sscanf(position.Filename, "cell[%d]", &d.Cell); err != nil {
		d.Cell = number
		if at := c.chunkAt(e.Pos); at == nil || at.declaration == nil {
			d.Line, d.Column = 1, 1
		}
	}
	if name, ok := strings.CutPrefix(e.Msg, "undefined: "); ok {
		for _, reasons := range []map[string]string{a.broken, a.invalid} {
			if reasons[name] != "" {
				d.Message += " (" + reasons[name] + ")"
			}
		}
	}
	return d
}

// explain adds to a message why a name is gone.
func (s *Session) explain(message string) string {
	if name, ok := strings.CutPrefix(message, "undefined: "); ok && s.lost[name] != "" {
		return message + " (" + s.lost[name] + ")"
	}
	return message
}
