package library

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

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
	path := filepath.Join(dir, "go.mod")
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	file, err := modfile.ParseLax(path, data, nil)
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
		path, version, _ := strings.Cut(m, "@")
		fmt.Fprintf(w, "\nrequire %s %s\n", modfile.AutoQuote(path), modfile.AutoQuote(version))
	}
}
