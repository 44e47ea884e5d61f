package session

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"go/ast"
	"go/parser"
	"go/types"
	"maps"
	"path/filepath"
	"slices"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
)

// Packages of the user's modules get hooks like cells, when breakpoints are set
// in them. They cannot import the host. So they declare its function once more,
// without a body, and the linker binds that to the host's. Nothing of a package
// runs when it is loaded that could tell the host of its hooks: the host finds
// the variable at which they look by its symbol. Both have names that follow
// from the text, because a process keeps the variables of a package whatever
// becomes of its code.

// HookedPackage is a package with hooks.
type HookedPackage struct {
	// Path is the import path under which the process has it.
	Path string
	// Program numbers its hooks. It is negative: cells have the other numbers.
	Program int64
	// Symbol is the variable at which the hooks look, Bytes its size.
	Symbol string
	Bytes  int
	Sites  []Site
	// Files are the paths of its files: that of number n in a site is Files[n-1].
	Files []string
	// Texts are those of files with hooks, by path, with one more file.
	Texts map[string]string
}

// hooksFile is the name of the file that a package with hooks has more. It comes
// first, because Go's linker forgets the name of the first function in a shared
// library: better that of one that nobody calls.
const hooksFile = "0gocell_hooks.go"

// HookPackage puts hooks into a package.
func HookPackage(p library.Source) (*HookedPackage, error) {
	paths := slices.Sorted(maps.Keys(p.Files))
	sum := sha256.New()
	fmt.Fprintln(sum, p.Path)
	for _, path := range paths {
		fmt.Fprintf(sum, "%s %d\n%s", filepath.Base(path), len(p.Files[path]), p.Files[path])
	}
	number := int64(binary.BigEndian.Uint64(sum.Sum(nil))>>1) | 1
	x := &HookedPackage{Path: p.Path, Program: -number, Files: paths, Texts: map[string]string{}}
	h := newHooker(fmt.Sprintf("_%x", number), fmt.Sprintf("gocell_held_%x", number), x.Program)
	h.paths = map[string]int64{}
	var files []*ast.File
	for i, path := range paths {
		h.paths[path] = int64(i + 1)
		file, err := parser.ParseFile(h.files, path, p.Files[path], parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	config := types.Config{Importer: p.Importer}
	pkg, err := config.Check(p.Path, h.files, files, h.info)
	if err != nil {
		return nil, err
	}
	h.own = pkg
	for _, file := range files {
		h.noteCaptured(file)
		h.noteValues(file)
	}
	h.noteRecursive(files)
	for i, path := range paths {
		h.text, h.edits = p.Files[path], nil
		h.functions(files[i])
		if len(h.edits) > 0 {
			x.Texts[path] = h.edits.render(h.text, 0, len(h.text))
		}
	}
	if x.Sites = h.sites; len(x.Sites) == 0 {
		return nil, fmt.Errorf("no function of it has statements to stop at")
	}
	x.Bytes = len(h.sites) + h.loops
	x.Symbol = library.SymbolPrefix(p.Path) + h.hit
	x.Texts[filepath.Join(p.Dir, hooksFile)] = fmt.Sprintf("package %s\n\nimport _ \"unsafe\"\n\n"+
		"func gocell_first_%x() {}\n\nvar %s [%d]byte\n%s", p.Name, number, h.hit, x.Bytes,
		h.hostFunctions())
	return x, nil
}
