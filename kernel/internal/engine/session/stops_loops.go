package session

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
)

// body puts hooks into a loop's body. A short loop is there twice, because hooks
// would make up most of its time. Each round looks whether it is to go on in the
// other, so that a running loop can be stopped; a loop that ends soon looks once,
// before it begins.
func (h *hooker) body(loop ast.Stmt, body *ast.BlockStmt) {
	list := body.List
	for len(list) > 0 {
		x, ok := list[0].(*ast.ExprStmt)
		if !ok || !h.ours(x.X) {
			break
		}
		list = list[1:]
	}
	if len(list) == 0 {
		return
	}
	if h.loop != 0 || !h.short(loop, list) {
		h.block(list)
		return
	}
	from, to, leaves := list[0].Pos(), body.Rbrace, false
	if loop != h.labeled {
		f, isFor := loop.(*ast.ForStmt)
		if leaves = isFor && h.repeatable(f); h.endsSoon(loop) {
			from, to = loop.Pos(), loop.End()
		}
	}
	kept, sites := h.edits, len(h.sites)
	h.loops++
	h.edits, h.loop, h.varies = nil, h.loops, nil
	if !leaves && from != loop.Pos() {
		h.varies, h.loopFrom = h.assignedIn(loop), loop.Pos()
	}
	h.block(list)
	hooked := h.edits
	h.edits, h.loop = kept, 0
	if len(h.sites) == sites {
		h.loops--
		return
	}
	marked := fmt.Sprintf("%s[len(%s)-%d] != 0", h.hit, h.hit, h.loops)
	if leaves {
		h.leave(marked, hooked, loop.(*ast.ForStmt), from)
	} else {
		h.choose(marked, hooked, from, to)
	}
}

// choose has code there twice, of which one has hooks.
func (h *hooker) choose(marked string, hooked edits, from, to token.Pos) {
	second := hooked.render(h.text, h.offset(from), h.offset(to))
	h.edits.insert(h.offset(from), fmt.Sprintf("if %s { %s%s\n} else { %s", marked, h.place(from), second,
		h.place(from)))
	h.edits.insert(h.offset(to), "\n}"+h.place(to))
}

// leave has a loop there twice, the second time with hooks: the first is left for
// it. So hooks cost the first nothing, even if they set what the loop varies.
//
//	{ i := 0; for ; i < n; i++ { if gocell_hit[len(gocell_hit)-1] != 0 { goto gocell_hooked1 }; ... }
//	goto gocell_done1
//	gocell_hooked1: for ; i < n; i++ { ... }
//	gocell_done1: }
func (h *hooker) leave(marked string, hooked edits, loop *ast.ForStmt, first token.Pos) {
	start, end := h.offset(loop.Pos()), h.offset(loop.End())
	header, before := start+len("for"), "{ "
	if loop.Init != nil {
		header = h.offset(loop.Init.End())
		before += h.place(loop.Init.Pos()) + h.text[h.offset(loop.Init.Pos()):header] + "; "
	}
	label := fmt.Sprintf("gocell_hooked%d", h.loops)
	again := "\n" + label + ": for " + h.place(loop.Pos()) + hooked.render(h.text, header, end)
	if done := fmt.Sprintf("gocell_done%d", h.loops); loop.Cond != nil || hasBreak(loop.Body) {
		again = "\ngoto " + done + again + "\n" + done + ": "
	}
	h.edits.replace(start, header, before+"for "+h.place(loop.Pos()))
	h.edits.insert(h.offset(first), fmt.Sprintf("if %s { goto %s };%s", marked, label, h.place(first)))
	h.edits.insert(end, again+"}"+h.place(loop.End()))
}

// repeatable tells of a loop whose condition may be evaluated once more, and
// whose variables need not be others in each round: nothing has their addresses.
func (h *hooker) repeatable(loop *ast.ForStmt) bool {
	own, yes := map[types.Object]bool{}, true
	if init, ok := loop.Init.(*ast.AssignStmt); ok {
		for _, left := range init.Lhs {
			if ident, ok := left.(*ast.Ident); ok && h.info.Defs[ident] != nil {
				own[h.info.Defs[ident]] = true
			}
		}
	}
	if loop.Cond != nil {
		ast.Inspect(loop.Cond, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				f := h.info.Types[n.Fun]
				yes = yes && (f.IsType() || f.IsBuiltin())
			case *ast.UnaryExpr:
				yes = yes && n.Op != token.ARROW
			}
			return yes
		})
	}
	ast.Inspect(loop, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			yes = false
		case *ast.UnaryExpr:
			yes = yes && !(n.Op == token.AND && own[h.variableIn(n.X)])
		case *ast.SelectorExpr: // the method of a pointer takes the address, too
			if s := h.info.Selections[n]; s != nil && s.Kind() == types.MethodVal {
				yes = yes && !own[h.variableIn(n.X)]
			}
		case *ast.SliceExpr: // and so does a slice of an array
			yes = yes && !own[h.variableIn(n.X)]
		}
		return yes
	})
	return yes
}

// variableIn is the variable of which an expression is a part, or nil.
func (h *hooker) variableIn(x ast.Expr) types.Object {
	for {
		switch part := x.(type) {
		case *ast.Ident:
			return h.info.Uses[part]
		case *ast.ParenExpr:
			x = part.X
		case *ast.SelectorExpr:
			x = part.X
		case *ast.IndexExpr:
			x = part.X
		default:
			return nil
		}
	}
}

// hasBreak tells of a loop's body with a break that may be of the loop.
func hasBreak(body *ast.BlockStmt) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
			return false // its own
		case *ast.BranchStmt:
			found = found || n.Tok == token.BREAK
		}
		return !found
	})
	return found
}

// endsSoon tells of a short loop over what is in memory, with nothing in it that
// takes long or waits.
func (h *hooker) endsSoon(loop ast.Stmt) bool {
	r, ok := loop.(*ast.RangeStmt)
	if !ok {
		return false
	}
	t := h.info.TypeOf(r.X).Underlying()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem().Underlying()
	}
	switch t := t.(type) {
	case *types.Slice, *types.Array, *types.Map:
	case *types.Basic:
		if t.Info()&types.IsString == 0 {
			return false
		}
	default:
		return false
	}
	soon := true
	ast.Inspect(r, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if h.ours(n) {
				return false
			}
			f := h.info.Types[n.Fun]
			soon = soon && (f.IsType() || f.IsBuiltin())
		case *ast.SendStmt, *ast.SelectStmt, *ast.FuncLit:
			soon = false
		case *ast.UnaryExpr:
			soon = soon && n.Op != token.ARROW
		}
		return soon
	})
	return soon
}

// place is the directive that gives what follows it a place in the user's text.
func (h *hooker) place(p token.Pos) string {
	at := h.files.Position(p)
	if h.paths != nil {
		at.Filename = "" // the file's own
	}
	return fmt.Sprintf("/*line %s:%d:%d*/", at.Filename, at.Line, at.Column)
}

// mostTwice is how long the text of a body may be that is there twice.
const mostTwice = 4000

// short tells of an innermost loop that calls nothing in which the debugger
// might stop: who steps out of that wants to stop in the loop. If the loop has but
// one statement, the next stop there is in the next round anyway.
func (h *hooker) short(loop ast.Stmt, list []ast.Stmt) bool {
	if h.offset(list[len(list)-1].End())-h.offset(list[0].Pos()) > mostTwice {
		return false
	}
	if r, ok := loop.(*ast.RangeStmt); ok {
		if _, iterator := h.info.TypeOf(r.X).Underlying().(*types.Signature); iterator {
			return false
		}
	}
	short, single := true, len(list) == 1
	for _, s := range list {
		switch s.(type) {
		case *ast.AssignStmt, *ast.ExprStmt, *ast.IncDecStmt, *ast.SendStmt:
		default:
			single = false
		}
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ForStmt, *ast.RangeStmt, *ast.FuncLit, *ast.LabeledStmt, *ast.TypeSpec:
				short = false
			case *ast.BranchStmt:
				short = short && n.Tok != token.GOTO
			case *ast.CallExpr:
				short = short && (single || h.foreign(n))
			}
			return short
		})
	}
	return short
}

// foreign tells of a call that runs no code of cells, as far as that can be seen.
func (h *hooker) foreign(call *ast.CallExpr) bool {
	if t := h.info.Types[call.Fun]; t.IsType() || t.IsBuiltin() {
		return true
	}
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		o, ok := h.info.Uses[f].(*types.Func)
		return ok && o.Pkg() != h.own
	case *ast.SelectorExpr:
		o, ok := h.info.Uses[f.Sel].(*types.Func)
		if !ok || o.Pkg() == h.own {
			return false
		}
		s := h.info.Selections[f]
		return s == nil || !types.IsInterface(s.Recv())
	}
	return false
}
