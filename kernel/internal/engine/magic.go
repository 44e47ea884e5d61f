package engine

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/gocell"
)

//go:embed help.md
var help string

// magics are the special commands: lines that begin with a percent sign and the
// name. gocell reads some itself: those that say how the Go code is to run.
var magics = map[string]func(r *run, args []string) error{
	"autoget":       func(r *run, _ []string) error { r.fetch = true; return nil },
	"bench":         (*run).magicBench,
	"capture":       (*run).magicCapture,
	"cd":            (*run).magicCd,
	"env":           (*run).magicEnv,
	"get":           (*run).magicGet,
	"goflags":       (*run).magicGoflags,
	"goworkfix":     (*run).magicGoWorkFix,
	"help":          func(r *run, _ []string) error { r.show("text/markdown", help, help); return nil },
	"ls":            (*run).magicList,
	"noautoget":     func(r *run, _ []string) error { r.fetch = false; return nil },
	"prof":          (*run).magicProf,
	"record":        (*run).magicRecord,
	"reload":        (*run).magicReload,
	"rerun":         (*run).magicRerun,
	"reset":         (*run).magicReset,
	"rm":            (*run).magicRemove,
	"time":          (*run).magicTime,
	"trace":         (*run).magicTrace,
	"track":         (*run).magicTrack,
	"untrack":       (*run).magicUntrack,
	"version":       (*run).magicVersion,
	"who":           (*run).magicWho,
	"widgets":       (*run).magicWidgets,
	"widgets_hb":    (*run).magicHeartbeat,
	"with_inputs":   func(r *run, _ []string) error { return r.askForShell("with_inputs", textInput) },
	"with_password": func(r *run, _ []string) error { return r.askForShell("with_password", passwordInput) },
	// gocell takes it unless the name of a function is missing.
	"exec": func(*run, []string) error {
		return magicErrorf("%%exec wants the name of a function: %%exec FUNCTION [arguments]")
	},
}

// otherNames are those of GoNB, and one of IPython's, for the same commands.
var otherNames = map[string]string{"list": "ls", "remove": "rm", "whos": "who"}

// Magics lists the special commands as they are typed, sorted.
func Magics() []string {
	list := []string{"%%", "%%bash", "%%script", "%%sh", "%%writefile", "%args", "%main", "%test"}
	for name := range magics {
		list = append(list, "%"+name)
	}
	slices.Sort(list)
	return list
}

// magicErrorf is a mistake in a special command.
func magicErrorf(format string, args ...any) error {
	return &Failure{Name: magicError, Value: fmt.Sprintf(format, args...)}
}

// special runs a special line.
func (r *run) special(c gocell.Command) error {
	if r.ctx.Err() != nil {
		return errInterrupted
	}
	if c.Shell {
		return r.shell(c.Text)
	}
	name, args := c.Words[0], c.Words[1:]
	r.rest = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(c.Text), name))
	if other, ok := otherNames[name]; ok {
		name = other
	}
	switch {
	case magics[name] != nil:
		return magics[name](r, args)
	case name == "wasm":
		return magicErrorf("%%%s is not in the live kernel; run this notebook on the GoNB kernel for it", name)
	case slices.Contains([]string{"%writefile", "%script", "%bash", "%sh", "%gx"}, name):
		return magicErrorf("%%%s can only stand in a cell's first line", name)
	}
	return magicErrorf("there is no special command %%%s; %%help lists them", name)
}

func (r *run) magicEnv(args []string) error {
	if len(args) == 1 {
		if name, value, ok := strings.Cut(args[0], "="); ok {
			args = []string{name, value}
		}
	}
	if len(args) != 2 {
		return magicErrorf("%%env wants a name and a value (%%env NAME VALUE or %%env NAME=VALUE), got %d words", len(args))
	}
	if err := r.setenv(args[0], args[1]); err != nil {
		return magicErrorf("%%env %s: %v", args[0], err)
	}
	r.stdout("Set: %s=%q\n", args[0], args[1])
	return nil
}

func (r *run) magicCd(args []string) error {
	switch len(args) {
	case 0:
		r.stdout("Current directory: %q\n", r.cwd)
		return nil
	case 1:
	default:
		return magicErrorf("%%cd wants one folder, got %d words", len(args))
	}
	dir := r.path(args[0])
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = errors.New("it is no folder")
	}
	if err != nil {
		return magicErrorf("%%cd %s: %v", args[0], err)
	}
	r.cwd = filepath.Clean(dir)
	if err := r.setenv("GONB_DIR", r.cwd); err != nil {
		return err
	}
	r.stdout("Changed directory to %q\n", r.cwd)
	return nil
}

// expand puts in the home folder for a leading ~, and variables.
func expand(path string) string {
	if path == "~" || strings.HasPrefix(path, "~/") {
		if home, err := os.UserHomeDir(); err == nil {
			path = home + path[1:]
		}
	}
	return os.ExpandEnv(path)
}

// magicGoflags sets flags for what the go command does for this notebook:
// finding and compiling packages that are not in the library.
func (r *run) magicGoflags(args []string) error {
	if len(args) > 0 {
		r.flags = slices.DeleteFunc(args, func(s string) bool { return s == "" })
		r.covered = false
	}
	r.stdout("%%goflags=%q\n", r.flags)
	return nil
}

// noteCover says, once for each %goflags, that cells have no coverage when
// somebody looks for it: after %test, and in the files of GOCOVERDIR.
func (e *Engine) noteCover(test bool) {
	isCover := func(flag string) bool { return strings.HasPrefix(strings.TrimLeft(flag, "-"), "cover") }
	if e.covered || !slices.ContainsFunc(e.flags, isCover) || !test && os.Getenv("GOCOVERDIR") == "" {
		return
	}
	e.covered = true
	e.stderr("note: cells in a living process are not measured; `!*go test -cover` measures " +
		"a program of the notebook's declarations and tests\n")
}

func (r *run) magicVersion([]string) error {
	text := "**gocifar-live**"
	if info, ok := debug.ReadBuildInfo(); ok {
		text += " " + info.Main.Version
	}
	text += ", cells compiled by " + r.library.GoVersion
	r.show("text/markdown", text, text)
	return nil
}

func (r *run) magicList([]string) error {
	names := r.session.Names()
	for _, kind := range []string{"imports", "constants", "types", "functions"} {
		if len(names[kind]) > 0 {
			r.stdout("%s:\n  %s\n", kind, strings.Join(names[kind], "\n  "))
		}
	}
	if len(names["variables"]) == 0 {
		return nil
	}
	r.stdout("variables:\n")
	return r.magicWho(nil)
}

func (r *run) magicRemove(args []string) error {
	if len(args) == 0 {
		return magicErrorf("%%rm wants names of declarations: %%rm NAME …; %%ls lists them")
	}
	for _, name := range args {
		// Other names still go, and the cell goes on, as on GoNB.
		if what := r.session.Remove(name); what != "" {
			r.stdout(". removed %s %s\n", what, name)
		} else {
			r.stderr(". key %q not found in any definition, not removed; %%ls lists what there is\n", name)
		}
	}
	return nil
}

func (r *run) magicReset(args []string) error {
	switch {
	case len(args) == 0:
		r.session.Reset()
		r.stdout("* State reset: all memorized declarations discarded.\n")
	case len(args) > 1 || args[0] != "go.mod":
		return magicErrorf("%%reset wants nothing, or go.mod")
	}
	r.tracked.mod, r.tracked.work = "", ""
	return r.compiler.Workspace(r.dir, r.options.Require)
}

func (r *run) magicCapture(args []string) error {
	flags := os.O_TRUNC
	if len(args) > 1 && args[0] == "-a" {
		flags, args = os.O_APPEND, args[1:]
	}
	if len(args) != 1 {
		return magicErrorf("%%capture wants a file: %%capture [-a] FILE")
	}
	if err := r.openCapture(r.path(args[0]), flags); err != nil {
		return magicErrorf("%%capture: %v", err)
	}
	return nil
}

// path is a file's, as seen from the notebook's working directory.
func (e *Engine) path(name string) string {
	name = expand(name)
	if !filepath.IsAbs(name) {
		name = filepath.Join(e.cwd, name)
	}
	return name
}
