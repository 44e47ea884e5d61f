package parameters

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/gocifar/gocifar/internal/child"
)

// goImporter imports the packages that a notebook's cells name: those of the
// standard library from source, others, if there are folders whose modules know
// them, from what the go command has built of them.
type goImporter struct {
	ctx      context.Context // ends the go command: types.Importer passes none on
	standard types.Importer
	built    types.Importer    // nil without modules
	modules  []string          // folders
	exports  map[string]string // files with what the compiler wrote about packages, by import path
	failed   map[string]error  // why packages could not be imported, by the names that cells give them
	names    map[string]string // those names, by import path
}

func newGoImporter(ctx context.Context, fset *token.FileSet, modules []string) *goImporter {
	g := &goImporter{
		ctx: ctx, modules: modules,
		exports: map[string]string{}, failed: map[string]error{}, names: map[string]string{},
	}
	g.standard = importer.ForCompiler(fset, "source", nil)
	if len(modules) > 0 {
		g.built = importer.ForCompiler(fset, "gc", g.open)
	}
	return g
}

// Import is types.Importer's.
func (g *goImporter) Import(path string) (*types.Package, error) {
	pkg, err := g.find(path)
	if err != nil {
		g.failed[g.names[path]] = err
	}
	return pkg, err
}

func (g *goImporter) find(path string) (*types.Package, error) {
	switch {
	case g.built == nil && !isStandard(path):
		return nil, fmt.Errorf("only the standard library was looked at, not %s", path)
	case g.built == nil:
		return g.standard.Import(path)
	}
	// All from one importer: a type of the standard library must be the same
	// one in a module's package.
	if err := g.list(path); err != nil {
		return nil, err
	}
	return g.built.Import(path)
}

// failure is why a package that the text names could not be imported, "" if all
// could.
func (g *goImporter) failure(text string) string {
	for name, err := range g.failed {
		if strings.Contains(text, name+".") {
			return ": " + err.Error()
		}
	}
	return ""
}

func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// endTime is how long the go command may take to end when it is not wanted any
// more.
const endTime = 5 * time.Second

// list asks the go command for a package and all that it imports. The first
// folder whose module knows it counts.
func (g *goImporter) list(path string) error {
	if g.exports[path] != "" || path == "unsafe" {
		return nil
	}
	var failed error
	for _, dir := range g.modules {
		cmd := child.Command(g.ctx, syscall.SIGINT, endTime, "go",
			"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}", "--", path)
		cmd.Dir = dir
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			first, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
			failed = fmt.Errorf("go list in %s does not find %s: %s (%w)", dir, path, first, err)
			continue
		}
		for line := range strings.Lines(string(out)) {
			if name, file, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
				g.exports[name] = file
			}
		}
		return nil
	}
	return failed
}

// open is what the importer of compiled packages reads.
func (g *goImporter) open(path string) (io.ReadCloser, error) {
	file := g.exports[path]
	if file == "" {
		return nil, fmt.Errorf("the go command built nothing of %s", path)
	}
	return os.Open(file)
}

// complete adds the imports that GoNB would: of a name before a dot, what
// another cell imports under it, or a package of the standard library.
func (g *goImporter) complete(files []*ast.File) {
	known := map[string]*ast.ImportSpec{}
	for name := range autoImported {
		known[name] = &ast.ImportSpec{Path: &ast.BasicLit{Kind: token.STRING, Value: `"` + name + `"`}}
	}
	for _, file := range files {
		for _, spec := range file.Imports {
			known[importedName(spec)] = spec
			g.names[strings.Trim(spec.Path.Value, "`\"")] = importedName(spec)
		}
	}
	for _, file := range files {
		addImports(file, known)
	}
}

func addImports(file *ast.File, known map[string]*ast.ImportSpec) {
	imported := map[string]bool{}
	for _, spec := range file.Imports {
		imported[importedName(spec)] = true
	}
	ast.Inspect(file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		name, ok := selector.X.(*ast.Ident)
		if !ok || imported[name.Name] || known[name.Name] == nil {
			return true
		}
		imported[name.Name] = true
		there := known[name.Name]
		spec := &ast.ImportSpec{Name: there.Name, Path: &ast.BasicLit{Kind: token.STRING, Value: there.Path.Value}}
		file.Imports = append(file.Imports, spec)
		file.Decls = append([]ast.Decl{&ast.GenDecl{Tok: token.IMPORT, Specs: []ast.Spec{spec}}}, file.Decls...)
		return true
	})
}

// importedName is the name that an import gives to a package: its own, else the
// end of the path, without a version.
func importedName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	path := strings.Trim(spec.Path.Value, "`\"")
	if majorVersion.MatchString(path) {
		path = path[:strings.LastIndexByte(path, '/')]
	}
	return path[strings.LastIndexByte(path, '/')+1:]
}

var majorVersion = regexp.MustCompile(`/v[0-9]+$`)

// autoImported are the packages whose types and constants parameters are likely
// to have.
var autoImported = map[string]bool{"time": true, "math": true, "os": true, "image": true, "strings": true, "sort": true}
