package session

import (
	"fmt"
	"go/ast"
	"maps"
	"path"
	"slices"
	"strings"
)

// nameImports finds the packages' names and returns the paths that are not
// there.
func (s *Session) nameImports(p *parts) (missing []string) {
	p.imports = slices.DeleteFunc(p.imports, func(i *importSpec) bool {
		why, unavailable := s.unavailable[i.path]
		if unavailable {
			name := i.name
			if !i.explicit {
				name = path.Base(i.path)
			}
			s.lost[name] = fmt.Sprintf("the package %s cannot be used: %s", i.path, why)
		}
		return unavailable
	})
	for _, i := range p.imports {
		name, ok := s.toolchain.PackageName(i.path)
		if !ok {
			missing = append(missing, i.path)
		}
		if !i.explicit {
			i.name = name
		}
	}
	return missing
}

// findImport adds an import for a package that the cell uses without importing
// it, as GoNB does by running goimports.
func (s *Session) findImport(c *checked, number int64, name string, a *attempt) bool {
	for _, i := range a.found {
		if i.name == name {
			return false
		}
	}
	used := map[string]bool{}
	line := 1
	ast.Inspect(c.file, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := selector.X.(*ast.Ident); ok && x.Name == name && c.info.Uses[x] == nil {
				used[selector.Sel.Name] = true
				line = c.files.Position(x.Pos()).Line
			}
		}
		return true
	})
	if len(used) == 0 {
		return false
	}
	exported := slices.Sorted(maps.Keys(used))
	path := s.choosePackage(name, exported)
	if path == "" {
		a.unknown[name] = exported
		return false
	}
	a.found = append(a.found, &importSpec{name: name, path: path, cell: number, line: line})
	return true
}

// choosePackage finds a package by its name and some exported names of it. The
// standard library goes first, then short paths, as with goimports.
func (s *Session) choosePackage(name string, exported []string) string {
	best, rank := "", 0
	for path, standard := range s.toolchain.Named(name) {
		if strings.Contains("/"+path+"/", "/internal/") || strings.HasPrefix(path, "vendor/") {
			continue
		}
		r := len(path)
		if !standard {
			r += 1000
		}
		if path == "crypto/rand" || path == "html/template" {
			r += 500
		}
		if best != "" && (r > rank || r == rank && path > best) {
			continue
		}
		imported, err := s.importer.Import(path)
		if err != nil {
			continue
		}
		complete := true
		for _, e := range exported {
			complete = complete && ast.IsExported(e) && imported.Scope().Lookup(e) != nil
		}
		if complete {
			best, rank = path, r
		}
	}
	return best
}
