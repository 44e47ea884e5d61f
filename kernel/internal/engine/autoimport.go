package engine

import (
	"fmt"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/imports"
)

// findPackages finds packages that a cell uses without importing them, and that
// the library does not have, in the modules of the session: by their names and
// what is used of them, as goimports does it for GoNB.
func (r *run) findPackages(unknown map[string][]string) (paths []string) {
	var uses strings.Builder
	for name, exported := range unknown {
		key := name + "." + strings.Join(exported, ",")
		if r.searched[key] {
			continue // in vain, or the cell would know it
		}
		r.searched[key] = true
		for _, one := range exported {
			if token.IsExported(one) {
				fmt.Fprintf(&uses, "\t_ = %s.%s\n", name, one)
			}
		}
	}
	if uses.Len() == 0 {
		return nil
	}
	found := make(chan []byte, 1)
	go func() {
		source, err := imports.Process(filepath.Join(r.dir, "uses.go"),
			[]byte("package main\n\nfunc main() {\n"+uses.String()+"}\n"), nil)
		if err != nil {
			source = nil // the cell's own complaint says more
		}
		found <- source
	}()
	select {
	case source := <-found:
		return importsOf(source)
	case <-r.ctx.Done():
		return nil
	}
}

// importsOf lists the packages that a file imports.
func importsOf(source []byte) (paths []string) {
	file, err := parser.ParseFile(token.NewFileSet(), "", source, parser.ImportsOnly)
	if err != nil {
		return nil
	}
	for _, i := range file.Imports {
		if path, err := strconv.Unquote(i.Path.Value); err == nil {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}
