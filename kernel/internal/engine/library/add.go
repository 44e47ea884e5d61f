package library

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/version"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// Workspace makes dir the module of a session. It requires what the module
// requires from which cells import, and has that beside it in a workspace, so
// that `go get` adds to the session and not to the user's module. Without a
// module of the user's it requires others, MODULE@VERSION.
func (b *Compiler) Workspace(dir string, require []string) error {
	language := strings.TrimPrefix(b.library.Language, "go")
	files := map[string]string{
		// The module needs a file, or the go command finds no package in it.
		"doc.go": "package main\n",
	}
	var module strings.Builder
	own, err := b.module.read()
	if b.module.Dir == "" || err != nil { // of a mistake in go.mod the go command speaks when a cell imports
		fmt.Fprintf(&module, "module gocell\n\ngo %s\n", language)
		if b.module.Dir == "" {
			writeRequire(&module, require)
		}
	} else {
		language = own.language(language)
		fmt.Fprintf(&module, "module gocell\n\ngo %s\n", language)
		own.requirements(&module)
		files["go.work"], files["go.sum"] = own.workspace(language), own.sums
	}
	files["go.mod"] = module.String()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// AddOptions say which packages to add to a session.
type AddOptions struct {
	Dir   string // the session's, see Workspace
	Paths []string
	Fetch bool     // `go get` what is missing
	Flags []string // for the go command
	// InPlace refuses an Edit for which packages would have to come in anew.
	InPlace bool
}

// Add makes packages importable, and returns the shared libraries that the
// session's process has to load for that, in order.
func (b *Compiler) Add(ctx context.Context, o AddOptions) (load []string, err error) {
	begin := time.Now()
	packages, err := b.find(ctx, o, true)
	if err != nil {
		return nil, err
	}
	load, err = b.add(ctx, o, packages, begin)
	if !errors.Is(err, errForgotten) {
		return load, err
	}
	begin = time.Now()
	if packages, err = b.find(ctx, o, false); err != nil {
		return nil, err
	}
	return b.add(ctx, o, packages, begin)
}

// add makes packages importable that have been found since a time.
func (b *Compiler) add(ctx context.Context, o AddOptions, packages []*listed, begin time.Time) (load []string,
	err error) {
	g := b.group(packages)
	if differ := append(g.differ, importPaths(g.edited)...); len(differ) > 0 {
		return nil, conflict(differ)
	}
	layers := slices.Clone(b.layers)
	for _, group := range [][]*listed{g.others, g.own} {
		if len(group) == 0 {
			continue
		}
		y, err := b.library.layer(ctx, b.module, group, layers)
		if err != nil {
			return nil, err
		}
		b.noteLayer(y)
		layers = append(layers, y)
		load = append(load, y.shared())
	}
	if err := b.use(o.Dir, layers); err != nil {
		return nil, err
	}
	b.remember(g.own, begin)
	return load, nil
}

// groups are packages by what has to be done for them.
type groups struct {
	own, others []*listed // that the session does not have: of the user's modules, and others
	edited      []*listed // that it has with other code, of the user's modules
	differ      []string  // the same of others
}

func (b *Compiler) group(packages []*listed) (g groups) {
	for _, p := range packages {
		switch have := b.imports[p.ImportPath]; {
		case p.ImportPath == stubPackage:
		case have == nil && p.own():
			g.own = append(g.own, p)
		case have == nil:
			g.others = append(g.others, p)
		case have.Sum == "" || have.Sum == p.BuildID:
		case p.own():
			g.edited = append(g.edited, p)
		default:
			g.differ = append(g.differ, p.ImportPath)
		}
	}
	return g
}

func importPaths(packages []*listed) (list []string) {
	for _, p := range packages {
		list = append(list, p.ImportPath)
	}
	return list
}

func conflict(differ []string) error {
	slices.Sort(differ)
	more := ""
	if len(differ) > 1 {
		more = fmt.Sprintf(" and %d more", len(differ)-1)
	}
	return fmt.Errorf("they need other versions of packages that this process already holds (%s%s): "+
		"require the same versions with `!*go get MODULE@VERSION`, or begin anew with %%reload", differ[0], more)
}

// find asks the module for packages first, then the session, which may have
// added what the module does not know. What is known of the module may do.
func (b *Compiler) find(ctx context.Context, o AddOptions, known bool) ([]*listed, error) {
	if b.module.Dir != "" {
		if known {
			if packages := b.known(o.Flags, o.Paths); packages != nil {
				return packages, nil
			}
		}
		packages, err := b.ask(ctx, o)
		if err == nil || !notInModule(err) {
			return packages, err
		}
	}
	arguments := append(slices.Clone(o.Flags), o.Paths...)
	packages, err := b.list(ctx, o.Dir, o.Dir, []string{"GOWORK="}, arguments)
	if err == nil || !o.Fetch || ctx.Err() != nil {
		return packages, err
	}
	if b.module.Dir == "" { // `go get` of a package takes its module's newest version, whatever was chosen
		packages, err = b.list(ctx, o.Dir, o.Dir, []string{"GOWORK="}, append([]string{"-mod=mod"}, arguments...))
		if err == nil || ctx.Err() != nil {
			return packages, err
		}
	}
	if err := b.fetch(ctx, o); err != nil {
		return nil, err
	}
	return b.list(ctx, o.Dir, o.Dir, []string{"GOWORK="}, arguments)
}

// fetch gets the modules of packages that the session cannot find: newest
// versions, but those of this program where it has the module itself.
func (b *Compiler) fetch(ctx context.Context, o AddOptions) error {
	missing := b.missing(ctx, o)
	if chosen := ownVersions(missing, ownModules()); b.module.Dir == "" && !slices.Equal(chosen, missing) {
		if err := b.Get(ctx, o.Dir, chosen); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return b.Get(ctx, o.Dir, missing)
}

// missing are the packages that the session cannot find. `go get` of one that
// it has would ask for its module's newest version.
func (b *Compiler) missing(ctx context.Context, o AddOptions) []string {
	found := func(path string) bool {
		_, err := b.list(ctx, o.Dir, o.Dir, []string{"GOWORK="}, append(slices.Clone(o.Flags), path))
		return err == nil
	}
	if missing := slices.DeleteFunc(slices.Clone(o.Paths), found); len(missing) > 0 {
		return missing
	}
	return o.Paths // they do not go together
}

// unknownPackage is how the go command says that a module requires no module
// with a package.
var unknownPackage = regexp.MustCompile(`no required module provides package|cannot find (module|package)|` +
	`is not in std|missing go\.sum entry|not in your go\.(mod|work)|inconsistent vendoring|import lookup disabled|` +
	`updates to go\.mod needed`)

func notInModule(err error) bool {
	var tool *ToolError
	return errors.As(err, &tool) && unknownPackage.MatchString(tool.Output)
}

// Get chooses versions of modules, MODULE@VERSION, for the session in dir.
func (b *Compiler) Get(ctx context.Context, dir string, modules []string) error {
	_, err := b.library.goCommand(ctx, dir, nil, append([]string{"get"}, modules...)...)
	return err
}

// Unavailable tries packages one by one, and says which of them cannot be had
// and why.
func (b *Compiler) Unavailable(ctx context.Context, o AddOptions) map[string]error {
	why := map[string]error{}
	for _, path := range o.Paths {
		one := o
		one.Paths = []string{path}
		if _, err := b.find(ctx, one, true); err != nil {
			why[path] = err
		}
	}
	return why
}

// moduleFiles are what a module or a workspace says of itself.
type moduleFiles struct {
	modules []*modfile.File
	dirs    []string // of the modules
	work    *modfile.WorkFile
	sums    string
}

// read reads go.mod, or go.work and the go.mod of its modules.
func (m Module) read() (*moduleFiles, error) {
	f := &moduleFiles{dirs: []string{m.Dir}}
	if m.Workspace {
		path := filepath.Join(m.Dir, "go.work")
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if f.work, err = modfile.ParseWork(path, data, nil); err != nil {
			return nil, err
		}
		f.dirs = nil
		for _, use := range f.work.Use {
			f.dirs = append(f.dirs, absolute(m.Dir, use.Path))
		}
	}
	for _, dir := range f.dirs {
		path := filepath.Join(dir, "go.mod")
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		file, err := modfile.ParseLax(path, data, nil)
		if err != nil {
			return nil, err
		}
		f.modules = append(f.modules, file)
		for _, name := range []string{"go.sum", "go.work.sum"} {
			sums, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				return nil, err
			}
			f.sums += string(sums)
		}
	}
	return f, nil
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, filepath.FromSlash(path))
}

// language is the newest that one of the modules wants, or another.
func (f *moduleFiles) language(other string) string {
	newest := ""
	for _, m := range f.modules {
		if m.Go != nil && (newest == "" || version.Compare("go"+m.Go.Version, "go"+newest) > 0) {
			newest = m.Go.Version
		}
	}
	if f.work != nil && f.work.Go != nil && version.Compare("go"+f.work.Go.Version, "go"+newest) > 0 {
		newest = f.work.Go.Version
	}
	return cmp.Or(newest, other)
}

// requirements writes go.mod lines: what the modules require, and where they
// replace it.
func (f *moduleFiles) requirements(w *strings.Builder) {
	newest := map[string]string{}
	for _, m := range f.modules {
		for _, r := range m.Require {
			if semver.Compare(r.Mod.Version, newest[r.Mod.Path]) > 0 {
				newest[r.Mod.Path] = r.Mod.Version
			}
		}
	}
	w.WriteString("\nrequire (\n")
	for _, path := range paths(newest) {
		fmt.Fprintf(w, "\t%s %s // indirect\n", path, newest[path])
	}
	w.WriteString(")\n")
}

// workspace is the text of a go.work with the session's module and the others.
func (f *moduleFiles) workspace(language string) string {
	var w strings.Builder
	fmt.Fprintf(&w, "go %s\n\nuse (\n\t.\n", language)
	for _, dir := range f.dirs {
		fmt.Fprintf(&w, "\t%s\n", modfile.AutoQuote(dir))
	}
	w.WriteString(")\n")
	// Those of go.work go before those of the modules, which the go command
	// reads by itself.
	if f.work != nil {
		for _, r := range f.work.Replace {
			path := r.New.Path
			if r.New.Version == "" {
				path = absolute(filepath.Dir(f.work.Syntax.Name), path)
			}
			fmt.Fprintf(&w, "\nreplace %s => %s\n", strings.TrimSpace(r.Old.Path+" "+r.Old.Version),
				strings.TrimSpace(modfile.AutoQuote(path)+" "+r.New.Version))
		}
	}
	return w.String()
}
