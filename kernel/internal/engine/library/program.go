package library

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Program makes a program of one Go file, on the library and on a layer with what
// it imports of other modules than the user's: where these are there, it takes a
// second or two and nothing is compiled twice. The program runs as long as the
// folders are there that Program returns.
func (l *Library) Program(ctx context.Context, m Module, source []byte, imports []string, program string,
) (needs []string, err error) {
	dir, err := os.MkdirTemp("", "program")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	b := NewCompiler(l, m)
	defer b.Close()
	packages, err := b.find(ctx, AddOptions{Dir: dir, Paths: imports}, true)
	if err != nil {
		return nil, err
	}
	g := b.group(packages)
	needs = []string{l.Dir}
	var layers []*Layer
	if len(g.others) > 0 {
		y, err := l.layer(ctx, m, g.others, nil)
		if err != nil {
			return nil, err
		}
		needs, layers = append(needs, y.Dir), append(layers, y)
	}
	if err := b.use(dir, layers); err != nil {
		return nil, err
	}
	// The user's own packages become part of the program. In a layer of their own
	// they would have to be initialized after the other, and nothing tells the
	// dynamic linker so.
	own := append([]*listed{{ImportPath: cellPath, Export: filepath.Join(dir, "main.a")}}, g.own...)
	if err := b.compileProgram(ctx, dir, source, own); err != nil {
		return nil, err
	}
	return needs, b.linkProgram(ctx, dir, own, needs, program)
}

// compileProgram compiles the first of some packages, which imports the others.
func (b *Compiler) compileProgram(ctx context.Context, dir string, source []byte, own []*listed) error {
	file, config := filepath.Join(dir, "main.go"), filepath.Join(dir, compileConfig)
	if err := os.WriteFile(file, source, 0o600); err != nil {
		return err
	}
	for _, p := range own[1:] {
		if err := appendLine(config, "packagefile "+p.ImportPath+"="+p.Export); err != nil {
			return err
		}
	}
	l := b.library
	compile := command(ctx, l.tool("compile"), append(l.compileFlags(config, cellPath, own[0].Export),
		"-trimpath="+dir, file)...)
	compile.Env = l.toolEnv()
	_, err := output(compile)
	return err
}

// linkProgram links packages, of which the first is the program, on the libraries
// in the folders that it needs.
func (b *Compiler) linkProgram(ctx context.Context, dir string, own []*listed, needs []string, program string) error {
	indexes, err := b.indexes()
	if err != nil {
		return err
	}
	config := filepath.Join(dir, linkConfig)
	for i, p := range own {
		archive := filepath.Join(dir, fmt.Sprintf("%d.a", i))
		content, err := os.ReadFile(p.Export)
		if err != nil {
			return err
		}
		adapt(content, indexes)
		if err := os.WriteFile(archive, content, 0o600); err != nil {
			return err
		}
		if err := appendLine(config, "packagefile "+p.ImportPath+"="+archive); err != nil {
			return err
		}
	}
	l := b.library
	flags := append(l.linkerFlags(), "-buildmode=exe", "-L", l.Dir, "-importcfg="+config,
		"-r="+strings.Join(needs, string(filepath.ListSeparator)), "-o", program, filepath.Join(dir, "0.a"))
	return l.runLinker(ctx, flags...)
}

func appendLine(file, line string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n")
	return errors.Join(err, f.Close())
}
