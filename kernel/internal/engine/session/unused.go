package session

import (
	"go/ast"
	"go/token"
	"go/types"
)

// useVariables puts "_ = x" behind variables that the cell does not use. In a
// notebook they are no mistake.
func (e *emitter) useVariables() {
	var stack []ast.Node
	ast.Inspect(e.file, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, n)
		switch n := n.(type) {
		case *ast.Ident:
			if e.unused[n.Pos()] && e.hoisted[e.info.Defs[n]] == nil {
				e.use(n, stack)
			}
		case *ast.LabeledStmt:
			if e.unused[n.Label.Pos()] {
				e.edits.replace(e.offset(n.Pos()), e.offset(n.Colon)+1, "")
			}
		}
		return true
	})
}

// use finds a place for "_ = x" by the statement that declares x.
func (e *emitter) use(ident *ast.Ident, stack []ast.Node) {
	text := "_ = " + ident.Name
	if e.hoistedStatement(ident) {
		return
	}
	for i := len(stack) - 2; i >= 0; i-- {
		switch n := stack[i].(type) {
		case *ast.RangeStmt:
			e.edits.insert(e.offset(n.Body.Lbrace)+1, text+";")
			return
		case *ast.AssignStmt:
			if i > 0 {
				e.useAfter(n, stack[i-1], text)
			}
			return
		case *ast.DeclStmt:
			e.edits.insert(e.offset(n.End()), "; "+text)
			return
		case *ast.FuncLit, *ast.FuncDecl:
			return
		}
	}
}

// hoistedStatement tells whether the variable is one of the cell's that has
// moved.
func (e *emitter) hoistedStatement(ident *ast.Ident) bool {
	o, ok := e.info.Defs[ident].(*types.Var)
	return ok && e.hoisted[o] != nil
}

// useAfter uses a variable that an assignment declares.
func (e *emitter) useAfter(a *ast.AssignStmt, parent ast.Node, text string) {
	body := func(at token.Pos) { e.edits.insert(e.offset(at)+1, text+";") }
	firstClause := func(list []ast.Stmt) {
		if len(list) > 0 {
			if clause, ok := list[0].(*ast.CaseClause); ok {
				body(clause.Colon)
			}
		}
	}
	switch p := parent.(type) {
	case *ast.IfStmt:
		body(p.Body.Lbrace)
	case *ast.ForStmt:
		body(p.Body.Lbrace)
	case *ast.SwitchStmt:
		firstClause(p.Body.List)
	case *ast.TypeSwitchStmt:
		firstClause(p.Body.List)
	case *ast.CommClause:
		if p.Comm == a {
			body(p.Colon)
			return
		}
		e.edits.insert(e.offset(a.End()), "; "+text)
	default:
		e.edits.insert(e.offset(a.End()), "; "+text)
	}
}
