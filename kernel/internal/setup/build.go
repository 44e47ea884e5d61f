package setup

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/gocifar/gocifar/kernel/internal/seal"
)

// build is the probe of backends, and what linking it taught.
type build struct {
	dir string
	// Ldflags make GoNB's cells link fastest here. "" if the probe is one on live
	// cells' library, which teaches nothing of that.
	Ldflags string
	// Needs are the folders of the library and the layers that the probe is on.
	Needs []string
}

// linkerFlags are tried in this order. -w leaves debug information out, which
// takes a fifth off a cell's link. Go's own linker needs no external one and
// halves the rest, but does not know what every C compiler puts into objects.
var linkerFlags = []string{"-w -linkmode=internal", "-w"}

// buildRecipe changes whenever ensureBuild or ensureGoNB learn to do something
// else, so that machines set up earlier do it, too.
const buildRecipe = "4"

// checkoutKey names what depends on the checkout's place and pins, and on how
// Go builds here.
func (m *machine) checkoutKey() string {
	return key(buildRecipe, m.toolchain.GoVersion, m.toolchain.OS, m.toolchain.Arch, m.toolchain.Flags, m.toolchain.CC,
		m.toolchain.BuildCache, m.toolchain.goBin, m.checkout.root, string(m.checkout.goMod))
}

func (m *machine) buildDir() string { return filepath.Join(m.cache.root, "builds", m.checkoutKey()) }

// probePath is the program that tells whether a backend works.
func (b build) probePath() string { return filepath.Join(b.dir, "probe") }

// cachedBuild returns what an earlier ensureBuild made.
func (m *machine) cachedBuild() (build, bool) {
	b := build{dir: m.buildDir()}
	ok := seal.Verify(b.dir, false) == nil && seal.ReadJSON(filepath.Join(b.dir, "build.json"), &b) == nil
	return b, ok && allThere(b.Needs)
}

// ensureBuild builds the probe: on live cells' library if they alone are wanted,
// which has compiled GoMLX already, or else with the flags of GoNB's cells.
func (m *machine) ensureBuild(ctx context.Context, progress *Progress, onLibrary bool) (build, error) {
	if b, ok := m.cachedBuild(); ok && (onLibrary || b.Ldflags != "") {
		return b, nil
	}
	task := progress.Start("probe", "building")
	b := build{dir: m.buildDir()}
	task.again("what is in "+b.dir, seal.Verify(b.dir, false))
	err := publishSealed(b.dir, func(staging string) (err error) {
		if onLibrary {
			task.Update("linking")
			b.Needs, err = m.onLibrary(ctx, m.live, probeSource, filepath.Join(staging, "probe"))
			if err == nil {
				return writeJSON(filepath.Join(staging, "build.json"), b)
			}
			b.Needs = nil // then as without the library
		}
		for _, b.Ldflags = range linkerFlags {
			err = m.goBuild(ctx, task, "the probe", "-ldflags="+b.Ldflags, "-o", filepath.Join(staging, "probe"),
				probeSource)
			if err == nil || ctx.Err() != nil {
				break
			}
		}
		if err != nil {
			return err
		}
		return writeJSON(filepath.Join(staging, "build.json"), b)
	})
	task.End("built", err)
	return b, err
}

// probeSource is the folder of the probe in the checkout.
const probeSource = "./kernel/internal/setup/probe"

// goBuild runs `go build` in the checkout and shows on task what it is at.
func (m *machine) goBuild(ctx context.Context, task *Task, what string, args ...string) error {
	cmd := newCommand(ctx, m.toolchain.goBin, append([]string{"build", "-v"}, args...)...)
	cmd.Dir = m.checkout.root
	return runBuild(ctx, cmd, task, what)
}

// runBuild runs a command that builds something, without a workspace: one
// around the checkout would replace its pins. Variables that the command has
// come on top.
func runBuild(ctx context.Context, cmd *exec.Cmd, task *Task, what string) error {
	cmd.Env = slices.Concat(os.Environ(), []string{"GOWORK=off", "CGO_ENABLED=1"}, cmd.Env)
	task.Update("building %s", what)
	stderr := tail{onLine: func(line string) { task.Update("building %s: %s", what, line) }}
	cmd.Stderr = &stderr
	if err := run(cmd); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("cannot build %s: %w", what, stderr.explain(err))
	}
	return nil
}
