package library

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Every cell is compiled as a package of this path, so that variables and types
// have the same symbols in all of them. It is the path of a Go program, too: types
// are called main.T and functions main.f, as people expect.
const cellPath = "main"

// VariableSymbol is the symbol of a variable that cells share but hide from each
// other, see versionScript.
func VariableSymbol(name string) string { return cellPath + "." + name }

// VariablePrefix begins the symbols of variables that live on. It is outside of
// the cells' path, whose symbols are hidden.
const VariablePrefix = "live."

// EntryName is the symbol of the function of the cell with the given number.
func EntryName(number int64) string { return pluginPath(number) + ".main" }

func pluginPath(number int64) string { return fmt.Sprintf("cell/%d", number) }

// Hidden in a cell are its functions and constants, not its variables (see
// VariablePrefix) and types ("type:…"). The dynamic linker would bind them to
// the first cell's otherwise.
const versionScript = "{ local: " + cellPath + ".*; };\n"

const (
	compileConfig = "importcfg.compile"
	linkConfig    = "importcfg.link"
	versionsName  = "versions"
)

// writeConfigs writes what the tools need for cells, for a library that lies in dir.
func (l *Library) writeConfigs(dir string) error {
	at := *l
	at.Dir = dir
	b := &Builder{library: &at, compileConfig: filepath.Join(l.Dir, compileConfig), linkConfig: filepath.Join(l.Dir, linkConfig)}
	if err := b.writeConfigs(); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(l.Dir, versionsName), []byte(versionScript), 0o644)
}

// StubImport is what every cell has to import.
const StubImport = stubPackage

// HostImport is the package whose functions the kernel puts into cells.
const HostImport = hostPackage

// Compile compiles a cell's source and links it into a plugin, which it puts
// into the folder dir.
func (b *Builder) Compile(ctx context.Context, dir string, number int64, source []byte) (plugin string, err error) {
	l := b.library
	base := filepath.Join(dir, fmt.Sprintf("cell%d", number))
	file, archive, plugin := base+".go", base+".a", base+".so"
	if err := os.WriteFile(file, source, 0o600); err != nil {
		return "", err
	}
	// Nothing reads them again: places in cells are those of line directives. Sources that stayed would be part of the
	// package that gopls completes in, and a session can have thousands of cells.
	defer os.Remove(file)
	defer os.Remove(archive)
	compile := command(ctx, l.tool("compile"), "-o", archive, "-p", cellPath, "-lang="+l.Language, "-dynlink", "-linkshared",
		"-importcfg="+b.compileConfig, "-pack", "-dwarf=false", "-trimpath="+dir, "-c=2", file)
	compile.Env = l.toolEnv()
	if _, err := output(compile); err != nil {
		return "", err
	}
	return plugin, b.linkCell(ctx, dir, number, archive, plugin)
}

// Builder compiles the cells of one session, which may use packages that are not
// in the library.
type Builder struct {
	library                   *Library
	compileConfig, linkConfig string
	fastConfig                string   // see interfaceConfig
	extraNames                []string // what packages need that are not in the library
}

// NewBuilder returns a builder for cells that use the library only.
func NewBuilder(l *Library) *Builder {
	return &Builder{library: l, compileConfig: filepath.Join(l.Dir, compileConfig), linkConfig: filepath.Join(l.Dir, linkConfig)}
}

// ExportFile returns the file with the export data of a package that cells can
// import.
func (b *Builder) ExportFile(path string) (string, error) { return b.library.ExportFile(path) }

// PackageName returns the name of a package that cells can import.
func (b *Builder) PackageName(path string) (name string, ok bool) {
	p := b.library.Packages[path]
	if p == nil {
		return "", false
	}
	return p.Name, true
}

// Packages are what cells can import, by path.
func (b *Builder) Packages() map[string]*Package { return b.library.Packages }

// Language is the Go version that cells are written in.
func (b *Builder) Language() string { return b.library.Language }
