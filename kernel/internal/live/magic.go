package live

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/gocell"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

//go:embed help.md
var help string

// magics runs the special commands of one cell.
type magics struct {
	kernel                   *Kernel
	execution                *execution
	withInputs, withPassword bool
}

// wrong is a mistake in a special command.
func wrong(format string, args ...any) error {
	return &failure{name: magicError, value: fmt.Sprintf(format, args...)}
}

// run runs a special line.
func (m *magics) run(c gocell.Command) error {
	if m.execution.ctx.Err() != nil {
		return errInterrupted
	}
	if c.Shell {
		return m.shell(c.Text)
	}
	k, name, args := m.kernel, c.Words[0], c.Words[1:]
	command := map[string]func([]string) error{
		"env": k.magicEnv, "cd": k.magicCd, "goflags": k.magicGoflags, "help": k.magicHelp, "version": k.magicVersion,
		"ls": k.magicList, "list": k.magicList, "rm": k.magicRemove, "remove": k.magicRemove, "reset": k.magicReset, "capture": k.magicCapture,
		"who":           k.magicList,
		"autoget":       func([]string) error { k.fetch = true; return nil },
		"noautoget":     func([]string) error { k.fetch = false; return nil },
		"rerun":         func(args []string) error { return k.magicRerun(m.execution, args) },
		"reload":        func(args []string) error { return k.magicReload(m.execution, args) },
		"with_inputs":   func([]string) error { m.withInputs = true; return m.needInput(name) },
		"with_password": func([]string) error { m.withPassword = true; return m.needInput(name) },
		"track":         k.magicTrack, "untrack": k.magicUntrack, "goworkfix": k.magicGoWorkFix,
		"exec": func([]string) error { return wrong("%%exec wants the name of a function: %%exec FUNCTION [arguments]") },
	}[name]
	switch {
	case command != nil:
		return command(args)
	case slices.Contains([]string{"wasm", "widgets", "widgets_hb"}, name):
		return wrong("%%%s is not in the live kernel; run this notebook on the GoNB kernel for it", name)
	case slices.Contains([]string{"%writefile", "%script", "%bash", "%sh", "%gx"}, name):
		return wrong("%%%s can only stand in a cell's first line", name)
	}
	return wrong("there is no special command %%%s; %%help lists them", name)
}

func (m *magics) needInput(name string) error {
	if !m.execution.content.AllowStdin {
		return &failure{name: inputError, value: "%" + name + ": " + errNoInput.Error()}
	}
	return nil
}

func (k *Kernel) magicEnv(args []string) error {
	if len(args) == 1 {
		if name, value, ok := strings.Cut(args[0], "="); ok {
			args = []string{name, value}
		}
	}
	if len(args) != 2 {
		return wrong("%%env wants a name and a value (%%env NAME VALUE or %%env NAME=VALUE), got %d words", len(args))
	}
	if err := os.Setenv(args[0], args[1]); err != nil {
		return wrong("%%env %s: %v", args[0], err)
	}
	k.setenv(args[0], args[1])
	k.stdout("Set: %s=%q\n", args[0], args[1])
	return nil
}

func (k *Kernel) magicCd(args []string) error {
	switch len(args) {
	case 0:
		k.stdout("Current directory: %q\n", k.cwd)
		return nil
	case 1:
	default:
		return wrong("%%cd wants one folder, got %d words", len(args))
	}
	dir := expand(args[0])
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(k.cwd, dir)
	}
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = errors.New("it is no folder")
	}
	if err != nil {
		return wrong("%%cd %s: %v", args[0], err)
	}
	k.cwd = filepath.Clean(dir)
	k.setenv("GONB_DIR", k.cwd)
	k.stdout("Changed directory to %q\n", k.cwd)
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

// magicGoflags sets flags for what the go command does for this notebook: finding
// and compiling packages that are not in the library.
func (k *Kernel) magicGoflags(args []string) error {
	if len(args) > 0 {
		k.flags = slices.DeleteFunc(args, func(s string) bool { return s == "" })
		k.covered = false
	}
	k.stdout("%%goflags=%q\n", k.flags)
	return nil
}

// noteCover says, once for each %goflags, that cells have no coverage when somebody
// looks for it: after %test, and in the files of GOCOVERDIR.
func (k *Kernel) noteCover(test bool) {
	isCover := func(flag string) bool { return strings.HasPrefix(strings.TrimLeft(flag, "-"), "cover") }
	if k.covered || !slices.ContainsFunc(k.flags, isCover) || !test && os.Getenv("GOCOVERDIR") == "" {
		return
	}
	k.covered = true
	k.stderr("note: cells in a living process are not measured; `!*go test -cover` measures " +
		"a program of the notebook's declarations and tests\n")
}

func (k *Kernel) magicHelp([]string) error { k.markdown(help); return nil }

func (k *Kernel) magicVersion([]string) error {
	text := "**gocifar-live**"
	if info, ok := debug.ReadBuildInfo(); ok {
		text += " " + info.Main.Version
	}
	k.markdown(text + ", cells compiled by " + k.library.GoVersion)
	return nil
}

// markdown shows text.
func (k *Kernel) markdown(text string) {
	k.mu.Lock()
	x := k.running
	k.mu.Unlock()
	k.server.publish(x.request, &jupyter.DisplayData{Data: bundle(map[string]any{"text/markdown": text, "text/plain": text})})
}

func (k *Kernel) magicList([]string) error {
	names := k.session.Names()
	for _, kind := range []string{"imports", "constants", "types", "variables", "functions"} {
		if len(names[kind]) > 0 {
			k.stdout("%s:\n  %s\n", kind, strings.Join(names[kind], "\n  "))
		}
	}
	return nil
}

func (k *Kernel) magicRemove(args []string) error {
	if len(args) == 0 {
		return wrong("%%rm wants names of declarations: %%rm NAME …; %%ls lists them")
	}
	for _, name := range args {
		// Other names still go, and the cell goes on, as on GoNB.
		if what := k.session.Remove(name); what != "" {
			k.stdout(". removed %s %s\n", what, name)
		} else {
			k.stderr(". key %q not found in any definition, not removed; %%ls lists what there is\n", name)
		}
	}
	return nil
}

func (k *Kernel) magicReset(args []string) error {
	switch {
	case len(args) == 0:
		k.session.Reset()
		k.stdout("* State reset: all memorized declarations discarded.\n")
	case len(args) > 1 || args[0] != "go.mod":
		return wrong("%%reset wants nothing, or go.mod")
	}
	k.tracked.mod, k.tracked.work = "", ""
	return k.builder.Workspace(k.dir)
}

func (k *Kernel) magicCapture(args []string) error {
	flags := os.O_TRUNC
	if len(args) > 1 && args[0] == "-a" {
		flags, args = os.O_APPEND, args[1:]
	}
	if len(args) != 1 {
		return wrong("%%capture wants a file: %%capture [-a] FILE")
	}
	if err := k.openCapture(k.path(args[0]), flags); err != nil {
		return wrong("%%capture: %v", err)
	}
	return nil
}

// path is a file's, as seen from the notebook's working directory.
func (k *Kernel) path(name string) string {
	name = expand(name)
	if !filepath.IsAbs(name) {
		name = filepath.Join(k.cwd, name)
	}
	return name
}

// cellMagic runs a cell that is not Go.
func (k *Kernel) cellMagic(x *execution, c *gocell.Cell) error {
	switch c.Magic {
	case "writefile":
		return k.writeFile(c)
	case "script":
		if len(c.MagicArgs) == 0 {
			return wrong("%%%%script wants a command")
		}
		return k.command(x, c.MagicArgs, k.cwd, c.Rest+"\n", nil)
	case "bash", "sh":
		if len(c.MagicArgs) > 0 {
			return wrong("%%%%%s takes no arguments, got %q", c.Magic, c.MagicArgs)
		}
		return k.command(x, []string{c.Magic}, k.cwd, c.Rest+"\n", nil)
	}
	return wrong("%%%%%s is not in the live kernel; run this notebook on the GoNB kernel for it", c.Magic)
}

func (k *Kernel) writeFile(c *gocell.Cell) error {
	args, flags, done := c.MagicArgs, os.O_TRUNC, "written"
	if len(args) > 1 && args[0] == "-a" {
		args, flags, done = args[1:], os.O_APPEND, "appended"
	}
	if len(args) != 1 {
		return wrong("%%%%writefile wants a file: %%%%writefile [-a] FILE")
	}
	path := k.path(args[0])
	f, err := os.OpenFile(path, flags|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = f.WriteString(c.Rest + "\n")
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		var pathError *fs.PathError
		if errors.As(err, &pathError) {
			err = pathError.Err
		}
		return wrong("%%%%writefile %s: %v", args[0], err)
	}
	k.stderr("Cell contents %s to %q.\n", done, path)
	return nil
}

// magicRerun runs cells again, by their numbers.
func (k *Kernel) magicRerun(x *execution, args []string) error {
	numbers, err := k.cellNumbers(args)
	if err != nil {
		return err
	}
	for _, n := range numbers {
		k.stdout("running cell [%d] again\n", n)
		k.unstored++
		code := k.cells[n]
		if err := k.runGo(x, gocell.Parse(code).Sort(), code, 1_000_000+k.unstored); err != nil {
			return err
		}
	}
	return nil
}

// cellNumbers reads "1 3-5" or "all".
func (k *Kernel) cellNumbers(args []string) ([]int, error) {
	var numbers []int
	for _, arg := range args {
		if arg == "all" {
			for n := range k.cells {
				numbers = append(numbers, n)
			}
			slices.Sort(numbers)
			continue
		}
		from, to, isRange := strings.Cut(strings.Trim(arg, "[],"), "-")
		first, err := strconv.Atoi(from)
		last := first
		if err == nil && isRange {
			last, err = strconv.Atoi(to)
		}
		if err != nil || last < first || last > k.count {
			return nil, wrong("%q is no number of a cell, no range such as 3-5 and not the word all", arg)
		}
		for n := first; n <= last; n++ {
			if k.cells[n] != "" {
				numbers = append(numbers, n)
			} else if !isRange {
				return nil, wrong("cell [%d] has no Go code, or has not run", n)
			}
		}
	}
	return numbers, nil
}
