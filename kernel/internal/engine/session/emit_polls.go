package session

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
)

// polls lets loops and time.Sleep see an interrupt.
func (e *emitter) polls() {
	poll := fmt.Sprintf("%s.Poll(%d);", hostName, e.number)
	ast.Inspect(e.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ForStmt:
			if e.measures(n) {
				break
			}
			e.edits.insert(e.offset(n.Body.Lbrace)+1, poll)
		case *ast.RangeStmt:
			// Without a call it ends soon enough, and may be an inner loop.
			if hasCall(n.Body) {
				e.edits.insert(e.offset(n.Body.Lbrace)+1, poll)
			}
		case *ast.CallExpr:
			s, ok := n.Fun.(*ast.SelectorExpr)
			if !ok {
				break
			}
			if f, ok := e.info.Uses[s.Sel].(*types.Func); ok && f.FullName() == "time.Sleep" {
				e.edits.insert(e.offset(s.Pos()), fmt.Sprintf("%s.Sleeper(%d, ", hostName, e.number))
				e.edits.insert(e.offset(s.End()), ")")
			}
		}
		return true
	})
}

// measures tells of the loop of a benchmark, "for b.Loop()", which nothing of ours
// is to slow down. It ends by itself.
func (e *emitter) measures(loop *ast.ForStmt) bool {
	call, ok := loop.Cond.(*ast.CallExpr)
	if !ok {
		return false
	}
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	f, ok := e.info.Uses[s.Sel].(*types.Func)
	return ok && f.FullName() == "(*testing.B).Loop"
}

func hasCall(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr, *ast.SendStmt, *ast.SelectStmt:
			found = true
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW
		}
		return !found
	})
	return found
}
