package setup

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

func (m *machine) buildDir() string {
	k := key(m.toolchain.GoVersion, m.toolchain.OS, m.toolchain.Arch, m.toolchain.Flags, m.toolchain.CC, m.toolchain.BuildCache,
		m.checkout.root, string(m.checkout.goMod))
	return filepath.Join(m.cache.root, "builds", k)
}

// probePath is the program that tells whether a backend works.
func (b build) probePath() string { return filepath.Join(b.dir, "probe") }

// cachedBuild returns what an earlier ensureBuild made.
func (m *machine) cachedBuild() (build, bool) {
	b := build{dir: m.buildDir()}
	ok := readJSON(filepath.Join(b.dir, "build.json"), &b) && exists(b.probePath())
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
	err := publish(b.dir, func(staging string) error {
		packages, err := m.libraries(ctx)
		if err != nil {
			return err
		}
		if err := m.goBuild(ctx, task, "the libraries", packages...); err != nil {
			return err
		}
		for _, b.Ldflags = range linkerFlags {
			err = m.goBuild(ctx, task, "the probe", "-ldflags="+b.Ldflags, "-o", filepath.Join(staging, "probe"), "./kernel/setup/probe")
			if err == nil || ctx.Err() != nil {
				break
			}
		}
		if err != nil {
			return err
		}
		return writeJSON(filepath.Join(staging, "build.json"), b)
	})
	task.End("compiled", err)
	return b, err
}

// libraries lists the packages that notebooks import: all of the module's, bar
// the kernel command, and gonbui, with which cells show things.
func (m *machine) libraries(ctx context.Context) ([]string, error) {
	cmd := command(ctx, m.toolchain.goBin, "list", "-f", `{{if ne .Name "main"}}{{.ImportPath}}{{end}}`, "./...")
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
		if !strings.HasPrefix(p, ModulePath+"/kernel") {
			packages = append(packages, p)
		}
	}
	return packages, nil
}
