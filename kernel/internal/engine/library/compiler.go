package library

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Compiler compiles the cells of one session, which may use packages of a module
// beside the library's.
type Compiler struct {
	library *Library
	module  Module
	layers  []*Layer // that the session's process has, in the order of loading
	imports imports
	configs string             // the folder with the files for the tools
	watched map[string]watched // packages that the user may edit
	times   map[string]int     // how many times a package has come in, if more than once (see anew.go)

	coverage *Coverage // nil: no counters
	slower   []string  // see Slower

	rewrite       func(Source) map[string]string // nil: packages are what they are
	rewriteFailed func(error)
	hidden        []string // see Hide
	plainly       bool     // the compiler for cells has failed

	mu       sync.Mutex
	prepared *job // see Prepare
	closed   bool
}

// NewCompiler returns a compiler for cells that import from a module, if there
// is one, and from the library.
func NewCompiler(l *Library, m Module) *Compiler {
	return &Compiler{library: l, module: m, imports: l.imports(nil), configs: l.Dir, watched: map[string]watched{},
		times: map[string]int{}}
}

// Slower says what has taken longer since it was last asked than it mostly does,
// each a past participle with what belongs to it.
func (b *Compiler) Slower() []string {
	list := b.slower
	b.slower = nil
	return list
}

// noteLayer takes note of a layer that had to be made.
func (b *Compiler) noteLayer(y *Layer) {
	if y.made {
		b.slower = append(b.slower, fmt.Sprintf("built a library of %d packages", len(y.Packages)))
	}
}

// imports are the packages that cells can import.
type imports map[string]*imported

// imported is a package in a library or layer.
type imported struct {
	*Package
	export string // file with export data, "" for unsafe
	shared string // the shared library with its code
}

// imports lists what the library has, and layers on it.
func (l *Library) imports(layers []*Layer) imports {
	all := make(imports, len(l.Packages))
	for path, p := range l.Packages {
		one := &imported{Package: p, shared: l.shared()}
		if p.Export != "" {
			one.export = filepath.Join(l.Dir, p.Export)
		}
		all[path] = one
	}
	for _, layer := range layers {
		for path, p := range layer.Packages {
			all[path] = &imported{p, filepath.Join(layer.Dir, p.Export), layer.shared()}
		}
	}
	return all
}

// write writes the lists that the compiler and the linker want into dir. Some
// packages stand for others.
func (all imports) write(dir string, anew map[string]string) error {
	var compile strings.Builder
	for _, path := range paths(anew) {
		fmt.Fprintf(&compile, "importmap %s=%s\n", path, anew[path])
	}
	for _, path := range paths(all) {
		if p := all[path]; p.export != "" {
			fmt.Fprintf(&compile, "packagefile %s=%s\n", path, p.export)
		}
	}
	fmt.Fprintf(&compile, "packagefile %s=%s\n", stubPackage, all.stub())
	if err := os.WriteFile(filepath.Join(dir, compileConfig), []byte(compile.String()), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, linkConfig), []byte(all.linkConfig("")), 0o644)
}

// linkConfig is the list for the linker. All packages are in the shared library
// instead, if there is one.
func (all imports) linkConfig(instead string) string {
	var link strings.Builder
	for _, path := range paths(all) {
		if p := all[path]; p.export != "" {
			fmt.Fprintf(&link, "packageshlib %s=%s\n", path, cmp.Or(instead, p.shared))
		}
	}
	fmt.Fprintf(&link, "packagefile %s=%s\n", stubPackage, all.stub())
	return link.String()
}

// stub is the file of the package that every cell brings along.
func (all imports) stub() string { return filepath.Join(filepath.Dir(all["runtime"].shared), stubName) }

// use makes what layers have importable, too. The lists for the tools go to dir.
func (b *Compiler) use(dir string, layers []*Layer) error {
	for _, y := range layers {
		y.used()
	}
	all := b.library.imports(layers)
	anew := map[string]string{}
	for path := range b.times {
		anew[path] = b.ActualPath(path)
	}
	if err := all.write(dir, anew); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.prepared.drop() // it would be linked against less
	b.prepared, b.layers, b.imports, b.configs = nil, layers, all, dir
	return nil
}

// Drop forgets shared libraries that Add has returned, and that the process could
// not load.
func (b *Compiler) Drop(dir string, load []string) error {
	layers := slices.DeleteFunc(slices.Clone(b.layers), func(y *Layer) bool { return slices.Contains(load, y.shared()) })
	if err := b.use(dir, layers); err != nil {
		return err
	}
	for path := range b.watched {
		if b.imports[path] == nil {
			delete(b.watched, path)
		}
	}
	return nil
}

// indexes are those of all shared libraries, in the order of loading.
func (b *Compiler) indexes() ([]*libraryIndex, error) { return readIndexes(b.library, b.layers) }

func readIndexes(l *Library, layers []*Layer) ([]*libraryIndex, error) {
	x, err := l.indexed()
	all := []*libraryIndex{x}
	for _, layer := range layers {
		if err != nil {
			break
		}
		x, err = layer.indexed()
		all = append(all, x)
	}
	return all, err
}

// ExportFile returns the file with the export data of a package that cells can
// import.
func (b *Compiler) ExportFile(path string) (string, error) {
	if path == stubPackage {
		return b.imports.stub(), nil
	}
	p := b.imports[b.ActualPath(path)]
	if p == nil {
		return "", fmt.Errorf("package %s is not in the library", path)
	}
	return p.export, nil
}

// PackageName returns the name of a package that cells can import.
func (b *Compiler) PackageName(path string) (name string, ok bool) {
	if p := b.imports[b.ActualPath(path)]; p != nil {
		return p.Name, true
	}
	return "", false
}

// Named lists the packages of a name that cells can import, by path, and
// whether they are the standard library's.
func (b *Compiler) Named(name string) map[string]bool {
	standard := map[string]bool{}
	for path, p := range b.imports {
		if given := GivenPath(path); p.Name == name && b.ActualPath(given) == path {
			standard[given] = p.Standard
		}
	}
	return standard
}

// Language is the Go version that cells are written in.
func (b *Compiler) Language() string { return b.library.Language }
