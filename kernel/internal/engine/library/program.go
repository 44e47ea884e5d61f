package library

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// Program makes a program of one Go file, on the library and on layers with the
// packages of a module that it imports: where these are there, it takes a second
// or two and nothing is compiled twice. The program runs as long as the folders
// are there that Program returns.
func (l *Library) Program(ctx context.Context, m Module, source []byte, imports []string, program string,
) (needs []string, err error) {
	dir, err := os.MkdirTemp("", "program")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	b := NewCompiler(l, m)
	defer b.Close()
	if _, err := b.Add(ctx, AddOptions{Dir: dir, Paths: imports}); err != nil {
		return nil, err
	}
	needs = []string{l.Dir}
	for _, y := range b.layers {
		needs = append(needs, y.Dir)
	}
	file, archive := filepath.Join(dir, "main.go"), filepath.Join(dir, "main.a")
	if err := os.WriteFile(file, source, 0o600); err != nil {
		return nil, err
	}
	compile := command(ctx, l.tool("compile"), append(l.compileFlags(filepath.Join(dir, compileConfig), cellPath, archive),
		"-trimpath="+dir, file)...)
	compile.Env = l.toolEnv()
	if _, err := output(compile); err != nil {
		return nil, err
	}
	indexes, err := b.indexes()
	content, failed := os.ReadFile(archive)
	if err := errors.Join(err, failed); err != nil {
		return nil, err
	}
	adapt(content, indexes)
	if err := os.WriteFile(archive, content, 0o600); err != nil {
		return nil, err
	}
	return needs, l.runLinker(ctx, append(l.linkerFlags(), "-buildmode=exe", "-L", l.Dir,
		"-r="+strings.Join(needs, string(filepath.ListSeparator)), "-importcfg="+filepath.Join(dir, linkConfig),
		"-o", program, archive)...)
}
