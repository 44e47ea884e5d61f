package engine

import (
	"context"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/engine/host"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/engine/session"
)

// Breakpoints can be in files of packages of the user's modules, too. Packages
// with breakpoints are compiled with hooks before the next cell runs, and come
// into the process as an edit does; without breakpoints they come in without
// hooks.

// SetFileBreakpoints replaces the breakpoints of a file of a package. Each moves
// to the next line with a statement.
func (e *Engine) SetFileBreakpoints(ctx context.Context, path string, list []Breakpoint) ([]Placed, error) {
	path = filepath.Clean(path)
	lines, note, problem := e.fileStops(path)
	placed, err := e.place(ctx, path, list, lines, problem)
	for i := range placed {
		placed[i].Note = note
	}
	return placed, err
}

// fileStops lists the lines of a file at which programs can stop.
func (e *Engine) fileStops(path string) (lines []int, note string, problem error) {
	e.turn.Lock()
	defer e.turn.Unlock()
	dir := filepath.Dir(path)
	switch {
	case strings.HasSuffix(path, "_test.go"):
		return nil, "", fmt.Errorf("cells do not run the files of tests")
	case e.cover != nil:
		return nil, "", fmt.Errorf("packages have counters for coverage, and no breakpoints beside them")
	}
	if why := e.compiler.OwnFolder(dir); why != "" {
		return nil, "", errors.New(why)
	}
	e.debugging.mu.Lock()
	why := e.debugging.refused[dir]
	e.debugging.mu.Unlock()
	if why != "" {
		return nil, "", errors.New(why)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, "", err
	}
	switch {
	case hasC(dir):
		return nil, "", fmt.Errorf("its package has C code, of which a process cannot take another form")
	case strings.Contains(string(text), "//line ") || strings.Contains(string(text), "/*line "):
		return nil, "", fmt.Errorf("it is generated: its lines are those of another file")
	case !e.compiler.Watches(dir):
		note = "the package is not imported yet"
	case e.isRunning() && !slices.Contains(e.hooked, dir):
		note = "from the next cell on"
	}
	lines, err = session.FileStops(string(text))
	return lines, note, err
}

// hasC tells whether one of the Go files in a folder imports C.
func hasC(dir string) bool {
	files, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil || strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, i := range file.Imports {
			if i.Path.Value == `"C"` {
				return true
			}
		}
	}
	return false
}

func (e *Engine) isRunning() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.running != nil || len(e.besides) > 0
}

// folders lists those of packages with breakpoints that can have hooks.
func (d *debugging) folders() (list []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.on {
		return nil
	}
	for path, marks := range d.byText {
		dir := filepath.Dir(path)
		if len(marks) > 0 && filepath.IsAbs(path) && !slices.Contains(list, dir) && d.refused[dir] == "" {
			list = append(list, dir)
		}
	}
	slices.Sort(list)
	return list
}

// refuse remembers why packages in some folders cannot have hooks.
func (d *debugging) refuse(why string, folders ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refused == nil {
		d.refused = map[string]string{}
	}
	for _, dir := range folders {
		d.refused[dir] = why
	}
}

// rewrite is called for packages of the user's modules when they are compiled.
func (e *Engine) rewrite(s library.Source) map[string]string {
	if !slices.Contains(e.hooked, s.Dir) {
		return nil
	}
	h, err := session.HookPackage(s)
	if err == nil && s.Cgo {
		err = errors.New("it has C code")
	}
	if err != nil {
		e.noHooks(fmt.Sprintf("the package %s cannot have breakpoints: %v", s.Path, err), s.Dir)
		return nil
	}
	d := &e.debugging
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.hooks == nil {
		d.hooks = map[string]*session.HookedPackage{}
	}
	d.hooks[s.Path] = h
	return h.Texts
}

// rewriteFailed is called if packages do not compile with hooks.
func (e *Engine) rewriteFailed(err error) {
	e.noHooks(fmt.Sprintf("packages with breakpoints do not compile: %v", err), e.hooked...)
}

// noHooks goes on without hooks in packages, and says why.
func (e *Engine) noHooks(why string, folders ...string) {
	e.debugging.refuse(why, folders...)
	e.stderr("note: %s\n", why)
}

// takeHooks has packages compiled with hooks in which there are breakpoints now,
// and without in which there are none any more.
func (r *run) takeHooks() error {
	want, before := r.debugging.folders(), r.hooked
	if slices.Equal(want, before) {
		return nil
	}
	r.hooked = want
	r.debugging.mu.Lock()
	maps.DeleteFunc(r.debugging.hooks, func(_ string, h *session.HookedPackage) bool {
		return !slices.Contains(want, filepath.Dir(h.Files[0]))
	})
	r.debugging.mu.Unlock()
	r.compiler.Rewrite(nil, nil)
	if len(want) > 0 {
		r.compiler.Rewrite(r.rewrite, r.rewriteFailed)
	}
	if !slices.ContainsFunc(slices.Concat(want, before), r.compiler.Watches) {
		return nil // none of them is here yet
	}
	edit, err := r.compiler.Edit(r.ctx, library.AddOptions{Dir: r.dir, Paths: r.added, Flags: r.flags, InPlace: true})
	if r.ctx.Err() != nil {
		r.hooked = nil // so that the next cell tries again
		return errInterrupted
	}
	if err == nil && edit != nil && edit.Refused != "" {
		err = errors.New(edit.Refused)
	}
	if err == nil && edit != nil {
		err = r.loadHooks(edit)
	}
	var failure *Failure
	if err != nil && (!errors.As(err, &failure) || failure.Name == goGetError) {
		added := slices.DeleteFunc(slices.Clone(want), func(dir string) bool { return slices.Contains(before, dir) })
		r.noHooks(fmt.Sprintf("packages take no breakpoints: %v", err), added...)
		err = nil
	}
	return errors.Join(err, r.tellHooks(r.ctx))
}

// loadHooks loads packages with hooks, or without them again.
func (r *run) loadHooks(edit *library.Edit) error {
	clear(r.loaded) // cells have code of packages in them
	for i, shared := range edit.Load {
		c := host.Command{Path: shared}
		if i == len(edit.Load)-1 {
			c.Replace = edit.Functions
		}
		if err := r.load(c); err != nil {
			dropped := r.compiler.Drop(r.dir, edit.Load[i:])
			r.session.Refresh(r.compiler)
			return errors.Join(err, dropped)
		}
		r.extra = append(r.extra, c)
	}
	r.session.Refresh(r.compiler)
	return nil
}

// tellHooks tells the process of packages with hooks, and takes down which files
// belong to packages.
func (e *Engine) tellHooks(ctx context.Context) error {
	d := &e.debugging
	d.mu.Lock()
	d.files = e.compiler.OwnFiles()
	var list []host.HookedPackage
	for _, h := range d.hooks {
		p := debugProgram{sites: h.Sites, texts: map[int64]string{}}
		one := host.HookedPackage{Program: h.Program, Symbol: h.Symbol, Bytes: h.Bytes}
		for i, path := range h.Files {
			p.texts[int64(i+1)] = path
		}
		for _, s := range h.Sites {
			one.Sites = append(one.Sites, hostSite(s, p.texts[s.Cell]))
		}
		if d.programs == nil {
			d.programs = map[int64]debugProgram{}
		}
		d.programs[h.Program] = p
		list = append(list, one)
	}
	hidden, marks := slices.Sorted(maps.Keys(d.hooks)), d.allMarks()
	d.mu.Unlock()
	e.compiler.Hide(hidden)
	if len(list) == 0 {
		return nil
	}
	_, err := e.askDebugger(ctx, host.Debug{Packages: list, Marks: marks})
	return err
}

// PathOf is the path of the file in which a call stands, if that is one of a
// package of the user's modules.
func (e *Engine) PathOf(in Call) string {
	d := &e.debugging
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, path := range d.files[library.PackageOf(in.Function)] {
		if filepath.Base(path) == filepath.Base(in.File) {
			return path
		}
	}
	return ""
}

// PackageFiles lists the Go files of packages of the user's modules that the
// session has, by import path.
func (e *Engine) PackageFiles() map[string][]string {
	d := &e.debugging
	d.mu.Lock()
	defer d.mu.Unlock()
	files := map[string][]string{}
	for path, list := range d.files {
		files[library.GivenPath(path)] = list
	}
	return files
}

// FileText is the text of a file of such a package, or of one that breakpoints
// can be in.
func (e *Engine) FileText(path string) (string, error) {
	e.turn.Lock()
	defer e.turn.Unlock()
	if why := e.compiler.OwnFolder(filepath.Dir(path)); why != "" || !strings.HasSuffix(path, ".go") {
		return "", fmt.Errorf("%s is no file of a package of the user's modules", path)
	}
	text, err := os.ReadFile(path)
	return string(text), err
}
