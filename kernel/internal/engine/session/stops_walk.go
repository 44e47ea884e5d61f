package session

import (
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
		h.labeled = s.Stmt
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
