package setup

import (
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/gocifar/gocifar/internal/lock"
	"github.com/gocifar/gocifar/kernel/internal/seal"
)

// gopls completes and explains what users type. Building it takes longer than
// everything that a first cell needs, so no command that runs cells waits for
// it: kernels have its path in their spec, and the first one that is asked for
// a completion builds it behind the user's back.

// goplsPin pins gopls apart from the module's other tools, because gopls links
// against internals of one exact golang.org/x/tools.
//
//go:embed gopls.mod gopls.sum
var goplsPin embed.FS

// goplsFolder holds all versions of gopls, and the lock of who builds one.
const goplsFolder = "gopls"

func (m *machine) goplsDir() string {
	pin, _ := goplsPin.ReadFile("gopls.mod") // embedded
	k := key(m.toolchain.GoVersion, m.toolchain.OS, m.toolchain.Arch, string(pin))
	return filepath.Join(m.cache.root, goplsFolder, k)
}

// goplsPath is where gopls is, or will be.
func (m *machine) goplsPath() string { return filepath.Join(m.goplsDir(), "gopls") }

// EnsureGopls builds gopls with the Go of a folder, unless it is there, and
// returns its path. Processes at once take turns, and the first one builds.
func EnsureGopls(ctx context.Context, dir string, progress *Progress) (string, error) {
	m, err := folderMachine(ctx, dir)
	if err != nil {
		return "", err
	}
	return m.ensureGopls(ctx, progress)
}

func (m *machine) ensureGopls(ctx context.Context, progress *Progress) (string, error) {
	dir := m.goplsDir()
	if seal.Verify(dir, false) == nil {
		return m.goplsPath(), nil
	}
	folder := cache{root: filepath.Join(m.cache.root, goplsFolder)}
	if err := os.MkdirAll(folder.root, 0o755); err != nil {
		return "", cannotWrite(folder.root, err)
	}
	unlock, err := lock.Wait(ctx, filepath.Join(folder.root, "build.lock"), nil)
	if err != nil {
		return "", fmt.Errorf("cannot wait for the build of gopls: %w", err)
	}
	defer unlock()
	wrong := seal.Verify(dir, false)
	if wrong == nil {
		return m.goplsPath(), nil
	}
	folder.removePartial()
	task := progress.Start("gopls", "building")
	task.again("what is in "+dir, wrong)
	err = publishSealed(dir, func(staging string) error {
		return m.buildGopls(ctx, task, filepath.Join(staging, "gopls"))
	})
	task.End("built", err)
	return m.goplsPath(), err
}

// buildGopls builds gopls from a module of its own, which pins it.
func (m *machine) buildGopls(ctx context.Context, task *Task, program string) error {
	module, err := os.MkdirTemp("", "gopls")
	if err != nil {
		return err
	}
	defer os.RemoveAll(module)
	for from, to := range map[string]string{"gopls.mod": "go.mod", "gopls.sum": "go.sum"} {
		data, err := goplsPin.ReadFile(from)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(module, to), data, 0o644); err != nil {
			return err
		}
	}
	cmd := niceCommand(ctx, m.toolchain.goBin, "build", "-v", "-ldflags=-s -w", "-o", program,
		"golang.org/x/tools/gopls")
	cmd.Dir = module
	return runBuild(ctx, cmd, task, "gopls")
}

// niceCommand is newCommand for work that is to leave the processor to the
// user's cells.
func niceCommand(ctx context.Context, name string, args ...string) *exec.Cmd {
	if nice, err := exec.LookPath("nice"); err == nil {
		return newCommand(ctx, nice, append([]string{"-n", "10", name}, args...)...)
	}
	return newCommand(ctx, name, args...)
}
