package session

import (
	"go/ast"
	"go/types"
	"slices"
)

// A goroutine that stops has variables in all calls on its stack, and the hooks
// of those below the innermost are passed by then. So the host lets hooks of
// statements take copies on the way whose calls may lead to a breakpoint. This
// file finds out which functions a statement calls.

// AnyCall stands for a call of a function that is not known: of a value, of an
// interface's method, or of whatever other packages call that got such.
const AnyCall = "*"

// literalName ends the names of function literals.
const literalName = " literal"

// functionKey is the name by which calls find a function.
func functionKey(f *types.Func) string { return f.Origin().FullName() }

// enter takes note of a function whose statements follow.
func (h *hooker) enter(f *ast.FuncDecl) {
	h.key, h.defers, h.dynamic = "", hasDefer(f.Body), f.Recv != nil
	if o, ok := h.info.Defs[f.Name].(*types.Func); ok {
		// Cells may use functions of packages as values.
		h.key, h.dynamic = functionKey(o), h.dynamic || h.values[o] || h.paths != nil && o.Exported()
	}
}

// hasDefer tells of functions that run others when they return.
func hasDefer(body *ast.BlockStmt) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.DeferStmt:
			found = true
		}
		return !found
	})
	return found
}

// noteValues finds functions that are used as values.
func (h *hooker) noteValues(file *ast.File) {
	called := map[*ast.Ident]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if ident := calledName(n); ident != nil {
				called[ident] = true
			}
		case *ast.Ident:
			if f, ok := h.info.Uses[n].(*types.Func); ok && !called[n] {
				h.values[f.Origin()] = true
			}
		}
		return true
	})
}

// calledName is the name of the function in a call, nil if there is none.
func calledName(call *ast.CallExpr) *ast.Ident {
	f := ast.Unparen(call.Fun)
	switch x := f.(type) {
	case *ast.IndexExpr:
		f = x.X
	case *ast.IndexListExpr:
		f = x.X
	}
	switch x := f.(type) {
	case *ast.Ident:
		return x
	case *ast.SelectorExpr:
		return x.Sel
	}
	return nil
}

// calls lists the functions that a statement calls before others have their own
// hooks.
func (h *hooker) calls(s ast.Stmt) (list []string) {
	add := func(name string) {
		if name != "" && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	var visit func(n ast.Node) bool
	parts := func(call *ast.CallExpr) {
		ast.Inspect(call.Fun, visit)
		for _, x := range call.Args {
			ast.Inspect(x, visit)
		}
	}
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.BlockStmt:
			for _, c := range n.List {
				switch c := c.(type) {
				case *ast.CaseClause:
					for _, x := range c.List {
						ast.Inspect(x, visit)
					}
				case *ast.CommClause:
					if c.Comm != nil {
						ast.Inspect(c.Comm, visit)
					}
				}
			}
			return false
		case *ast.GoStmt: // on another stack
			parts(n.Call)
			return false
		case *ast.DeferStmt: // at the end
			parts(n.Call)
			return false
		case *ast.ReturnStmt:
			if h.defers {
				add(AnyCall)
			}
		case *ast.RangeStmt:
			if _, iterator := h.info.TypeOf(n.X).Underlying().(*types.Signature); iterator {
				add(AnyCall)
			}
		case *ast.CallExpr:
			name, more := h.callee(n)
			add(name)
			if more {
				add(AnyCall)
			}
		}
		return true
	}
	ast.Inspect(s, visit)
	return list
}

// callee is the function that a call is of, and whether others may be called, too.
func (h *hooker) callee(call *ast.CallExpr) (name string, others bool) {
	if t := h.info.Types[call.Fun]; t.IsType() || t.IsBuiltin() {
		return "", false
	}
	ident := calledName(call)
	f, ok := h.info.Uses[ident].(*types.Func)
	if ident == nil || !ok {
		return AnyCall, false
	}
	if r := f.Signature().Recv(); r != nil && types.IsInterface(r.Type()) {
		return AnyCall, false
	}
	if f.Pkg() != h.own {
		others = slices.ContainsFunc(call.Args, func(x ast.Expr) bool { return !quiet(h.info.TypeOf(x)) })
		if s := h.selection(call); s != nil && !quiet(s.Recv()) {
			others = true
		}
	}
	return functionKey(f), others
}

func (h *hooker) selection(call *ast.CallExpr) *types.Selection {
	s, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	return h.info.Selections[s]
}

// quiet tells of types whose values have nothing to call.
func quiet(t types.Type) bool {
	switch t := t.(type) {
	case *types.Basic:
		return true
	case *types.Slice:
		return quiet(t.Elem())
	case *types.Array:
		return quiet(t.Elem())
	case *types.Pointer:
		return quiet(t.Elem())
	case *types.Map:
		return quiet(t.Key()) && quiet(t.Elem())
	}
	return false
}
