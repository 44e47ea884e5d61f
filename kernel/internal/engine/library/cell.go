package library

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Every cell is compiled as a package of this path, so that variables and types
// have the same symbols in all of them. It is the path of a Go program, too:
// types are called main.T and functions main.f, as people expect.
const cellPath = "main"

// VariableSymbol is the symbol of a variable that cells share but hide from
// each other, see versionScript.
func VariableSymbol(name string) string { return cellPath + "." + name }

// VariablePrefix begins the symbols of variables that live on. It is outside of
// the cells' path, whose symbols are hidden.
const VariablePrefix = "live."

// EntryName is the symbol of the function of the cell with the given number.
func EntryName(number int64) string { return pluginPath(number) + ".main" }

func pluginPath(number int64) string { return fmt.Sprintf("cell/%d", number) }

// Hidden in a cell are its functions and constants, not its variables (see
// VariablePrefix) and types ("type:…"). The dynamic linker would bind them to
// the first cell's otherwise. Hidden is also what the linkers put into each
// cell: to find it, the dynamic linker would look through all cells.
const versionScript = "{ local: " + cellPath + ".*; go?link.*; go?buildinfo*; runtime.*; cell?*.abi0; };\n"

// versions is the version script of a cell that hides what it has of packages,
// too. A pattern there cannot have all characters.
func versions(packages []string) string {
	var patterns strings.Builder
	for _, path := range packages {
		fmt.Fprintf(&patterns, " %s*;", notInPattern.ReplaceAllString(SymbolPrefix(path), "?"))
	}
	return strings.Replace(versionScript, " };", patterns.String()+" };", 1)
}

var notInPattern = regexp.MustCompile(`[^\w.]`)

const (
	compileConfig = "importcfg.compile"
	linkConfig    = "importcfg.link"
	versionsName  = "versions"
)

// writeConfigs writes what the tools need for cells that use nothing but the
// library, for one that lies in dir.
func (l *Library) writeConfigs(dir string) error {
	at := *l
	at.Dir = dir
	if err := at.imports(nil).write(l.Dir, nil); err != nil {
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
func (b *Compiler) Compile(ctx context.Context, dir string, number int64, source []byte) (plugin string, err error) {
	j := b.take(dir, number)
	j.hidden = b.hidden
	if len(b.hidden) > 0 {
		j.takePlainCompiler()
	}
	defer j.end()
	return j.plugin(), b.make(ctx, j, source)
}

func (b *Compiler) make(ctx context.Context, j *job, source []byte) error {
	err := b.makeOnce(ctx, j, source)
	if err == nil || ctx.Err() != nil || j.symbols == "" {
		return err
	}
	j.takePlainCompiler()
	if err := b.makeOnce(ctx, j, source); err != nil {
		return err
	}
	b.plainly = true
	b.slower = append(b.slower, "compiled again by Go's own compiler")
	return nil
}

func (b *Compiler) makeOnce(ctx context.Context, j *job, source []byte) error {
	config, err := os.ReadFile(filepath.Join(b.configs, compileConfig))
	if err != nil {
		return err
	}
	if err := j.compile(ctx, source, config); err != nil {
		return err
	}
	return b.link(ctx, j)
}

// compileFlags are the compiler's flags for the package of a plugin.
func (l *Library) compileFlags(config, path, archive string) []string {
	return []string{"-importcfg=" + config, "-o", archive, "-p", path, "-lang=" + l.Language, "-dynlink", "-linkshared",
		"-pack", "-dwarf=false"}
}

// Prepare starts the programs that make a plugin of the cell with the given
// number, and reads the library's symbols, so that Compile need not wait for
// either. It returns at once. What does not start is left to Compile.
func (b *Compiler) Prepare(dir string, number int64) {
	b.mu.Lock()
	if b.closed || b.prepared != nil && b.prepared.dir == dir && b.prepared.number == number {
		b.mu.Unlock()
		return
	}
	b.prepared.drop()
	j := &job{library: b.library, dir: dir, number: number, symbols: b.symbols()}
	b.prepared = j
	go func() {
		_ = j.start()
		b.mu.Unlock() // take waits for it
		_, _ = b.indexes()
	}()
}

// take takes what was prepared for a cell, or else a job that starts its
// programs itself.
func (b *Compiler) take(dir string, number int64) *job {
	b.mu.Lock()
	defer b.mu.Unlock()
	j := b.prepared
	b.prepared = nil
	if j != nil && j.dir == dir && j.number == number {
		return j
	}
	j.drop()
	return &job{library: b.library, dir: dir, number: number, symbols: b.symbols()}
}

// Close ends what was prepared.
func (b *Compiler) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.prepared.drop()
	b.prepared, b.closed = nil, true
}
