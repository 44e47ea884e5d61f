package session

import (
	"errors"
	"go/ast"
	"go/token"
	"go/types"
)

// locals tells which names in a cell's declarations mean nothing to the rest of
// the notebook: parameters and variables of functions, and fields. Names that
// other cells declare are unknown here and count as the notebook's.
func locals(files *token.FileSet, file *ast.File) func(*ast.Ident) bool {
	info := types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: noImporter{}, Error: func(error) {}}
	own, _ := config.Check("main", files, []*ast.File{file}, &info) // mistakes are told later
	return func(ident *ast.Ident) bool {
		o := info.Uses[ident]
		if o == nil {
			o = info.Defs[ident]
		}
		switch o := o.(type) {
		case nil, *types.PkgName:
			return false
		case *types.Var:
			if o.IsField() {
				return !o.Embedded()
			}
		}
		parent := o.Parent()
		return parent != nil && parent != types.Universe && parent != own.Scope()
	}
}

// noImporter knows no packages: the names of what the cell itself has are
// enough.
type noImporter struct{}

func (noImporter) Import(string) (*types.Package, error) { return nil, errNoImports }

var errNoImports = errors.New("packages are of no interest")

// mentions are the names in declarations that may stand for something of the
// notebook's: not fields, methods and labels, which have names of their own,
// and not what is local to a function.
func mentions(local func(*ast.Ident) bool, nodes ...ast.Node) map[string]bool {
	v := mentionVisitor{local: local, found: map[string]bool{}}
	for _, n := range nodes {
		ast.Walk(v, n)
	}
	return v.found
}

type mentionVisitor struct {
	local func(*ast.Ident) bool
	found map[string]bool
}

// Visit collects names below a node.
func (v mentionVisitor) Visit(n ast.Node) ast.Visitor {
	walk := func(n ast.Node) { ast.Walk(v, n) }
	switch n := n.(type) {
	case *ast.Ident:
		if !v.local(n) {
			v.found[n.Name] = true
		}
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
