package session

import (
	"go/ast"
)

// mentions are the names in a declaration that may stand for something of the
// notebook's: not fields, methods and labels, which have names of their own. Names
// that are local to a function are among them, so that too much is taken at times,
// never too little.
func mentions(nodes ...ast.Node) map[string]bool {
	found := map[string]bool{}
	for _, n := range nodes {
		ast.Walk(mentionVisitor(found), n)
	}
	return found
}

type mentionVisitor map[string]bool

// Visit collects names below a node.
func (v mentionVisitor) Visit(n ast.Node) ast.Visitor {
	walk := func(n ast.Node) { ast.Walk(v, n) }
	switch n := n.(type) {
	case *ast.Ident:
		v[n.Name] = true
	case *ast.SelectorExpr:
		walk(n.X)
		return nil
	case *ast.StructType:
		for _, field := range n.Fields.List {
			walk(field.Type)
		}
		return nil
	case *ast.InterfaceType:
		for _, method := range n.Methods.List {
			walk(method.Type)
		}
		return nil
	case *ast.LabeledStmt:
		walk(n.Stmt)
		return nil
	case *ast.BranchStmt:
		return nil
	}
	return v
}
