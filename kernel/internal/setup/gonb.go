package setup

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/seal"
)

// gonbPrograms are GoNB, and the program that GoNB needs to find in PATH.
var gonbPrograms = []string{"gonb", "goimports"}

// gonbDir is the folder of GoNB for this checkout, which kernels have first in
// PATH: its programs, and the go command that it uses.
func (m *machine) gonbDir() string { return filepath.Join(m.cache.root, "gonb", m.checkoutKey()) }

// gonbReady tells whether an earlier ensureGoNB has made all of it.
func (m *machine) gonbReady(context.Context) bool { return seal.Verify(m.gonbDir(), false) == nil }

// ensureGoNB builds GoNB, and compiles every package that notebooks may import,
// so that its cells only link. m.build has been made.
//
// Go's build cache holds what is compiled. Should it be emptied, the first cell
// just takes longer.
func (m *machine) ensureGoNB(ctx context.Context, progress *Progress) error {
	if m.gonbReady(ctx) {
		return nil
	}
	dir := m.gonbDir()
	task := progress.Start("GoNB", "compiling what notebooks import")
	task.again("what is in "+dir, seal.Verify(dir, false))
	err := publishSealed(dir, func(staging string) error {
		packages, err := m.libraries(ctx)
		if err != nil {
			return err
		}
		if err := m.goBuild(ctx, task, "the libraries", packages...); err != nil {
			return err
		}
		err = m.goBuild(ctx, task, "gonb and goimports", "-ldflags=-s -w", "-o", staging+string(os.PathSeparator),
			"github.com/janpfeifer/gonb", "golang.org/x/tools/cmd/goimports")
		if err != nil {
			return err
		}
		if err := writeShim(staging, m.toolchain.goBin, m.checkout.goMod); err != nil {
			return err
		}
		task.Update("rehearsing a cell")
		return m.rehearse(ctx, filepath.Join(staging, "cell"), filepath.Join(staging, shimName), packages, m.build.Ldflags)
	})
	task.End("built, and what notebooks import is compiled", err)
	return err
}

// rehearse does in dir, with the go command goBin, what GoNB does for a cell
// that imports the packages, up to running it, and removes dir.
//
// This is no mere test: where go build takes a pruned module graph, go get
// wants the go.mod files of more modules. They come into the module cache here,
// so that the same works offline ever after, as is checked at once.
func (m *machine) rehearse(ctx context.Context, dir, goBin string, packages []string, ldflags string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return cannotWrite(dir, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), cellImporting(packages), 0o644); err != nil {
		return cannotWrite(dir, err)
	}
	online := append(os.Environ(), "GOWORK=", "CGO_ENABLED=1", "GOFLAGS="+m.toolchain.cellFlags(ldflags))
	offline := append(online[:len(online):len(online)], "GOPROXY=off")
	for _, step := range []struct {
		env  []string
		args []string
	}{
		{online, []string{"mod", "init", "gonb_rehearsal"}},
		{online, []string{"work", "init"}},
		{online, []string{"work", "use", ".", m.checkout.root}},
		{online, []string{"mod", "edit", "-replace=" + ModulePath + "=" + m.checkout.root}},
		{online, []string{"get"}},
		{offline, []string{"get"}},
		{offline, []string{"build", "-o", "cell"}},
	} {
		cmd := newCommand(ctx, goBin, step.args...)
		cmd.Dir, cmd.Env = dir, step.env
		if _, err := output(cmd); err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return fmt.Errorf("a cell that imports the libraries fails in `go %s`: %w", strings.Join(step.args, " "), err)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return cannotWrite(dir, err)
	}
	return nil
}

// cellImporting is the program that GoNB would make of a cell with nothing but
// imports.
func cellImporting(packages []string) []byte {
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n")
	for _, p := range packages {
		fmt.Fprintf(&b, "\t_ %q\n", p)
	}
	b.WriteString(")\n\nfunc main() {}\n")
	return []byte(b.String())
}

// libraries lists the packages that notebooks can import: all of the module's
// that are not only tests, bar programs and internal packages, the kernel's
// own, and gonbui, with which cells show things.
func (m *machine) libraries(ctx context.Context) ([]string, error) {
	cmd := newCommand(ctx, m.toolchain.goBin, "list", "-f", `{{if and .GoFiles (ne .Name "main")}}{{.ImportPath}}{{end}}`,
		"./...")
	cmd.Dir = m.checkout.root
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=1")
	out, err := output(cmd)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, fmt.Errorf("cannot list the module's packages: %w", err)
	}
	packages := []string{"github.com/janpfeifer/gonb/gonbui"}
	for _, p := range strings.Fields(string(out)) {
		if !strings.HasPrefix(p, ModulePath+"/kernel") && !strings.Contains(p+"/", "/internal/") {
			packages = append(packages, p)
		}
	}
	return packages, nil
}
