package session

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
)

// statement puts hooks into what a statement consists of, and brings into scope
// what it declares.
func (h *hooker) statement(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.BlockStmt:
		h.block(s.List)
	case *ast.LabeledStmt:
		h.statement(s.Stmt)
	case *ast.AssignStmt:
		h.literals(s)
		if s.Tok == token.DEFINE {
			for _, left := range s.Lhs {
				h.define(left)
			}
		}
	case *ast.DeclStmt:
		h.literals(s)
		h.declarations(s)
	case *ast.IfStmt:
		h.within(func() {
			h.optional(s.Init)
			h.literals(s.Cond)
			h.block(s.Body.List)
			h.optional(s.Else)
		})
	case *ast.ForStmt:
		h.within(func() {
			h.optional(s.Init)
			h.literals(s.Cond)
			h.optional(s.Post)
			h.body(s, s.Body)
		})
	case *ast.RangeStmt:
		h.literals(s.X)
		h.within(func() {
			if s.Tok == token.DEFINE {
				h.define(s.Key)
				h.define(s.Value)
			}
			h.body(s, s.Body)
		})
	case *ast.SwitchStmt:
		h.within(func() {
			h.optional(s.Init)
			h.literals(s.Tag)
			h.clauses(s.Body)
		})
	case *ast.TypeSwitchStmt:
		h.within(func() {
			h.optional(s.Init)
			h.literals(s.Assign)
			h.clauses(s.Body)
		})
	case *ast.SelectStmt:
		h.clauses(s.Body)
	default:
		h.literals(s)
	}
}

func (h *hooker) optional(s ast.Stmt) {
	if s != nil {
		h.statement(s)
	}
}

// define brings into scope what := declares.
func (h *hooker) define(left ast.Expr) {
	if ident, ok := left.(*ast.Ident); ok {
		h.declare(h.info.Defs[ident])
	}
}

func (h *hooker) declarations(s *ast.DeclStmt) {
	d, ok := s.Decl.(*ast.GenDecl)
	if !ok {
		return
	}
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				h.declare(h.info.Defs[name])
			}
		case *ast.TypeSpec:
			h.declare(h.info.Defs[spec.Name])
		}
	}
}

func (h *hooker) clauses(body *ast.BlockStmt) {
	for _, s := range body.List {
		h.within(func() {
			switch s := s.(type) {
			case *ast.CaseClause:
				for _, x := range s.List {
					h.literals(x)
				}
				h.declare(h.info.Implicits[s])
				h.block(s.Body)
			case *ast.CommClause:
				h.optional(s.Comm)
				h.block(s.Body)
			}
		})
	}
}

// literals puts hooks into function literals.
func (h *hooker) literals(n ast.Node) {
	if n == nil {
		return
	}
	ast.Inspect(n, func(n ast.Node) bool {
		f, ok := n.(*ast.FuncLit)
		if !ok {
			return true
		}
		kept := *h
		h.scope, h.function = h.usedIn(f), kept.function+" (literal)"
		h.key, h.dynamic, h.defers = kept.key+literalName, true, hasDefer(f.Body)
		h.fields(f.Type.Params)
		h.fields(f.Type.Results)
		h.block(f.Body.List)
		h.scope, h.function = kept.scope, kept.function
		h.key, h.dynamic, h.defers = kept.key, kept.dynamic, kept.defers
		return false
	})
}

// usedIn is the scope outside of a function literal as far as the literal has
// something to do with it: a hook must not capture more than that.
func (h *hooker) usedIn(f *ast.FuncLit) (scope []types.Object) {
	used := map[types.Object]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if ident, ok := n.(*ast.Ident); ok {
			used[h.info.Uses[ident]] = true
		}
		return true
	})
	for i, o := range h.scope {
		visible := true
		for _, inner := range h.scope[i+1:] {
			visible = visible && inner.Name() != o.Name()
		}
		if visible && used[o] {
			scope = append(scope, o)
		}
	}
	return scope
}

// body puts hooks into a loop's body. The body of a short loop is there twice,
// and each round chooses: hooks would make up most of the time.
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
	place := h.place(list[0].Pos())
	kept, sites := h.edits, len(h.sites)
	h.loops++
	h.edits, h.loop, h.varies = nil, h.loops, h.assignedIn(loop)
	h.loopFrom = loop.Pos()
	h.block(list)
	start, end := h.offset(list[0].Pos()), h.offset(body.Rbrace)
	second := h.edits.render(h.text, start, end)
	h.edits, h.loop = kept, 0
	if len(h.sites) == sites {
		h.loops--
		return
	}
	h.edits.insert(start, fmt.Sprintf("if %s[len(%s)-%d] != 0 { %s%s\n} else { %s", h.hit, h.hit, h.loops, place,
		second, place))
	h.edits.insert(end, "\n}"+h.place(body.Rbrace))
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
// might stop: who steps out of that wants to stop in the loop.
func (h *hooker) short(loop ast.Stmt, list []ast.Stmt) bool {
	if h.offset(list[len(list)-1].End())-h.offset(list[0].Pos()) > mostTwice {
		return false
	}
	if r, ok := loop.(*ast.RangeStmt); ok {
		if _, iterator := h.info.TypeOf(r.X).Underlying().(*types.Signature); iterator {
			return false
		}
	}
	short := true
	for _, s := range list {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ForStmt, *ast.RangeStmt, *ast.FuncLit, *ast.LabeledStmt, *ast.TypeSpec:
				short = false
			case *ast.BranchStmt:
				short = short && n.Tok != token.GOTO
			case *ast.CallExpr:
				short = short && h.foreign(n)
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

// noteCaptured finds out which variables function literals use from outside, and
// which are assigned to. The bodies of loops over functions are literals, too.
func (h *hooker) noteCaptured(file *ast.File) {
	maps.Copy(h.assigned, h.assignedIn(file))
	var literals []ast.Node
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			literals = append(literals, n)
		case *ast.RangeStmt:
			if t := h.info.TypeOf(n.X); t != nil {
				if _, iterator := t.Underlying().(*types.Signature); iterator {
					literals = append(literals, n.Body)
				}
			}
		}
		return true
	})
	for _, f := range literals {
		ast.Inspect(f, func(n ast.Node) bool {
			if ident, ok := n.(*ast.Ident); ok {
				if o := h.info.Uses[ident]; o != nil && (o.Pos() < f.Pos() || o.Pos() > f.End()) {
					h.captured[o] = true
				}
			}
			return true
		})
	}
}

// assignedIn are the variables that code assigns to, or takes the address of.
func (h *hooker) assignedIn(n ast.Node) map[types.Object]bool {
	assigned := map[types.Object]bool{}
	assign := func(x ast.Expr) {
		ident, ok := x.(*ast.Ident)
		if !ok {
			return
		}
		if o := h.info.Uses[ident]; o != nil {
			assigned[o] = true
		}
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.RangeStmt:
			assign(n.Key)
			assign(n.Value)
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				assign(left)
			}
		case *ast.IncDecStmt:
			assign(n.X)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				assign(n.X)
			}
		}
		return true
	})
	return assigned
}
