package library

import (
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// Source is a package of the user's modules, for who writes something into it
// before it is compiled.
type Source struct {
	// Path is the import path under which the process has it, or will.
	Path, Name, Dir string
	// Cgo tells whether it has C code.
	Cgo bool
	// Files are the texts of its Go files, by path.
	Files map[string]string
	// Importer imports what it imports.
	Importer types.Importer
}

// Rewrite has packages of the user's modules compiled from other texts, from the
// next Add or Edit on: those that a function returns for some of their files, by
// path. There may be files among them that the package does not have. If they
// cannot be compiled, all packages are what they are, and failed is told. nil
// leaves them so, too.
func (b *Compiler) Rewrite(f func(Source) map[string]string, failed func(error)) {
	b.rewrite, b.rewriteFailed = f, failed
}

// rewritten are the other texts, by path, for packages as they were compiled
// from their own.
func (b *Compiler) rewritten(packages []*listed) map[string]string {
	exports := map[string]string{}
	for path, p := range b.library.imports(nil) {
		exports[path] = p.export
	}
	for _, p := range packages {
		exports[p.ImportPath] = p.Export
	}
	all := map[string]string{}
	for _, p := range packages {
		if !p.own() {
			continue
		}
		s := Source{Path: p.ImportPath, Name: p.Name, Dir: p.Dir, Cgo: len(p.CgoFiles) > 0, Files: map[string]string{},
			Importer: newChecker(exports, b.ActualPath).importer}
		for _, name := range p.GoFiles {
			path := filepath.Join(p.Dir, name)
			data, err := os.ReadFile(path)
			if err != nil {
				return nil // it changes just now
			}
			s.Files[path] = string(data)
		}
		maps.Copy(all, b.rewrite(s))
	}
	return all
}

// Hide has cells keep to themselves what they have of packages: instances of
// generic functions, which would else be bound to those that earlier cells have.
func (b *Compiler) Hide(packages []string) { b.hidden = packages }

// PackageOf is the import path in the name of a function on the stack.
func PackageOf(function string) string {
	function, _, _ = strings.Cut(function, "[")
	slash := strings.LastIndexByte(function, '/') + 1
	element, _, _ := strings.Cut(function[slash:], ".")
	return function[:slash] + strings.ReplaceAll(element, "%2e", ".")
}

// OwnFolder says why a folder holds no package whose edits a session can take;
// "" if it may hold one: it is part of a module that is a folder of the user's.
func (b *Compiler) OwnFolder(dir string) string {
	if b.Watches(dir) {
		return ""
	}
	const none = "it is in no module of the user's that this session has: packages of Go itself and of other modules " +
		"are compiled as they are"
	if b.module.Dir == "" || slices.Contains(strings.Split(dir, string(filepath.Separator)), "vendor") {
		return none
	}
	files, err := b.module.read()
	if err != nil {
		return err.Error()
	}
	for _, module := range files.folders() {
		if dir == module || strings.HasPrefix(dir, module+string(filepath.Separator)) {
			return ""
		}
	}
	return none
}

// folders are those of the modules and of what replaces others.
func (f *moduleFiles) folders() []string {
	list := slices.Clone(f.dirs)
	replaced := func(base string, all []*modfile.Replace) {
		for _, r := range all {
			if r.New.Version == "" {
				list = append(list, absolute(base, r.New.Path))
			}
		}
	}
	for i, m := range f.modules {
		replaced(f.dirs[i], m.Replace)
	}
	if f.work != nil {
		replaced(filepath.Dir(f.work.Syntax.Name), f.work.Replace)
	}
	return list
}

// OwnFiles lists the Go files of packages of the user's modules that the session
// has, by the import path under which the process has them.
func (b *Compiler) OwnFiles() map[string][]string {
	all := map[string][]string{}
	for path, w := range b.watched {
		for _, name := range paths(w.text) {
			if strings.HasSuffix(name, ".go") {
				all[path] = append(all[path], filepath.Join(w.dir, name))
			}
		}
	}
	return all
}
