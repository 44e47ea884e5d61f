package setup

import (
	"context"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/seal"
)

// Programs of the checkout that compute, or read data, import what live cells
// import. On a fresh machine compiling that once more takes half a minute, so
// they are made on live cells' library where it is there.

// onLibrary makes a program of main.go in a folder of the checkout. It runs while
// the folders are there that onLibrary returns.
func (m *machine) onLibrary(ctx context.Context, on live, folder, program string) (needs []string, err error) {
	l, err := library.Open(on.library())
	if err != nil {
		return nil, err
	}
	name := filepath.Join(m.checkout.root, filepath.FromSlash(folder), "main.go")
	source, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var imports []string
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		imports = append(imports, path)
	}
	return l.Program(ctx, library.Module{Dir: m.checkout.root}, source, imports, program)
}

func allThere(folders []string) bool {
	return !slices.ContainsFunc(folders, func(dir string) bool {
		info, err := os.Stat(dir)
		return err != nil || !info.IsDir()
	})
}

// dataProgram is the program of dataFolder beside the record of layers, and
// dataNeeds a list of the folders that it needs.
const dataProgram, dataNeeds = "fetch", "fetch.json"

// makeDataProgram makes it. Without it the go command compiles it when it runs.
func (m *machine) makeDataProgram(ctx context.Context, on live, dir string) error {
	needs, err := m.onLibrary(ctx, on, dataFolder, filepath.Join(dir, dataProgram))
	if err != nil {
		return ctx.Err()
	}
	return writeJSON(filepath.Join(dir, dataNeeds), needs)
}

// dataProgram is the path of the program, "" if there is none that can run.
func (l live) dataProgram() string {
	var needs []string
	if l.packagesDir == "" || seal.ReadJSON(filepath.Join(l.packagesDir, dataNeeds), &needs) != nil || !allThere(needs) {
		return ""
	}
	return filepath.Join(l.packagesDir, dataProgram)
}
