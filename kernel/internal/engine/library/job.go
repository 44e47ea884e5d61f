package library

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/engine/library/sharedsyms"
)

// job is what makes a plugin of a cell: the compiler, Go's linker and the
// system's linker, each a program. Starting them takes a third of a small
// cell's time, so they may have been started before the cell was known.
type job struct {
	library *Library
	dir     string
	number  int64
	hidden  []string // packages, see Compiler.Hide
	symbols string   // for the compiler for cells, "" for Go's own

	compiler, linker, system *waiting // nil if not started, or used
	byCompiler               bool     // the C compiler had to link
}

func (j *job) file(suffix string) string {
	return filepath.Join(j.dir, fmt.Sprintf("cell%d%s", j.number, suffix))
}

func (j *job) source() string  { return j.file(".go") }
func (j *job) archive() string { return j.file(".a") }
func (j *job) plugin() string  { return j.file(".so") }

// objects is the folder in which Go's linker leaves what it has made.
func (j *job) objects() string { return j.file(".link") }

// object is what Go's linker makes of the cell. Other objects beside it come
// from C code in added packages.
func (j *job) object() string { return filepath.Join(j.objects(), "go.o") }

// interfaceDir is the folder of the interface that the job links against. Jobs
// in the same folder share it.
func (j *job) interfaceDir() string { return filepath.Join(j.dir, "interface") }

// start starts the programs.
func (j *job) start() (err error) {
	if err := os.MkdirAll(j.objects(), 0o700); err != nil {
		return err
	}
	if j.compiler, err = j.startCompiler(); err != nil || j.library.Linker == "" {
		return err
	}
	if j.linker, err = j.startLinker(); err != nil {
		return err
	}
	j.system, err = j.startSystem()
	return err
}

// end ends what was not used, and removes all but the plugin.
func (j *job) end() {
	if j == nil {
		return
	}
	for _, p := range []*waiting{j.compiler, j.linker, j.system} {
		p.drop()
	}
	// Places in cells are those of line directives, so nothing reads the
	// sources again. Sources that stayed would be part of the package that
	// gopls completes in, and a session can have thousands of cells.
	_ = os.Remove(j.source())
	_ = os.Remove(j.archive())
	_ = os.RemoveAll(j.objects())
}

// drop ends a job that nobody wants. The system's linker may have begun a
// plugin.
func (j *job) drop() {
	if j == nil {
		return
	}
	j.end()
	_ = os.Remove(j.plugin())
}

func (j *job) startCompiler() (*waiting, error) {
	l := j.library
	program, env := l.tool("compile"), l.toolEnv()
	if j.symbols != "" {
		program, env = l.cellCompiler(), append(env, sharedsyms.Variable+"="+j.symbols)
	}
	return startWaiting(env, program,
		append(l.compileFlags(pipeFile, cellPath, j.archive()), "-trimpath="+j.dir, "-c=2", j.source())...)
}

// takePlainCompiler has Go's own compiler compile the cell.
func (j *job) takePlainCompiler() {
	if j.symbols != "" {
		j.compiler.drop()
		j.compiler, j.symbols = nil, ""
	}
}

// noCompiler is the name of no program.
const noCompiler = "gocifar-calls-the-linker-itself"

func (j *job) startLinker() (*waiting, error) {
	l := j.library
	return startWaiting(l.toolEnv(), l.tool("link"),
		append(j.linkFlags(pipeFile), "-extld="+noCompiler, "-tmpdir="+j.objects(), j.archive())...)
}

// startSystem starts the system's linker. A cell that lies in two pieces, one to
// execute and one to write to, takes two of the 65,530 mappings that a process
// can have, and half of the memory that it takes in five.
func (j *job) startSystem() (*waiting, error) {
	return startWaiting(os.Environ(), j.library.Linker, "--version-script="+pipeFile, "-shared", "-s", "-z", "norelro",
		"-z", "noseparate-code", "-z", "now", "-z", "nocopyreloc", "--hash-style=gnu", "-o", j.plugin(), j.object(),
		"-L"+j.interfaceDir(), "-lcells")
}

// linkFlags are the flags of Go's linker for the cell.
func (j *job) linkFlags(config string) []string {
	return pluginFlags(config, pluginPath(j.number), j.plugin())
}

// use gives a program its content, after starting it if it has not started yet.
func use(ctx context.Context, p **waiting, start func() (*waiting, error), content []byte) error {
	if *p == nil {
		started, err := start()
		if err != nil {
			return err
		}
		*p = started
	}
	program := *p
	*p = nil
	return program.finish(ctx, content)
}

// compile compiles the source.
func (j *job) compile(ctx context.Context, source, config []byte) error {
	if err := os.WriteFile(j.source(), source, 0o600); err != nil {
		return err
	}
	return use(ctx, &j.compiler, j.startCompiler, config)
}

// errNotDirect says that a cell cannot be linked without the C compiler here.
var errNotDirect = errors.New("not without the C compiler")

// linkDirectly links without the C compiler. Go's linker starts it three times
// for a cell, to ask which flags it knows and to link, and the C compiler
// starts up to four programs each time: two thirds of a cell's time. So Go's
// linker is told of a compiler that does not exist. It fails at its last step
// and leaves one object in a folder of ours, of which the system's linker makes
// the plugin.
func (j *job) linkDirectly(ctx context.Context, config []byte) error {
	if j.library.Linker == "" {
		return errNotDirect
	}
	if err := os.MkdirAll(j.objects(), 0o700); err != nil {
		return err
	}
	err := use(ctx, &j.linker, j.startLinker, config)
	var tool *ToolError
	if !errors.As(err, &tool) || !strings.Contains(tool.Output, "running "+noCompiler+" failed") {
		return err
	}
	if objects, err := filepath.Glob(filepath.Join(j.objects(), "*.o")); err != nil || len(objects) != 1 ||
		objects[0] != j.object() {
		return errNotDirect // there are others, whose flags only the C compiler knows
	}
	if err := use(ctx, &j.system, j.startSystem, []byte(versions(j.hidden))); err != nil && ctx.Err() == nil {
		return errNotDirect
	}
	return ctx.Err()
}

// linkByCompiler has Go's linker call the C compiler, as it does everywhere.
func (j *job) linkByCompiler(ctx context.Context, config string) error {
	j.byCompiler = true
	l := j.library
	script := filepath.Join(l.Dir, versionsName)
	if len(j.hidden) > 0 {
		script = filepath.Join(j.objects(), versionsName)
		if err := errors.Join(os.MkdirAll(j.objects(), 0o700),
			os.WriteFile(script, []byte(versions(j.hidden)), 0o600)); err != nil {
			return err
		}
	}
	return l.runLinker(ctx, append(j.linkFlags(config), "-extld="+l.CC[0],
		"-extldflags=-Wl,--version-script="+script, j.archive())...)
}
