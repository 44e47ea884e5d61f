package library

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// linkCell makes a plugin of a compiled cell: against an interface of the
// library, or against the library itself, which has whatever the interface lacks.
func (b *Builder) linkCell(ctx context.Context, dir string, number int64, archive, plugin string) error {
	object, err := os.ReadFile(archive)
	if err != nil {
		return err
	}
	polish(object)
	if err := os.WriteFile(archive, object, 0o600); err != nil {
		return err
	}
	err = b.linkInterface(ctx, dir, number, object, archive, plugin)
	// The linker gives up after some complaints, so there may be more than one round.
	for err != nil && b.adjust(archive, object, number, err) {
		err = b.linkInterface(ctx, dir, number, object, archive, plugin)
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	return b.library.linkByCompiler(ctx, number, b.linkConfig, archive, plugin)
}

// linkInterface links against an interface of the library.
func (b *Builder) linkInterface(ctx context.Context, dir string, number int64, object []byte, archive, plugin string) error {
	index, err := b.library.index()
	if err != nil {
		return err
	}
	names, err := objectNames(object)
	if err != nil {
		return err
	}
	config, err := b.interfaceConfig(dir)
	if err != nil {
		return err
	}
	names = append(names, b.extraNames...)
	if err := index.writeInterface(filepath.Join(filepath.Dir(config), sharedName), names); err != nil {
		return err
	}
	err = b.library.linkDirectly(ctx, dir, number, config, archive, plugin)
	if errors.Is(err, errNotDirect) {
		err = b.library.linkByCompiler(ctx, number, config, archive, plugin)
	}
	return err
}

// adjust changes a compiled cell so that the linker has nothing more to complain of,
// see redirectMethods. It reports whether it is worth to link again.
func (b *Builder) adjust(archive string, object []byte, number int64, complaint error) bool {
	var tool *ToolError
	index, err := b.library.index()
	if err != nil || !errors.As(complaint, &tool) {
		return false
	}
	types := index.descriptions(tool.Output)
	return len(types) > 0 && redirectMethods(object, types, EntryName(number)) && os.WriteFile(archive, object, 0o600) == nil
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

// linkByCompiler has Go's linker call the C compiler, as it does everywhere.
func (l *Library) linkByCompiler(ctx context.Context, number int64, config, archive, plugin string) error {
	return l.runLinker(ctx, l.cellFlags(number, config, plugin, "-extld="+l.CC[0],
		"-extldflags=-Wl,--version-script="+filepath.Join(l.Dir, versionsName), archive)...)
}

// errNotDirect says that a cell cannot be linked without the C compiler here.
var errNotDirect = errors.New("not without the C compiler")

// linkDirectly links without the C compiler. Go's linker starts it three times
// for a cell, to ask which flags it knows and to link, and the C compiler starts
// four programs more; together they take two thirds of a cell's time. So Go's
// linker is given a program that does nothing, and leaves one object, which the
// system's linker makes the plugin of.
func (l *Library) linkDirectly(ctx context.Context, dir string, number int64, config, archive, plugin string) error {
	if l.Linker == "" || l.Nothing == "" {
		return errNotDirect
	}
	folder, err := os.MkdirTemp(dir, "link")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := l.runLinker(ctx, l.cellFlags(number, config, plugin, "-extld="+l.Nothing, "-tmpdir="+folder, "-compressdwarf=false", archive)...); err != nil {
		return err
	}
	// Objects beside Go's own come from C code in added packages, whose flags only the C compiler knows.
	const object = "go.o"
	if objects, err := filepath.Glob(filepath.Join(folder, "*.o")); err != nil || len(objects) != 1 || filepath.Base(objects[0]) != object {
		return errNotDirect
	}
	link := command(ctx, l.Linker, "-shared", "-s", "-z", "relro", "-z", "now", "-z", "nocopyreloc", "--hash-style=gnu",
		"--version-script="+filepath.Join(l.Dir, versionsName), "-o", plugin, filepath.Join(folder, object), "-L"+filepath.Dir(config), "-lcells")
	if _, err := output(link); err != nil && ctx.Err() == nil {
		return errNotDirect
	}
	return ctx.Err()
}

// cellFlags are the flags of Go's linker for a cell.
func (l *Library) cellFlags(number int64, config, plugin string, more ...string) []string {
	return append([]string{"-buildmode=plugin", "-linkshared", "-importcfg=" + config, "-pluginpath=" + pluginPath(number), "-w", "-s",
		// The stub jumps to it, and what the linker itself puts in is not
		// searched for what it needs.
		"-E=" + modulePackage + ".addmoduledata", "-o", plugin}, more...)
}

// findLinker finds the system's linker behind the C compiler, and a program that
// does nothing. Without them cells are linked by the C compiler.
func (l *Library) findLinker(ctx context.Context) {
	out, err := output(command(ctx, l.CC[0], "-print-prog-name=ld"))
	if err != nil {
		return
	}
	linker, err := exec.LookPath(strings.TrimSpace(string(out)))
	if err != nil {
		return
	}
	nothing, err := exec.LookPath("true")
	if err != nil {
		return
	}
	l.Linker, l.Nothing = linker, nothing
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
