package session

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// When the process ends, values end with it. Package-level variables come back
// by the initializers of their declarations, as they do for every cell on GoNB:
// a cell that uses such a variable declares it as if for the first time.

// revived lists the declarations of variables that are to get their values
// again.
func (r *reach) revived() (specs []*variableSpec) {
	for _, name := range slices.Sorted(maps.Keys(r.dormant)) {
		if spec := r.dormant[name].spec; !slices.Contains(specs, spec) {
			specs = append(specs, spec)
		}
	}
	return specs
}

// isRevived tells whether a name of a declaration is among them. Other names of
// it have been declared elsewhere, or nobody needs them.
func (r *reach) isRevived(name string, spec *variableSpec) bool {
	v := r.dormant[name]
	return v != nil && v.spec == spec
}

// revival says what comes back, in one line, or nothing.
func (r *reach) revival() string {
	if len(r.dormant) == 0 {
		return ""
	}
	var made []string
	for _, name := range slices.Sorted(maps.Keys(r.dormant)) {
		spec := r.dormant[name].spec
		how := "zero"
		if spec.initialized {
			how = fmt.Sprintf("cell [%d]", spec.cell)
		}
		made = append(made, name+" ("+how+")")
	}
	return "made anew by initializers, since their values were lost: " + strings.Join(made, ", ")
}

// redefined notes the variables that the cell's own statements define, and that
// must not come back for this cell. It tells whether there was a new one.
func (c *checked) redefined(a *attempt) (learned bool) {
	define := func(name string) {
		if c.reached.dormant[name] != nil && !a.defined[name] {
			a.defined[name], learned = true, true
		}
	}
	for _, statement := range c.entry.Body.List {
		switch s := statement.(type) {
		case *ast.AssignStmt:
			if s.Tok != token.DEFINE {
				continue
			}
			for _, left := range s.Lhs {
				if ident, ok := left.(*ast.Ident); ok && c.info.Defs[ident] != nil {
					define(ident.Name)
				}
			}
		case *ast.DeclStmt:
			d, ok := s.Decl.(*ast.GenDecl)
			if !ok || d.Tok != token.VAR {
				continue
			}
			for _, spec := range d.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					define(name.Name)
				}
			}
		}
	}
	return learned
}

// cannotRevive notes that the declaration of variables no longer compiles.
func (c *checked) cannotRevive(spec *variableSpec, e types.Error, a *attempt) (learned bool) {
	for _, name := range spec.names {
		if c.reached.isRevived(name, spec) && a.invalid[name] == "" {
			a.invalid[name] = fmt.Sprintf("the value of %s is lost, and its initializer does not compile any more (%s): "+
				"run cell [%d] again, changed",
				name, plain(e.Msg), spec.cell)
			learned = true
		}
	}
	return learned
}
