package session

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// hoist moves the variables that the cell's statements declare to package
// level, so that they live on: "x := f()" becomes "x = f()".
func (e *emitter) hoist() {
	for _, statement := range e.checked.entry.Body.List {
		switch s := statement.(type) {
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE {
				e.hoistDefinition(s)
			}
		case *ast.DeclStmt:
			if d, ok := s.Decl.(*ast.GenDecl); ok && d.Tok == token.VAR {
				e.hoistDeclaration(d)
			}
		}
	}
}

func (e *emitter) hoistDefinition(s *ast.AssignStmt) {
	var idents []*ast.Ident
	stay := false
	for _, left := range s.Lhs {
		ident := left.(*ast.Ident)
		o, _ := e.info.Defs[ident].(*types.Var)
		if o == nil || ident.Name == "_" {
			continue
		}
		idents = append(idents, ident)
		stay = stay || !e.hoistable(o, s.Rhs)
	}
	if stay {
		// With a name that must stay local, ":=" would make all of them so.
		for _, ident := range idents {
			e.keepLocal(ident, s)
		}
		if slices.ContainsFunc(s.Lhs, func(x ast.Expr) bool { return e.isHoisted(x) }) {
			e.edits.replace(e.offset(s.TokPos), e.offset(s.TokPos)+2, "=")
		}
		return
	}
	e.edits.replace(e.offset(s.TokPos), e.offset(s.TokPos)+2, "=")
	for i, ident := range idents {
		e.hoistVariable(ident, e.initial(s, ident, i))
	}
}

// isHoisted tells whether an expression is a variable moved before.
func (e *emitter) isHoisted(x ast.Expr) bool {
	ident, ok := x.(*ast.Ident)
	return ok && e.hoisted[e.info.Uses[ident]] != nil
}

// keepLocal declares a variable in front of a definition that becomes an
// assignment, if other variables in it have been moved.
func (e *emitter) keepLocal(ident *ast.Ident, s *ast.AssignStmt) {
	e.local[e.info.Defs[ident]] = true
	if !slices.ContainsFunc(s.Lhs, func(x ast.Expr) bool { return e.isHoisted(x) }) {
		return
	}
	if code, imports, ok := typeCode(e.info.Defs[ident].Type(), e.own); ok {
		for name, path := range imports {
			e.aliases[name] = path
		}
		e.edits.insert(e.offset(s.Pos()), "var "+ident.Name+" "+typeText(code, e.hidden)+"; _ = "+ident.Name+"; ")
	}
}

// initial is a definition's right side for one variable.
func (e *emitter) initial(s *ast.AssignStmt, ident *ast.Ident, _ int) string {
	at := slices.IndexFunc(s.Lhs, func(x ast.Expr) bool { return x == ident })
	if len(s.Rhs) == len(s.Lhs) {
		return ident.Name + " = " + e.text[e.offset(s.Rhs[at].Pos()):e.offset(s.Rhs[at].End())]
	}
	left := slices.Repeat([]string{"_"}, len(s.Lhs))
	left[at] = ident.Name
	return strings.Join(left, ", ") + " = " + e.text[e.offset(s.Rhs[0].Pos()):e.offset(s.Rhs[0].End())]
}

func (e *emitter) hoistDeclaration(d *ast.GenDecl) {
	for _, spec := range d.Specs {
		v := spec.(*ast.ValueSpec)
		for _, name := range v.Names {
			o, _ := e.info.Defs[name].(*types.Var)
			if name.Name == "_" || o == nil {
				continue
			}
			if !e.hoistable(o, v.Values) {
				for _, spec := range d.Specs {
					for _, name := range spec.(*ast.ValueSpec).Names {
						e.local[e.info.Defs[name]] = true
					}
				}
				return
			}
		}
	}
	// "var (a = 1; b int)" becomes "a = 1; Zero(&b)".
	first := d.Specs[0]
	e.edits.replace(e.offset(d.Pos()), e.offset(first.Pos()), "")
	if d.Rparen.IsValid() {
		e.edits.replace(e.offset(d.Rparen), e.offset(d.Rparen)+1, "")
	}
	for _, spec := range d.Specs {
		v := spec.(*ast.ValueSpec)
		for i, name := range v.Names {
			if name.Name == "_" {
				continue
			}
			initial := ""
			if len(v.Values) == len(v.Names) {
				initial = name.Name + " = " + e.text[e.offset(v.Values[i].Pos()):e.offset(v.Values[i].End())]
			}
			e.hoistVariable(name, initial)
		}
		if len(v.Values) > 0 {
			if v.Type != nil {
				e.edits.replace(e.offset(v.Type.Pos()), e.offset(v.Type.End()), "")
			}
			continue
		}
		var zero []string
		for _, name := range v.Names {
			if name.Name != "_" {
				zero = append(zero, hostName+".Zero(&"+name.Name+")")
			}
		}
		e.edits.replace(e.offset(v.Pos()), e.offset(v.End()), strings.Join(zero, "; "))
	}
}

// hoistable tells whether a variable of the statements can be moved: not if its
// name stands for something else at package level, or if its type has no name
// there and cannot be inferred from an initializer.
func (e *emitter) hoistable(o *types.Var, values []ast.Expr) bool {
	name := o.Name()
	if types.Universe.Lookup(name) != nil || name == "main" || name == "init" || strings.HasPrefix(name, "gocell_") {
		return false
	}
	if e.s.imports[name] != nil || e.s.declared(name) != nil {
		return false
	}
	switch e.own.Scope().Lookup(name).(type) {
	case nil:
	case *types.Var:
		if slices.ContainsFunc(e.parts.variables, func(v *variableSpec) bool { return slices.Contains(v.names, name) }) {
			return false // declared by this very cell
		}
	default:
		return false
	}
	for _, i := range e.parts.imports {
		if i.name == name {
			return false
		}
	}
	if _, _, ok := typeCode(o.Type(), e.own); ok {
		return true
	}
	return len(values) > 0 && !e.usesLocals(o, values)
}

// usesLocals tells whether an initializer needs variables that package level
// does not have, or the type is the statements' own.
func (e *emitter) usesLocals(o *types.Var, values []ast.Expr) bool {
	uses := false
	for _, value := range values {
		ast.Inspect(value, func(n ast.Node) bool {
			ident, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			used := e.info.Uses[ident]
			if used == nil || used == o || used.Pkg() != e.own || used.Parent() == e.own.Scope() || e.hoisted[used] != nil {
				return true
			}
			if v, ok := used.(*types.Var); ok && v.IsField() {
				return true
			}
			// Names within a function literal are its own.
			uses = uses || used.Pos() < value.Pos() || used.Pos() > value.End()
			return true
		})
	}
	return uses
}

// hoistVariable moves one variable to package level.
func (e *emitter) hoistVariable(ident *ast.Ident, initial string) {
	o := e.info.Defs[ident].(*types.Var)
	// An earlier variable of this name has been declared in the unit, because
	// the name is used. It goes if it is the same one; else the statements that
	// still read it find it under another name.
	if i := slices.IndexFunc(e.chunks, func(c chunk) bool { return c.old != nil && c.old.Name == o.Name() }); i >= 0 {
		c := e.chunks[i]
		e.renameEarlier(c, o)
	}
	e.declare(o, nil, initial)
	e.hoisted[o] = e.variables[len(e.variables)-1]
}

// renameEarlier makes room for a new variable of the same name.
func (e *emitter) renameEarlier(c chunk, o *types.Var) {
	earlier := e.own.Scope().Lookup(o.Name())
	code, _, ok := typeCode(o.Type(), e.own)
	if ok && c.old.code == code && c.old.layout == layout(o.Type(), e.own) {
		e.edits.replace(c.start, c.end, "")
		return
	}
	name := "gocell_earlier_" + o.Name()
	renamed := *c.old
	renamed.initial = ""
	e.edits.replace(c.start, c.end, "/*line gocell:1:1*/\n"+renamed.declare(name, e.hidden))
	for ident, used := range e.info.Uses {
		if used == earlier {
			e.edits.replace(e.offset(ident.Pos()), e.offset(ident.End()), name)
		}
	}
}
