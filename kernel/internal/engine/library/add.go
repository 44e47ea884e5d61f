package library

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// Workspace makes dir the module of a session: with the versions that the
// library was built with, and the checkout beside it in a workspace.
func (b *Compiler) Workspace(dir string) error {
	l := b.library
	data, err := os.ReadFile(filepath.Join(l.Root, "go.mod"))
	if err != nil {
		return err
	}
	file, err := modfile.ParseLax("go.mod", data, nil)
	if err != nil {
		return err
	}
	language := strings.TrimPrefix(l.Language, "go")
	if file.Go != nil {
		language = file.Go.Version
	}
	var module strings.Builder
	fmt.Fprintf(&module, "module gocell\n\ngo %s\n\nrequire (\n", language)
	for _, r := range file.Require {
		fmt.Fprintf(&module, "\t%s %s // indirect\n", r.Mod.Path, r.Mod.Version)
	}
	fmt.Fprintf(&module, ")\n\nreplace %s => %s\n", file.Module.Mod.Path, modfile.AutoQuote(l.Root))
	sums, err := os.ReadFile(filepath.Join(l.Root, "go.sum"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for name, content := range map[string]string{
		"go.mod":  module.String(),
		"go.sum":  string(sums),
		"go.work": fmt.Sprintf("go %s\n\nuse (\n\t.\n\t%s\n)\n", language, modfile.AutoQuote(l.Root)),
		// The module needs a file, or the go command finds no package in it.
		"doc.go": "package main\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// AddOptions say which packages to add to a session.
type AddOptions struct {
	Dir    string // the session's, see Workspace
	Paths  []string
	Fetch  bool     // `go get` what is missing
	Flags  []string // for the go command
	Plugin string   // the file to make
	Number int      // of the addition, from 1
}

// Add makes packages importable that are not in the library, and a plugin that
// brings them into a process and initializes them.
func (b *Compiler) Add(ctx context.Context, o AddOptions) error {
	l := b.library
	listed, err := l.listIn(ctx, o)
	if err != nil && o.Fetch {
		if _, getError := l.goCommand(ctx, o.Dir, append([]string{"get"}, o.Paths...)...); getError != nil {
			return getError
		}
		listed, err = l.listIn(ctx, o)
	}
	if err != nil {
		return err
	}
	packages := maps.Clone(l.Packages)
	var other []string
	for path, p := range listed {
		switch have := l.Packages[path]; {
		case have == nil:
			packages[path] = p
		case have.Sum != "" && have.Sum != p.Sum:
			other = append(other, path)
		}
	}
	if len(other) > 0 {
		slices.Sort(other)
		return fmt.Errorf("they need other versions of packages that this process already holds (%s and %d more); "+
			"require the same versions with `!*go get MODULE@VERSION`, or use the GoNB kernel",
			other[0], len(other)-1)
	}
	with := *l
	with.Packages = packages
	next := &Compiler{library: &with, compileConfig: filepath.Join(o.Dir, compileConfig),
		linkConfig: filepath.Join(o.Dir, linkConfig)}
	if err := next.writeConfigs(); err != nil {
		return err
	}
	if err := next.linkPackages(ctx, o); err != nil {
		return err
	}
	for _, path := range paths(packages) {
		if p := packages[path]; filepath.IsAbs(p.Export) {
			archive, err := os.ReadFile(p.Export)
			if err != nil {
				return err
			}
			names, err := objectNames(archive)
			if err != nil && !errors.Is(err, errObject) {
				return err
			}
			next.extraNames = append(next.extraNames, names...)
		}
	}
	b.library, b.extraNames = next.library, next.extraNames
	b.compileConfig, b.linkConfig = next.compileConfig, next.linkConfig
	return nil
}

// Unavailable tries packages one by one, and says which of them cannot be had
// and why.
func (b *Compiler) Unavailable(ctx context.Context, o AddOptions) map[string]error {
	why := map[string]error{}
	for _, path := range o.Paths {
		one := o
		one.Paths = []string{path}
		_, err := b.library.listIn(ctx, one)
		if err != nil && o.Fetch {
			if _, err = b.library.goCommand(ctx, o.Dir, "get", path); err == nil {
				_, err = b.library.listIn(ctx, one)
			}
		}
		if err != nil {
			why[path] = err
		}
	}
	return why
}

func (l *Library) listIn(ctx context.Context, o AddOptions) (map[string]*Package, error) {
	return l.list(ctx, o.Dir, append(slices.Clone(o.Flags), o.Paths...))
}

// writeConfigs writes what the tools need, with packages that are not in the
// library.
func (b *Compiler) writeConfigs() error {
	l := b.library
	var compile, link strings.Builder
	for _, path := range paths(l.Packages) {
		p := l.Packages[path]
		switch {
		case p.Export == "":
		case filepath.IsAbs(p.Export):
			fmt.Fprintf(&compile, "packagefile %s=%s\n", path, p.Export)
			fmt.Fprintf(&link, "packagefile %s=%s\n", path, p.Export)
		default:
			fmt.Fprintf(&compile, "packagefile %s=%s\n", path, l.export(p))
			fmt.Fprintf(&link, "packageshlib %s=%s\n", path, l.shared())
		}
	}
	stub := fmt.Sprintf("packagefile %s=%s\n", stubPackage, filepath.Join(l.Dir, stubName))
	if err := os.WriteFile(b.compileConfig, []byte(compile.String()+stub), 0o644); err != nil {
		return err
	}
	return os.WriteFile(b.linkConfig, []byte(link.String()+stub), 0o644)
}

// linkPackages makes a plugin of nothing but imports. Unlike a cell's its path
// is that of its package, so the runtime initializes what it imports.
func (b *Compiler) linkPackages(ctx context.Context, o AddOptions) error {
	l := b.library
	path := fmt.Sprintf("packages/%d", o.Number)
	file, archive := strings.TrimSuffix(o.Plugin, ".so")+".go.txt", strings.TrimSuffix(o.Plugin, ".so")+".a"
	var source strings.Builder
	fmt.Fprintf(&source, "package main\n\nimport (\n\t_ %q\n", stubPackage)
	for _, p := range o.Paths {
		fmt.Fprintf(&source, "\t_ %q\n", p)
	}
	source.WriteString(")\n\nfunc main() {}\n")
	if err := os.WriteFile(file, []byte(source.String()), 0o600); err != nil {
		return err
	}
	defer os.Remove(file)
	defer os.Remove(archive)
	compile := command(ctx, l.tool("compile"), append(l.compileFlags(b.compileConfig, path, archive), file)...)
	compile.Env = l.toolEnv()
	if _, err := output(compile); err != nil {
		return err
	}
	return l.runLinker(ctx, append(pluginFlags(b.linkConfig, path, o.Plugin), "-extld="+l.CC[0], archive)...)
}
