package library

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Module is where cells import packages from that are not Go's own: a module,
// or the modules of a workspace.
type Module struct {
	// Dir is the folder with go.mod or go.work, in which the go command is
	// asked; "" without a module.
	Dir string
	// Workspace tells whether Dir has a go.work that counts.
	Workspace bool
	// Go is the version that compiles it, if that is known: go.mod can name a
	// toolchain.
	Go string
}

// Suits tells whether a module is compiled by the Go of the library.
func (l *Library) Suits(m Module) bool { return m.Go == "" || m.Go == l.GoVersion }

// FindModule finds the module or workspace around a folder, as the go command
// does.
func FindModule(ctx context.Context, goCommand, dir string) (Module, error) {
	cmd := command(ctx, goCommand, "env", "GOMOD", "GOWORK", "GOVERSION")
	cmd.Dir = dir
	out, err := output(cmd)
	if err != nil {
		return Module{}, fmt.Errorf("cannot find the module around %s: %w", dir, err)
	}
	lines := strings.Split(string(out), "\n")
	if len(lines) < 3 {
		return Module{}, fmt.Errorf("%s env answered %q, want the places of go.mod and go.work", goCommand, out)
	}
	mod, work, version := lines[0], lines[1], lines[2]
	switch {
	case work != "" && work != "off":
		return Module{filepath.Dir(work), true, version}, nil
	case mod != "" && mod != os.DevNull:
		return Module{filepath.Dir(mod), false, version}, nil
	}
	return Module{Go: version}, nil
}

// Requires tells whether one of some modules is the module, or required by it.
func (m Module) Requires(modules ...string) bool {
	if m.Dir == "" {
		return false
	}
	files, err := m.read()
	if err != nil {
		return false // the go command speaks of the mistake
	}
	for _, file := range files.modules {
		if file.Module != nil && slices.Contains(modules, file.Module.Mod.Path) {
			return true
		}
		for _, r := range file.Require {
			if slices.Contains(modules, r.Mod.Path) {
				return true
			}
		}
	}
	return false
}

// listed is what the go command says of a package.
type listed struct {
	ImportPath, Name, Dir, Export, BuildID  string
	Standard                                bool
	Imports                                 []string
	GoFiles, CgoFiles, CFiles, HFiles       []string
	SFiles, EmbedFiles, SysoFiles, CXXFiles []string
	Module                                  *struct {
		Main    bool
		Replace *struct{ Version string }
	}
}

// listedFields are those of the go command's answer that listed has.
const listedFields = "ImportPath,Name,Dir,Export,BuildID,Standard,Imports,GoFiles,CgoFiles,CFiles,HFiles,SFiles," +
	"EmbedFiles,SysoFiles,CXXFiles,Module"

// own tells whether the package's files may change under a session: those of
// modules that are folders of the user, not versions out of Go's cache.
func (p *listed) own() bool {
	return p.Module != nil && (p.Module.Main || p.Module.Replace != nil && p.Module.Replace.Version == "")
}

// files are those that the package is made of.
func (p *listed) files() []string {
	return slices.Concat(p.GoFiles, p.CgoFiles, p.CFiles, p.HFiles, p.SFiles, p.EmbedFiles, p.SysoFiles, p.CXXFiles)
}

// left out of the library: they replace parts of the runtime.
var unusable = map[string]bool{"runtime/race": true, "runtime/msan": true, "runtime/asan": true, "unsafe": true}

// list compiles packages with all their dependencies, dependencies first, and
// says where the results are. The go command runs in dir. Programs are compiled
// as packages, as `go test` does. files have other texts than theirs, by path.
func (l *Library) list(ctx context.Context, dir string, env, arguments []string, files map[string]string) (
	[]*listed, error) {
	packages, err := l.listWith(ctx, dir, env, arguments, files)
	if err != nil {
		return nil, err
	}
	flags := slices.DeleteFunc(slices.Clone(arguments), func(a string) bool { return !strings.HasPrefix(a, "-") })
	for i, p := range packages {
		if p.Name != "main" || p.ImportPath == mainPackage {
			continue
		}
		test := map[string]string{filepath.Join(p.Dir, "gocifar_import_test.go"): "package main\n"}
		maps.Copy(test, files)
		variants, err := l.listWith(ctx, dir, env, append(slices.Clone(flags), "-test", p.ImportPath), test)
		if err != nil {
			return nil, err
		}
		for _, v := range variants {
			if v.ImportPath == fmt.Sprintf("%s [%s.test]", p.ImportPath, p.ImportPath) {
				v.ImportPath, v.GoFiles, packages[i] = p.ImportPath, p.GoFiles, v
			}
		}
	}
	return packages, nil
}

// listWith is list with other texts of files, by their paths, and of files that
// are not there.
func (l *Library) listWith(ctx context.Context, dir string, env, arguments []string, files map[string]string) (
	[]*listed, error) {
	overlay, remove, err := l.overlay(files)
	if err != nil {
		return nil, err
	}
	defer remove()
	args := append([]string{"list", "-export", "-deps", "-linkshared", "-trimpath", "-tags=" + l.tags(),
		"-overlay=" + overlay, "-json=" + listedFields}, arguments...)
	out, err := l.goCommand(ctx, dir, env, args...)
	if err != nil {
		return nil, err
	}
	var packages []*listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		p := &listed{}
		err := decoder.Decode(p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("go list answered something that is not JSON: %w", err)
		}
		if p.Export != "" && !unusable[p.ImportPath] {
			packages = append(packages, p)
		}
	}
	if len(packages) == 0 {
		return nil, errNoPackages
	}
	return packages, nil
}

var errNoPackages = errors.New("go list found no packages")

// goCommand runs the go command for a library's packages.
func (l *Library) goCommand(ctx context.Context, dir string, env []string, args ...string) ([]byte, error) {
	if _, err := os.Stat(cmp.Or(dir, ".")); err != nil {
		return nil, fmt.Errorf("the module's folder cannot be read: %w", err)
	}
	cmd := command(ctx, l.Go, args...)
	cmd.Dir = dir
	cmd.Env = slices.Concat(os.Environ(), []string{"CGO_ENABLED=1"}, env)
	var out bytes.Buffer // what it has found is no part of what it complains of
	cmd.Stdout = &out
	if _, err := output(cmd); err != nil {
		return nil, fmt.Errorf("go %s: %w", args[0], err)
	}
	return out.Bytes(), nil
}
