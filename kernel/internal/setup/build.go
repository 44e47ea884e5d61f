package setup

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/seal"
)

// build is what compiling the libraries of notebooks left behind and taught.
type build struct {
	dir     string
	Ldflags string // the linker flags that make cells link fastest here
}

// linkerFlags are tried in this order. -w leaves debug information out, which
// takes a fifth off a cell's link. Go's own linker needs no external one and
// halves the rest, but does not know what every C compiler puts into objects.
var linkerFlags = []string{"-w -linkmode=internal", "-w"}

// buildRecipe changes whenever ensureBuild learns to do something else, so that
// machines set up earlier do it, too.
const buildRecipe = "3"

func (m *machine) buildDir() string {
	k := key(buildRecipe, m.toolchain.GoVersion, m.toolchain.OS, m.toolchain.Arch, m.toolchain.Flags, m.toolchain.CC,
		m.toolchain.BuildCache, m.toolchain.goBin, m.checkout.root, string(m.checkout.goMod))
	return filepath.Join(m.cache.root, "builds", k)
}

// probePath is the program that tells whether a backend works.
func (b build) probePath() string { return filepath.Join(b.dir, "probe") }

// shimDir holds the go command that kernels use.
func (b build) shimDir() string { return filepath.Join(b.dir, "bin") }

// cachedBuild returns what an earlier ensureBuild made.
func (m *machine) cachedBuild() (build, bool) {
	b := build{dir: m.buildDir()}
	ok := seal.Verify(b.dir, false) == nil && seal.ReadJSON(filepath.Join(b.dir, "build.json"), &b) == nil
	return b, ok
}

// ensureBuild compiles every package that notebooks may import, so that cells
// only link, and the probe with a cell's flags.
//
// Go's build cache holds the result. Should it be emptied, the first cell just
// takes longer.
func (m *machine) ensureBuild(ctx context.Context, progress *Progress) (build, error) {
	if b, ok := m.cachedBuild(); ok {
		return b, nil
	}
	task := progress.Start("libraries", "compiling what notebooks import")
	b := build{dir: m.buildDir()}
	task.again("what is in "+b.dir, seal.Verify(b.dir, false))
	err := publishSealed(b.dir, func(staging string) error {
		packages, err := m.libraries(ctx)
		if err != nil {
			return err
		}
		if err := m.goBuild(ctx, task, "the libraries", packages...); err != nil {
			return err
		}
		for _, b.Ldflags = range linkerFlags {
			err = m.goBuild(ctx, task, "the probe", "-ldflags="+b.Ldflags, "-o", filepath.Join(staging, "probe"),
				"./kernel/internal/setup/probe")
			if err == nil || ctx.Err() != nil {
				break
			}
		}
		if err != nil {
			return err
		}
		shimDir := filepath.Join(staging, filepath.Base(b.shimDir()))
		if err := writeShim(shimDir, m.toolchain.goBin, m.checkout.goMod); err != nil {
			return err
		}
		task.Update("rehearsing a cell")
		goBin := filepath.Join(shimDir, shimName)
		if err := m.rehearse(ctx, filepath.Join(staging, "cell"), goBin, packages, b.Ldflags); err != nil {
			return err
		}
		return writeJSON(filepath.Join(staging, "build.json"), b)
	})
	task.End("compiled", err)
	return b, err
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
