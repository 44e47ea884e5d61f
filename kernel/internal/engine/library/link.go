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

// link makes a plugin of a compiled cell: against an interface of the library,
// or against the library itself, which has whatever the interface lacks.
func (b *Compiler) link(ctx context.Context, j *job) error {
	object, err := os.ReadFile(j.archive())
	if err != nil {
		return err
	}
	polish(object)
	if err := os.WriteFile(j.archive(), object, 0o600); err != nil {
		return err
	}
	err = b.linkInterface(ctx, j, object)
	// The linker gives up after some complaints, so there may be more than one
	// round.
	rounds := 1
	for err != nil && b.adjust(j, object, err) {
		rounds++
		err = b.linkInterface(ctx, j, object)
	}
	if rounds > 1 {
		b.slower = append(b.slower, fmt.Sprintf("linked in %d rounds", rounds))
	}
	if j.byCompiler {
		b.slower = append(b.slower, "linked by the C compiler")
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	b.slower = append(b.slower, "linked against the whole library")
	return j.linkByCompiler(ctx, filepath.Join(b.configs, linkConfig))
}

// linkInterface links against interfaces of the library and of layers.
func (b *Compiler) linkInterface(ctx context.Context, j *job, object []byte) error {
	indexes, err := b.indexes()
	if err != nil {
		return err
	}
	names, err := objectNames(object)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(j.interfaceDir(), 0o700); err != nil {
		return err
	}
	shared := filepath.Join(j.interfaceDir(), sharedName)
	if err := writeInterface(shared, indexes, names); err != nil {
		return err
	}
	config := []byte(b.imports.linkConfig(shared))
	err = j.linkDirectly(ctx, config)
	if errors.Is(err, errNotDirect) {
		file := filepath.Join(j.interfaceDir(), linkConfig)
		if err := os.WriteFile(file, config, 0o600); err != nil {
			return err
		}
		return j.linkByCompiler(ctx, file)
	}
	return err
}

// adjust changes a compiled cell so that the linker has nothing more to
// complain of, see redirectMethods. It reports whether it is worth to link
// again.
func (b *Compiler) adjust(j *job, object []byte, complaint error) bool {
	var tool *ToolError
	indexes, err := b.indexes()
	if err != nil || !errors.As(complaint, &tool) {
		return false
	}
	types := descriptions(indexes, tool.Output)
	return len(types) > 0 &&
		redirectMethods(object, func(name string) bool { return types[name] }, EntryName(j.number)) &&
		os.WriteFile(j.archive(), object, 0o600) == nil
}

// findLinker finds the system's linker behind the C compiler. Where it finds
// none, the C compiler links cells.
func (l *Library) findLinker(ctx context.Context) {
	out, err := output(command(ctx, l.CC[0], "-print-prog-name=ld"))
	if err != nil {
		return
	}
	if linker, err := exec.LookPath(strings.TrimSpace(string(out))); err == nil {
		l.Linker = linker
	}
}

// checkLink links a cell that does nothing, so that what does not work here
// shows when the library is made, and a linker that cannot do without the C
// compiler is not asked again.
func (l *Library) checkLink(ctx context.Context) error {
	dir, err := os.MkdirTemp(l.Dir, "check")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	source := fmt.Sprintf("package main\n\nimport (\n\t_ %q\n\t_ \"unsafe\"\n)\n\n"+
		"//go:linkname gocell_main %s\nfunc gocell_main() {}\n", stubPackage, EntryName(0))
	j := &job{library: l, dir: dir}
	defer j.end()
	b := NewCompiler(l, Module{})
	if err := b.make(ctx, j, []byte(source)); err != nil {
		return err
	}
	if j.byCompiler {
		l.Linker = ""
	}
	return nil
}

// pluginFlags are the flags of Go's linker for a plugin.
func pluginFlags(config, path, plugin string) []string {
	return []string{"-buildmode=plugin", "-linkshared", "-importcfg=" + config, "-pluginpath=" + path, "-w", "-s",
		// The stub jumps to it, and what the linker itself puts in is not
		// searched for what it needs.
		"-E=" + modulePackage + ".addmoduledata", "-o", plugin}
}
