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

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/kernels"
	"github.com/gocifar/gocifar/kernel/internal/seal"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// live is what the live kernel needs: a library of all that its cells may use,
// and the kernel's program. They change apart: the program with each change of
// the kernel, the library, which takes longer, with the packages in it.
type live struct {
	libraryDir, programDir string
}

// library is the folder for package library, "" without one.
func (l live) library() string {
	if l.libraryDir == "" {
		return ""
	}
	return filepath.Join(l.libraryDir, "library")
}

func (l live) program() string { return filepath.Join(l.programDir, "kernel") }

// cellPackages are packages of other modules that notebooks like to use, and
// that the module's own do not bring along.
var cellPackages = []string{
	"github.com/janpfeifer/must", "github.com/gomlx/gomlx/core/graph", "github.com/gomlx/gomlx/backends/default",
}

// Folders of what goes into the library, with the code that makes it, and into
// the program.
var (
	libraryFolders = []string{
		"cifar", "layers", "transfer", "internal",
		"kernel/internal/engine/host", "kernel/internal/engine/library", "kernel/internal/seal",
	}
	programFolders = []string{"kernel", "internal"}
)

// liveHere is where the library and the program of this checkout as it is now
// belong.
func (m *machine) liveHere() (l live, err error) {
	l.libraryDir, err = m.sourceDir("library", libraryFolders)
	if err == nil {
		l.programDir, err = m.sourceDir("program", programFolders)
	}
	return l, err
}

// sourceDir names a folder of the cache after the sources in folders.
func (m *machine) sourceDir(what string, folders []string) (string, error) {
	h := sha256.New()
	for _, folder := range folders {
		dir := filepath.Join(m.checkout.root, filepath.FromSlash(folder))
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err // there is no entry then
			}
			name := entry.Name()
			switch {
			case entry.IsDir() && name == "testdata":
				return fs.SkipDir
			case !entry.Type().IsRegular(), strings.HasPrefix(name, "."),
				strings.HasSuffix(name, "_test.go"), strings.HasSuffix(name, ".ipynb"), strings.HasSuffix(name, "README.md"):
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
	return filepath.Join(m.cache.root, "live",
		what+"-"+key(filepath.Base(m.buildDir()), hex.EncodeToString(h.Sum(nil)))), nil
}

// findLive finds what an earlier ensureLive made.
func (m *machine) findLive() bool {
	l, err := m.liveHere()
	if err != nil || seal.Verify(l.programDir, false) != nil || !library.Complete(l.library()) {
		return false
	}
	m.live = l
	return true
}

// ensureLive makes what the live kernel needs, one process at a time.
func ensureLive(ctx context.Context, m *machine, progress *Progress) error {
	if m.findLive() {
		return nil
	}
	if err := kernels.Live.Supported(); err != nil {
		return err
	}
	unlock, err := m.cache.lock(ctx, progress)
	if err != nil {
		return err
	}
	defer unlock()
	m.cache.removePartial() // a library that was begun takes 100 MB
	m.live, err = m.makeLive(ctx, progress)
	return err
}

// makeLive makes the library and the program. m.build has been made.
func (m *machine) makeLive(ctx context.Context, progress *Progress) (live, error) {
	l, err := m.liveHere()
	if err != nil {
		return live{}, err
	}
	task := progress.Start("live cells", "preparing")
	if wrong := library.Verify(l.library(), false); wrong != nil {
		task.again("the library", wrong)
		err = publish(l.libraryDir, func(staging string) error {
			return m.makeLibrary(ctx, task, live{libraryDir: staging}.library(), l.library())
		})
	}
	if wrong := seal.Verify(l.programDir, false); err == nil && wrong != nil {
		task.again("the kernel's program", wrong)
		err = publishSealed(l.programDir, func(staging string) error {
			return m.goBuild(ctx, task, "the kernel", "-ldflags=-s -w", "-o", live{programDir: staging}.program(), "./kernel")
		})
	}
	task.End("compiled", err)
	if err != nil {
		if ctx.Err() != nil {
			return live{}, context.Cause(ctx)
		}
		return live{}, err
	}
	forgetOld(l.libraryDir)
	forgetOld(l.programDir)
	return l, nil
}

// makeLibrary makes the library in the folder dir, which will be called final.
func (m *machine) makeLibrary(ctx context.Context, task *Task, dir, final string) error {
	packages, err := m.libraries(ctx)
	if err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return cannotWrite(dir, err)
	}
	_, err = library.Build(ctx, dir, library.Options{
		Go: m.toolchain.goBin, Root: m.checkout.root, Packages: append(packages, cellPackages...),
		Final: final, Say: func(format string, args ...any) { task.Update(format, args...) },
	})
	if err != nil {
		return err
	}
	// What names the final folder was written after the rest.
	if err := library.Seal(dir); err != nil {
		return cannotWrite(dir, err)
	}
	return nil
}

// keptBuilds is how many libraries and programs are kept: a library takes 100
// MB, and every change of the checkout's packages makes a new one.
const keptBuilds = 3

// forgetOld removes older folders of the kind of current.
func forgetOld(current string) {
	kind, _, _ := strings.Cut(filepath.Base(current), "-")
	dirs, _ := filepath.Glob(filepath.Join(filepath.Dir(current), kind+"-*"))
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
	for _, dir := range dirs[min(keptBuilds, len(dirs)):] {
		if dir != current {
			_ = os.RemoveAll(dir)
		}
	}
}

// liveSpec describes the live kernel as this machine runs it.
func (m *machine) liveSpec() *jupyter.Spec {
	spec := m.gonbSpec()
	spec.Argv = []string{
		m.live.program(), "live", "-library", m.live.library(), "-gopls", filepath.Join(m.tools, "gopls"),
		"-connection", "{connection_file}",
	}
	spec.DisplayName = kernels.Live.DisplayName
	spec.Env["GOFLAGS"] = literal(m.toolchain.cellFlags(""))
	return spec
}
