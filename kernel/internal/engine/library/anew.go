package library

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A process cannot take another layout of a type, say, for a package that it
// holds. It can take the package once more, under another path: then there are
// two packages, as far as the linker and the runtime know, and cells import the
// later one. Values stay but for those whose types are of the earlier one. All
// packages of the process that depend on the package come in anew with it.
//
// The go command does not know of this: a program between it and the compiler
// (-toolexec) changes the paths. A flag that only this program understands makes
// the go command keep the results apart in its cache.

// anewMark stands between a package's import path and a number.
const anewMark = "~"

var (
	anewPath   = regexp.MustCompile(`([^/])` + anewMark + `[0-9]+$`)
	anewSymbol = regexp.MustCompile(`([^/])` + anewMark + `[0-9]+\.`)
)

// GivenPath is the import path that the user knows of a package that may have
// come in anew.
func GivenPath(path string) string { return anewPath.ReplaceAllString(path, "$1") }

// GivenSymbol is the name that the user knows of a function of such a package.
func GivenSymbol(name string) string { return anewSymbol.ReplaceAllString(name, "$1.") }

// ActualPath is the path under which cells get a package.
func (b *Compiler) ActualPath(path string) string {
	if n := b.times[path]; n > 1 {
		return fmt.Sprint(path, anewMark, n)
	}
	return path
}

// numberFlag is the compiler's flag that toolexec takes away.
const numberFlag = "-gocifar-number="

// list is the library's, for the packages as this session knows them.
func (b *Compiler) list(ctx context.Context, work, dir string, env, arguments []string) ([]*listed, error) {
	if len(b.times) == 0 && b.coverage != nil {
		return b.library.listCovered(ctx, b.coverage, dir, env, arguments)
	}
	var flags []string
	if len(b.times) > 0 {
		program := filepath.Join(work, "toolexec")
		if err := b.writeToolexec(program); err != nil {
			return nil, err
		}
		flags = append(flags, "-toolexec="+quoteField(program))
		for _, path := range paths(b.times) {
			flags = append(flags, fmt.Sprintf("-gcflags=%s=%s%d", path, numberFlag, b.times[path]))
		}
	}
	ask := func(files map[string]string) ([]*listed, error) {
		packages, err := b.library.list(ctx, dir, env, append(slices.Clone(flags), arguments...), files)
		for _, p := range packages {
			p.ImportPath = b.ActualPath(p.ImportPath)
			for i, path := range p.Imports {
				p.Imports[i] = b.ActualPath(path)
			}
		}
		return packages, err
	}
	packages, err := ask(nil)
	if err != nil || b.rewrite == nil {
		return packages, err
	}
	files := b.rewritten(packages)
	if len(files) == 0 {
		return packages, nil
	}
	others, err := ask(files)
	if err != nil {
		b.rewriteFailed(err)
		return packages, ctx.Err()
	}
	own := map[string][]string{}
	for _, p := range packages {
		own[p.ImportPath] = p.GoFiles
	}
	for _, p := range others {
		p.GoFiles = own[p.ImportPath] // without those that are not there
	}
	return others, nil
}

// quoteField writes a word of a flag that the go command splits at spaces.
func quoteField(word string) string { return "'" + word + "'" }

// writeToolexec writes the program that runs a tool with other paths of
// packages.
func (b *Compiler) writeToolexec(file string) error {
	var names, config strings.Builder
	for _, path := range paths(b.times) {
		actual := b.ActualPath(path)
		fmt.Fprintf(&names, "%s) argument='%s' ;;\n", shellQuoted(path), actual)
		fmt.Fprintf(&config, "s|^packagefile %s=|importmap %s=%s\\\npackagefile %s=|\n",
			regexp.QuoteMeta(path), path, actual, actual)
	}
	if err := os.WriteFile(file+".sed", []byte(config.String()), 0o600); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(strings.ReplaceAll(toolexec, "NAMES\n", names.String())), 0o700)
}

func shellQuoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// toolexec is a program for the system's shell, which is there wherever the C
// compiler is.
const toolexec = `#!/bin/sh
tool=$1
shift
before=
for argument do
	shift
	case $before in
	-p) case $argument in
NAMES
		esac ;;
	-importcfg)
		sed -E -f "$0.sed" "$argument" >"$argument.anew" || exit
		argument=$argument.anew ;;
	esac
	before=$argument
	case $argument in ` + numberFlag + `*) continue ;; esac
	set -- "$@" "$argument"
done
exec "$tool" "$@"
`

// dependents are packages that a process holds and that come in anew with
// others: those whose code or types are made of theirs. packages are in the
// order of dependence.
func (b *Compiler) dependents(packages []*listed, refused map[string]string) (anew []*listed) {
	in := map[string]bool{}
	for _, p := range packages {
		depends := slices.ContainsFunc(p.Imports, func(path string) bool { return in[path] })
		if refused[p.ImportPath] != "" || depends && b.imports[p.ImportPath] != nil {
			in[p.ImportPath] = true
			anew = append(anew, p)
		}
	}
	return anew
}

// begin lets packages come in anew, and finds them and all others again.
func (b *Compiler) begin(ctx context.Context, o AddOptions, anew []*listed) ([]*listed, error) {
	for _, p := range anew {
		given := GivenPath(p.ImportPath)
		b.times[given] = max(b.times[given], 1) + 1
	}
	return b.find(ctx, o, false)
}
