package library

import (
	"crypto/sha256"
	"debug/elf"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/engine/library/sharedsyms"
)

// Go's compiler compiles all methods of each generic type that a package
// mentions, although others have done so before: it cannot know. In a cell these
// methods are most of what is compiled, and the library has them all. So cells
// have a compiler of their own, Go's with three conditions, which leaves out
// what the shared libraries have; in all else it makes the same of a cell. It
// is built from Go's source where that is the one known here, in about a minute
// when nobody waits. Without it, and where it fails, Go's compiler compiles
// cells.

//go:embed sharedsyms/sharedsyms.go
var sharedsymsSource string

const (
	cmdFolder         = "cmd/compile/internal/"
	sharedsymsPackage = cmdFolder + "sharedsyms"
	importsBase       = "\t\"cmd/compile/internal/base\"\n"
	importsToo        = "\t\"" + sharedsymsPackage + "\"\n"
)

// cellCompiler is what is added to the compiler.
var cellCompiler = feature{"cells with generic types take longer to compile", []change{
	{file: cmdFolder + "gc/compile.go", at: importsBase, insert: importsToo},
	{
		// Functions that several packages may have: instances of generic ones and
		// wrappers of methods. They were inlined where they are to be, and what they
		// do to their arguments is known.
		file:   cmdFolder + "gc/compile.go",
		at:     "\tif ssagen.CreateWasmImportWrapper(fn) {",
		insert: "\tif fn.Dupok() && sharedsyms.Libraries.Has(fn.Linksym().Name) {\n\t\treturn\n\t}\n\n",
	},
	{file: cmdFolder + "noder/reader.go", at: importsBase, insert: importsToo},
	{
		// The same for wrappers, before they are made.
		file:   cmdFolder + "noder/reader.go",
		at:     "\twrappee := method.Type.Recv().Type\n",
		insert: "\tif sharedsyms.Libraries.Has(sym.Linksym().Name) {\n\t\treturn\n\t}\n\n",
	},
	{file: cmdFolder + "reflectdata/reflect.go", at: importsBase, insert: importsToo},
	{
		// Descriptions of generic types.
		file: cmdFolder + "reflectdata/reflect.go",
		at: "\t\t// Instantiated type; possibly instantiated with unique type arguments.\n" +
			"\t\t// Need to emit to be safe (however, see TODO above).\n\t\treturn true\n",
		insert:   "\t\treturn !sharedsyms.Libraries.Has(types.TypeSym(typ).Linksym().Name)\n",
		replaces: true,
	},
}}

const (
	cellCompilerName = "compile"
	symbolsName      = "symbols" // the list for the compiler, beside a shared library
)

// CompilerDir is where the compiler for cells is, or will be: beside the
// library, under a name that follows from what is added to Go's.
func (l *Library) CompilerDir() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%#v\n%s", cellCompiler, sharedsymsSource))
	return filepath.Join(filepath.Dir(l.Dir), "compiler-"+hex.EncodeToString(sum[:])[:16])
}

// cellCompiler is the path of the compiler for cells.
func (l *Library) cellCompiler() string { return filepath.Join(l.CompilerDir(), cellCompilerName) }

// CompilerBuild prepares a build of the compiler for cells, whose program goes
// to the folder dir: arguments of the go command, and variables for it. What it
// reads is written into the folder work.
func (l *Library) CompilerBuild(work, dir string) (args, env []string, err error) {
	if !filepath.IsAbs(l.Go) {
		return nil, nil, errors.New("where Go's source is, is not known")
	}
	source := filepath.Join(filepath.Dir(filepath.Dir(l.Go)), "src")
	texts, err := cellCompiler.apply(filepath.Dir(source), nil)
	if err != nil {
		return nil, nil, err
	}
	texts[sharedsymsPackage+"/sharedsyms.go"] = sharedsymsSource
	replace := map[string]string{}
	for file, text := range texts {
		other := filepath.Join(work, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(other, []byte(text), 0o644); err != nil {
			return nil, nil, err
		}
		replace[filepath.Join(source, filepath.FromSlash(file))] = other
	}
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return nil, nil, err
	}
	list := filepath.Join(work, "overlay.json")
	if err := os.WriteFile(list, data, 0o644); err != nil {
		return nil, nil, err
	}
	return []string{"build", "-overlay=" + list, "-ldflags=-s -w", "-o", filepath.Join(dir, cellCompilerName),
		"cmd/compile"}, []string{"GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local"}, nil
}

// symbols are the lists that the compiler for cells wants, "" where there is no
// such compiler. What cells have to keep to themselves they have to have.
func (b *Compiler) symbols() string {
	if len(b.hidden) > 0 || b.plainly {
		return ""
	}
	if _, err := os.Stat(b.library.cellCompiler()); err != nil {
		return ""
	}
	files := []string{filepath.Join(b.library.Dir, symbolsName)}
	for _, y := range b.layers {
		files = append(files, filepath.Join(y.Dir, symbolsName))
	}
	return strings.Join(files, string(filepath.ListSeparator))
}

// writeSymbols writes the list of a library that the compiler for cells wants
// into dir: of what packages have in common, which are types, and functions
// that come from generic code.
func (x *libraryIndex) writeSymbols(dir string) error {
	var names []string
	for i := range uint32(len(x.symbols) / symbolEntry) {
		s := x.at(i)
		name := strings.TrimSuffix(s.name, ".abiinternal")
		common := isTypeData(name) || strings.Contains(name, "[") || strings.HasPrefix(name, "go.shape.")
		if common && s.section != uint16(elf.SHN_UNDEF) {
			names = append(names, name)
		}
	}
	return os.WriteFile(filepath.Join(dir, symbolsName), sharedsyms.Encode(names), 0o644)
}

// writeSymbols writes the list of a layer.
func (y *Layer) writeSymbols() error {
	x, err := readIndex(y.shared())
	if err != nil {
		return err
	}
	defer x.file.Close()
	return x.writeSymbols(y.Dir)
}
