package setup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/live/library"
)

const (
	// LiveKernelName is the kernelspec of the live kernel.
	LiveKernelName = "gocifar-live"
	// LiveDisplayName is what JupyterLab's launcher shows for it.
	LiveDisplayName = "Go (live + XLA)"
)

// live is what the live kernel needs: a library of all that its cells may use, and
// the kernel's program.
type live struct {
	dir string
}

func (l live) library() string { return filepath.Join(l.dir, "library") }
func (l live) program() string { return filepath.Join(l.dir, "kernel") }

// cellPackages are packages of other modules that notebooks like to use, and that
// the module's own do not bring along.
var cellPackages = []string{"github.com/janpfeifer/must", "github.com/gomlx/gomlx/core/graph", "github.com/gomlx/gomlx/backends/default"}

// sourceFolders hold what goes into the library and the program.
var sourceFolders = []string{"cifar", "kernel", "layers", "transfer"}

// liveDir is where the library of this checkout as it is now belongs.
func (m *machine) liveDir() (string, error) {
	h := sha256.New()
	for _, folder := range sourceFolders {
		err := filepath.WalkDir(filepath.Join(m.checkout.root, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err // there is no entry then
			}
			name := entry.Name()
			switch {
			case entry.IsDir() && name == "testdata":
				return fs.SkipDir
			case !entry.Type().IsRegular(), strings.HasSuffix(name, "_test.go"), strings.HasPrefix(name, "."):
				return nil
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(h, "%s %d\n", path, len(data))
			h.Write(data)
			return nil
		})
		if err != nil {
			return "", fmt.Errorf("cannot read the checkout: %w", err)
		}
	}
	return filepath.Join(m.cache.root, "live", key(filepath.Base(m.buildDir()), hex.EncodeToString(h.Sum(nil)))), nil
}

// cachedLive returns what an earlier ensureLive made.
func (m *machine) cachedLive() (live, bool) {
	dir, err := m.liveDir()
	l := live{dir: dir}
	return l, err == nil && exists(l.program()) && library.Complete(l.library())
}

// ensureLive makes the library and the program. m.build has been made.
func (m *machine) ensureLive(ctx context.Context, progress *Progress) (live, error) {
	if l, ok := m.cachedLive(); ok {
		return l, nil
	}
	dir, err := m.liveDir()
	if err != nil {
		return live{}, err
	}
	task := progress.Start("live cells", "preparing")
	err = publish(dir, func(staging string) error {
		packages, err := m.libraries(ctx)
		if err != nil {
			return err
		}
		packages = append(packages, cellPackages...)
		made := live{dir: staging}
		if err := os.Mkdir(made.library(), 0o755); err != nil {
			return cannotWrite(staging, err)
		}
		_, err = library.Build(ctx, made.library(), library.Options{Go: m.toolchain.goBin, Root: m.checkout.root, Packages: packages,
			Final: live{dir: dir}.library(), Say: func(format string, args ...any) { task.Update(format, args...) }})
		if err != nil {
			return err
		}
		return m.goBuild(ctx, task, "the kernel", "-ldflags=-s -w", "-o", made.program(), "./kernel")
	})
	task.End("compiled", err)
	if err != nil {
		if ctx.Err() != nil {
			return live{}, context.Cause(ctx)
		}
		return live{}, err
	}
	m.forgetOldLibraries(dir)
	return live{dir: dir}, nil
}

// keptLibraries is how many are kept: they take 100 MB each, and every change of
// the checkout makes a new one.
const keptLibraries = 3

func (m *machine) forgetOldLibraries(current string) {
	dirs, _ := filepath.Glob(filepath.Join(filepath.Dir(current), "*"))
	age := func(dir string) int64 {
		info, err := os.Stat(dir)
		if err != nil {
			return 0
		}
		return info.ModTime().UnixNano()
	}
	slices.SortFunc(dirs, func(a, b string) int {
		if age(a) > age(b) {
			return -1
		}
		return 1
	})
	for _, dir := range dirs[min(keptLibraries, len(dirs)):] {
		if dir != current {
			_ = os.RemoveAll(dir)
		}
	}
}

// liveKernelspec describes the live kernel as this machine runs it.
func (m *machine) liveKernelspec(l live) *jupyter.Spec {
	spec := m.kernelspec()
	spec.Argv = []string{l.program(), "live", "-library", l.library(), "-gopls", filepath.Join(m.tools, "gopls"), "-connection", "{connection_file}"}
	spec.DisplayName = LiveDisplayName
	spec.Env["GOFLAGS"] = literal(m.toolchain.cellFlags(""))
	return spec
}

// environmentLive writes the live kernel's specs.
func (m *machine) environmentLive(e *Environment, l live) error {
	spec := m.liveKernelspec(l)
	dir, err := m.cachedSpecDirOf(spec, LiveKernelName)
	if err != nil {
		return err
	}
	if err := writeSpec(dir, spec); err != nil {
		return err
	}
	e.LiveKernelspec, e.LiveSpecDir, e.LiveLibrary = LiveKernelName, dir, l.library()
	if e.JupyterDir == "" {
		return nil
	}
	if err := writeSpec(filepath.Join(filepath.Dir(e.JupyterDir), LiveKernelName), spec); err != nil {
		e.Warnings = append(e.Warnings, fmt.Sprintf("JupyterLab will not list the live kernel: %v", err))
	}
	return nil
}

// InstalledLive is [Installed] for the live kernel.
func InstalledLive(ctx context.Context) (specDir string, ok bool) {
	m, err := inspect(ctx, "")
	if err != nil || !m.ready() {
		return "", false
	}
	l, ok := m.cachedLive()
	if !ok {
		return "", false
	}
	spec := m.liveKernelspec(l)
	dir, err := m.cachedSpecDirOf(spec, LiveKernelName)
	return dir, err == nil && sameSpec(dir, spec)
}
