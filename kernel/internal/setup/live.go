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

// live is what the live kernel needs: the library of Go's own packages, the
// kernel's program, and in a checkout layers with the packages that notebooks
// import. They change apart: the library with the version of Go, the program
// with each change of the kernel, the layers with the packages in them.
type live struct {
	libraryDir, programDir string
	// packagesDir says that there are layers; "" where none are wanted.
	packagesDir string
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

// Folders of what goes into layers, and into the program.
var (
	packageFolders = []string{"cifar", "layers", "transfer", "internal"}
	programFolders = []string{"kernel", "internal"}
)

// liveHere is where the library and the program of this machine, and of this
// checkout as it is now, belong.
func (m *machine) liveHere(ctx context.Context) (l live, err error) {
	k, err := library.Key(ctx, m.toolchain.goBin, m.checkout.root)
	if err != nil {
		return l, err
	}
	l.libraryDir = m.libraryDir(k)
	if m.outside() {
		l.programDir, err = m.executableDir()
		return l, err
	}
	if l.programDir, err = m.sourceDir("program", programFolders, ""); err == nil && m.packages {
		l.packagesDir, err = m.sourceDir("packages", packageFolders, k)
	}
	return l, err
}

// sourceDir names a folder of the cache after the sources in folders, and what
// else counts.
func (m *machine) sourceDir(what string, folders []string, other string) (string, error) {
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
		what+"-"+key(m.checkoutKey(), hex.EncodeToString(h.Sum(nil)), other)), nil
}

// findLive finds what an earlier ensureLive made.
func (m *machine) findLive(ctx context.Context) bool {
	l, err := m.liveHere(ctx)
	if err != nil || seal.Verify(l.programDir, false) != nil || !library.Complete(l.library()) ||
		l.packagesDir != "" && seal.Verify(l.packagesDir, false) != nil {
		return false
	}
	m.live = l
	return true
}

// ensureLive makes what the live kernel needs without a checkout, one process
// at a time.
func (m *machine) ensureLive(ctx context.Context, progress *Progress) error {
	if m.findLive(ctx) {
		return nil
	}
	unlock, err := m.cache.lock(ctx, progress)
	if err != nil {
		return err
	}
	defer unlock()
	m.cache.removePartial() // a library that was begun takes 100 MB
	return m.makeLive(ctx, progress)
}

// makeLive makes what is missing of the live kernel.
func (m *machine) makeLive(ctx context.Context, progress *Progress) error {
	if err := kernels.Live.Supported(); err != nil {
		return err
	}
	l, err := m.liveHere(ctx)
	if err != nil {
		return err
	}
	task := progress.Start("live cells", "preparing")
	err = m.makeLibrary(ctx, task, l)
	if err == nil {
		err = m.makeProgram(ctx, task, l)
	}
	if err == nil && l.packagesDir != "" {
		err = m.makePackages(ctx, task, l)
	}
	task.End("compiled", err)
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	}
	for _, dir := range []string{l.libraryDir, l.programDir, l.packagesDir} {
		if dir != "" {
			forgetOld(dir)
		}
	}
	m.live = l
	return nil
}

// EnsureLibrary makes the library for the Go that compiles the module around a
// folder, and returns the library's.
func EnsureLibrary(ctx context.Context, dir string, progress *Progress) (string, error) {
	m, err := folderMachine(ctx, dir)
	if err != nil {
		return "", err
	}
	k, err := library.Key(ctx, m.toolchain.goBin, dir)
	if err != nil {
		return "", err
	}
	l := live{libraryDir: m.libraryDir(k)}
	if library.Complete(l.library()) {
		return l.library(), nil
	}
	unlock, err := m.cache.lock(ctx, progress)
	if err != nil {
		return "", err
	}
	defer unlock()
	task := progress.Start("live cells", "preparing")
	err = m.makeLibrary(ctx, task, l)
	task.End("compiled", err)
	return l.library(), err
}

// folderMachine is the machine as the go command in a folder sees it.
func folderMachine(ctx context.Context, dir string) (*machine, error) {
	c, err := openCache()
	if err != nil {
		return nil, err
	}
	m := &machine{cache: c, checkout: checkout{root: dir, language: language()}}
	m.toolchain, err = findToolchain(ctx, m.checkout)
	return m, err
}

func (m *machine) libraryDir(key string) string {
	return filepath.Join(m.cache.root, "live", "library-"+key)
}

// makeLibrary makes the library unless it is there.
func (m *machine) makeLibrary(ctx context.Context, task *Task, l live) error {
	wrong := library.Verify(l.library(), false)
	if wrong == nil {
		return nil
	}
	task.again("the library", wrong)
	return publish(l.libraryDir, func(staging string) error {
		dir := live{libraryDir: staging}.library()
		if err := os.Mkdir(dir, 0o755); err != nil {
			return cannotWrite(dir, err)
		}
		_, err := library.Build(ctx, dir, library.Options{
			Go: m.toolchain.goBin, Dir: m.checkout.root, Final: l.library(),
			Say: func(format string, args ...any) { task.Update(format, args...) },
		})
		if err != nil {
			return err
		}
		// What names the final folder was written after the rest.
		if err := library.Seal(dir); err != nil {
			return cannotWrite(dir, err)
		}
		return nil
	})
}

// makeProgram makes the kernel's program unless it is there: from the checkout,
// or else it is a copy of the one that runs.
func (m *machine) makeProgram(ctx context.Context, task *Task, l live) error {
	wrong := seal.Verify(l.programDir, false)
	if wrong == nil {
		return nil
	}
	task.again("the kernel's program", wrong)
	return publishSealed(l.programDir, func(staging string) error {
		program := live{programDir: staging}.program()
		if m.outside() {
			return copyExecutable(program)
		}
		return m.goBuild(ctx, task, "the kernel", "-ldflags=-s -w", "-o", program, "./kernel")
	})
}

// makePackages makes the layers with the checkout's packages, and a folder that
// says so.
func (m *machine) makePackages(ctx context.Context, task *Task, l live) error {
	if seal.Verify(l.packagesDir, false) == nil {
		return nil
	}
	packages, err := m.libraries(ctx)
	if err != nil {
		return err
	}
	task.Update("linking what notebooks import")
	return publishSealed(l.packagesDir, func(staging string) error {
		opened, err := library.Open(l.library())
		if err != nil {
			return err
		}
		err = opened.Warm(ctx, library.Module{Dir: m.checkout.root}, staging, append(packages, cellPackages...))
		if err != nil {
			return err
		}
		return m.makeDataProgram(ctx, l, staging)
	})
}

// keptBuilds is how many libraries and programs are kept: a library takes 100
// MB, and every change of the checkout's packages makes a new one.
const keptBuilds = 3

// forgetOld removes older folders of the kind of current, unless a kernel that
// Jupyter knows needs them: it may be another checkout's.
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
	arguments := kernelArguments()
	for _, dir := range dirs[min(keptBuilds, len(dirs)):] {
		needed := slices.ContainsFunc(arguments, func(argument string) bool {
			return strings.HasPrefix(argument, dir+string(filepath.Separator))
		})
		if dir != current && !needed {
			_ = os.RemoveAll(dir)
		}
	}
}

// kernelArguments are the commands of the kernels that the user's Jupyter knows.
// Our own runner writes its specs anew before it starts a kernel.
func kernelArguments() (arguments []string) {
	dir, _ := userJupyterDir()
	specs, _ := filepath.Glob(filepath.Join(dir, "kernels", "*"))
	for _, dir := range specs {
		if spec, err := jupyter.ReadSpec(dir); err == nil {
			arguments = append(arguments, spec.Argv...)
		}
	}
	return arguments
}

// liveSpec describes the live kernel as this machine runs it.
func (m *machine) liveSpec() *jupyter.Spec {
	if m.outside() {
		return m.outsideSpec()
	}
	spec := m.checkoutSpec()
	spec.Argv = []string{
		m.live.program(), "live", "-library", m.live.library(), "-module", m.checkout.root,
		"-gopls", m.goplsPath(), "-connection", "{connection_file}",
	}
	spec.DisplayName = kernels.Live.DisplayName
	spec.Metadata = liveMetadata()
	return spec
}

// liveMetadata makes JupyterLab offer its debugger's panel, in which the live
// kernel shows variables.
func liveMetadata() map[string]any { return map[string]any{"debugger": true} }
