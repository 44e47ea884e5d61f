package setup

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gocifar/gocifar/kernel/internal/seal"
)

// toolNames are the programs that GoNB needs to find in PATH, and GoNB itself.
var toolNames = []string{"gonb", "goimports", "gopls"}

// toolsDir is where the tools of this checkout and toolchain belong. go.mod and
// gopls.mod pin every module that is linked; go.sum only guards their content,
// so it is no part of the key.
func (m *machine) toolsDir() string {
	k := key(m.toolchain.GoVersion, m.toolchain.OS, m.toolchain.Arch, string(m.checkout.goMod),
		string(m.checkout.goplsMod))
	return filepath.Join(m.cache.root, "tools", k)
}

// cachedTools returns the tools' folder if all of them are there, whole.
func (m *machine) cachedTools() (dir string, ok bool) {
	if dir = m.toolsDir(); seal.Verify(dir, false) != nil {
		return "", false
	}
	return dir, true
}

// ensureTools builds the tools if they are not there.
func (m *machine) ensureTools(ctx context.Context, progress *Progress) (string, error) {
	if dir, ok := m.cachedTools(); ok {
		return dir, nil
	}
	dir := m.toolsDir()
	task := progress.Start("tools", "building gonb and goimports")
	task.again("what is in "+dir, seal.Verify(dir, false))
	err := publishSealed(dir, func(staging string) error {
		err := m.goBuild(ctx, task, "gonb and goimports", "-ldflags=-s -w", "-o", staging+string(os.PathSeparator),
			"github.com/janpfeifer/gonb", "golang.org/x/tools/cmd/goimports")
		if err != nil {
			return err
		}
		return m.goBuild(ctx, task, "gopls", "-ldflags=-s -w", "-modfile="+goplsMod, "-o", filepath.Join(staging, "gopls"),
			"golang.org/x/tools/gopls")
	})
	task.End("built gonb, goimports and gopls", err)
	if err != nil {
		return "", err
	}
	return dir, nil
}

// goBuild runs `go build` in the checkout and shows on task what it is at.
func (m *machine) goBuild(ctx context.Context, task *Task, what string, args ...string) error {
	return m.goBuildIn(ctx, task, m.checkout.root, what, args...)
}

// goBuildIn is goBuild in a folder.
func (m *machine) goBuildIn(ctx context.Context, task *Task, dir, what string, args ...string) error {
	cmd := newCommand(ctx, m.toolchain.goBin, append([]string{"build", "-v"}, args...)...)
	cmd.Dir = dir
	// A workspace around the checkout would replace its pins, and refuses
	// -modfile.
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=1")
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
