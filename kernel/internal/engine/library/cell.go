package library

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
	if err := polishFile(archive); err != nil {
		return "", err
	}
	err = b.linkFast(ctx, dir, number, archive, plugin)
	// The linker gives up after some complaints, so there may be more than one round.
	for err != nil && b.adjust(archive, number, err) {
		err = b.linkFast(ctx, dir, number, archive, plugin)
	}
	if err == nil || ctx.Err() != nil {
		return plugin, err
	}
	// Whatever the interface lacks, the library has.
	return plugin, b.linkCell(ctx, number, b.linkConfig, archive, plugin)
}

// polishFile is polish for a file.
func polishFile(archive string) error {
	data, err := os.ReadFile(archive)
	if err != nil {
		return err
	}
	polish(data)
	return os.WriteFile(archive, data, 0o600)
}

// linkFast links against an interface of the library.
func (b *Builder) linkFast(ctx context.Context, dir string, number int64, archive, plugin string) error {
	index, err := b.library.index()
	if err != nil {
		return err
	}
	object, err := os.ReadFile(archive)
	if err != nil {
		return err
	}
	names, err := objectNames(object)
	if err != nil {
		return err
	}
	names = append(names, b.extraNames...)
	config, err := b.interfaceConfig(dir)
	if err != nil {
		return err
	}
	if err := index.writeInterface(filepath.Join(filepath.Dir(config), sharedName), names); err != nil {
		return err
	}
	return b.linkCell(ctx, number, config, archive, plugin)
}

// adjust changes a compiled cell so that the linker has nothing more to complain of,
// see redirectMethods. It reports whether it is worth to link again.
func (b *Builder) adjust(archive string, number int64, complaint error) bool {
	var tool *ToolError
	index, err := b.library.index()
	if err != nil || !errors.As(complaint, &tool) {
		return false
	}
	types := index.descriptions(tool.Output)
	if len(types) == 0 {
		return false
	}
	data, err := os.ReadFile(archive)
	return err == nil && redirectMethods(data, types, EntryName(number)) && os.WriteFile(archive, data, 0o644) == nil
}

// interfaceConfig is the linker's configuration with the library replaced by an
// interface in a folder of its own.
func (b *Builder) interfaceConfig(dir string) (string, error) {
	if b.fastConfig != "" && filepath.Dir(filepath.Dir(b.fastConfig)) == dir {
		return b.fastConfig, nil
	}
	text, err := os.ReadFile(b.linkConfig)
	if err != nil {
		return "", err
	}
	folder, err := os.MkdirTemp(dir, "interface")
	if err != nil {
		return "", err
	}
	replaced := strings.ReplaceAll(string(text), "="+b.library.shared()+"\n", "="+filepath.Join(folder, sharedName)+"\n")
	b.fastConfig = filepath.Join(folder, linkConfig)
	return b.fastConfig, os.WriteFile(b.fastConfig, []byte(replaced), 0o644)
}

func (b *Builder) linkCell(ctx context.Context, number int64, config, archive, plugin string) error {
	l := b.library
	return l.runLinker(ctx, "-buildmode=plugin", "-linkshared", "-importcfg="+config, "-pluginpath="+pluginPath(number),
		"-w", "-s", "-extld="+l.CC[0], "-extldflags=-Wl,--version-script="+filepath.Join(l.Dir, versionsName),
		// The stub jumps to it, and what the linker itself puts in is not
		// searched for what it needs.
		"-E="+modulePackage+".addmoduledata",
		"-o", plugin, archive)
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

// checkLink links a cell that does nothing, so that what does not work here
// shows when the library is made.
func (l *Library) checkLink(ctx context.Context) error {
	dir, err := os.MkdirTemp(l.Dir, "check")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	source := fmt.Sprintf("package main\n\nimport (\n\t_ %q\n\t_ \"unsafe\"\n)\n\n//go:linkname gocell_main %s\nfunc gocell_main() {}\n", stubPackage, EntryName(0))
	_, err = NewBuilder(l).Compile(ctx, dir, 0, []byte(source))
	return err
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
