package corpus

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// bind looks for the first group that does not compile when its turn comes: a
// method may need methods of its type that it does not name, because it passes
// the receiver on as an interface. Its methods then need all others of their
// types. It tells whether anything has changed.
func (p *program) bind(groups [][]*unit, imports []string, methods map[types.Object][]*unit) bool {
	for i := range groups {
		if p.compiles(groups[:i+1], imports) {
			continue
		}
		changed := false
		for _, u := range groups[i] {
			for _, m := range methods[u.receiver] {
				changed = changed || m != u && !u.needs[m]
				u.needs[m] = true
			}
		}
		if changed {
			return true
		}
	}
	return false
}

// compiles tells whether the groups are a program without its main, but for
// imports that nothing uses yet.
func (p *program) compiles(groups [][]*unit, imports []string) bool {
	sources := append([]string{"package main"}, imports...)
	for _, u := range slices.Concat(groups...) {
		sources = append(sources, p.source(u.declaration))
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", strings.Join(sources, "\n\n"), parser.SkipObjectResolution)
	if err != nil {
		return false
	}
	ok := true
	config := types.Config{Importer: p.importer, Error: func(err error) {
		e, isType := err.(types.Error)
		ok = ok && isType && e.Soft
	}}
	_, _ = config.Check("main", files, []*ast.File{file}, nil) // the errors have been looked at
	return ok
}
