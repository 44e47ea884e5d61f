package session

import (
	"go/ast"
	"go/parser"
	"go/types"
	"regexp"
	"slices"
	"strings"
)

// A notebook may give Go's own names another meaning: "const int = 3", "type
// string int". So the code of a variable's type says which names are Go's, by a
// prefix. It is taken off again when the declaration is written; where the name
// is hidden, an alias of package host takes its place.
const (
	predeclaredPrefix = "gocell_predeclared_"
	// ownPrefix stands for the notebook's own package in a type's text.
	ownPrefix = "gocell_own"
)

var predeclaredName = regexp.MustCompile(`\b` + predeclaredPrefix + `(\w+)`)

// predeclaredType tells whether Go has a type of the name that variables can
// have.
func predeclaredType(name string) bool {
	o, ok := types.Universe.Lookup(name).(*types.TypeName)
	return ok && o.Name() != "comparable"
}

// markPredeclared puts the prefix to Go's own names in a type's text, in which
// the notebook's own have ownPrefix, and takes ownPrefix off.
func markPredeclared(code string) string {
	var e edits
	e.unqualify(code)
	return e.render(code, 0, len(code))
}

func (e *edits) unqualify(code string) {
	expr, err := parser.ParseExpr(code)
	if err != nil {
		return
	}
	ast.Inspect(expr, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == ownPrefix {
				e.replace(int(n.Pos())-1, int(n.Sel.Pos())-1, "")
			}
			return false
		case *ast.Field:
			if len(n.Names) == 0 {
				break
			}
			var inner edits
			start, end := int(n.Type.Pos())-1, int(n.Type.End())-1
			inner.unqualify(code[start:end])
			for _, one := range inner {
				e.replace(start+one.start, start+one.end, one.text)
			}
			return false
		case *ast.StructType:
			// The name of an embedded type is the field's, too, and an alias
			// has another.
			for _, f := range n.Fields.List {
				if ident, ok := f.Type.(*ast.Ident); ok && len(f.Names) == 0 {
					ident.Name = ""
				}
			}
		case *ast.Ident:
			if predeclaredType(n.Name) {
				e.insert(int(n.Pos())-1, predeclaredPrefix)
			}
		}
		return true
	})
}

// hides tells which of Go's types have another meaning with the view, to which
// variables of the cell come.
func (v *view) hides(specs []*variableSpec) map[string]bool {
	hidden := map[string]bool{}
	for _, name := range types.Universe.Names() {
		if predeclaredType(name) && v.declares(name, specs) {
			hidden[name] = true
		}
	}
	return hidden
}

// declares tells whether a name has a meaning of the notebook's.
func (v *view) declares(name string, specs []*variableSpec) bool {
	return v.byName[name] != nil || v.variables[name] != nil || v.dormant[name] != nil || v.imports[name] != nil ||
		slices.ContainsFunc(specs, func(s *variableSpec) bool { return slices.Contains(s.names, name) })
}

// typeText is a type's code for a file in which some of Go's names are hidden.
func typeText(code string, hidden map[string]bool) string {
	return predeclaredName.ReplaceAllStringFunc(code, func(name string) string {
		name = strings.TrimPrefix(name, predeclaredPrefix)
		if hidden[name] {
			return hostName + "." + strings.ToUpper(name[:1]) + name[1:]
		}
		return name
	})
}

// hideLocal adds the names that the cell declares anywhere.
func (c *checked) hideLocal() {
	for ident, o := range c.info.Defs {
		if o != nil && predeclaredType(ident.Name) {
			c.hidden[ident.Name] = true
		}
	}
}
