package library

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"

	"golang.org/x/mod/modfile"
)

// Versions of modules that a session without a module of the user's has come to
// need, by %get or by an import, can be kept and given to another session.

// Require lists what the go.mod of the session in dir requires, MODULE@VERSION,
// if the session has no module of the user's: else that has the versions.
func (b *Compiler) Require(dir string) (list []string) {
	if b.module.Dir != "" {
		return nil
	}
	name := filepath.Join(dir, "go.mod")
	data, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	file, err := modfile.ParseLax(name, data, nil)
	if err != nil {
		return nil // the go command says it at the next import
	}
	for _, r := range file.Require {
		list = append(list, r.Mod.String())
	}
	return list
}

// writeRequire writes lines of go.mod for modules as Require lists them.
func writeRequire(w *strings.Builder, modules []string) {
	for _, m := range modules {
		module, version, _ := strings.Cut(m, "@")
		fmt.Fprintf(w, "\nrequire %s %s\n", modfile.AutoQuote(module), modfile.AutoQuote(version))
	}
}

// ownModules are the versions of the modules that this program is built from, by
// path. gonbui, for one, has to be the one whose protocol the program speaks.
var ownModules = sync.OnceValue(func() map[string]string {
	versions := map[string]string{}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return versions
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Replace == nil && m.Sum != "" { // the program's own has a sum where it came as a version
			versions[m.Path] = m.Version
		}
	}
	return versions
})

// ownVersions asks for packages of given modules at their versions,
// PACKAGE@VERSION. Others stay as they are.
func ownVersions(packages []string, modules map[string]string) (list []string) {
	for _, p := range packages {
		for module := p; module != "."; module = path.Dir(module) {
			if version := modules[module]; version != "" {
				p += "@" + version
				break
			}
		}
		list = append(list, p)
	}
	return list
}
