package library

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/gocifar/gocifar/kernel/internal/engine/host"
)

// Options say what goes into a library.
type Options struct {
	// Go is the go command, Dir the folder in which it is asked for its version
	// and settings: a module may want another toolchain.
	Go, Dir string
	// Light leaves most of the standard library out.
	Light bool
	// Final is where the folder will be, if it is moved when it is complete.
	Final string
	// Say is told what happens; may be nil.
	Say func(format string, args ...any)
}

// light is what a library for tests has of the standard library, beside what
// the host needs.
var light = []string{
	"bufio", "bytes", "cmp", "context", "encoding/json", "errors", "flag", "fmt", "image", "image/color", "io", "iter",
	"maps", "math", "math/big", "math/rand", "os", "path/filepath", "reflect", "regexp", "slices", "sort", "strconv",
	"strings", "sync", "sync/atomic", "testing", "text/tabwriter", "time", "unicode", "unsafe", "runtime",
	"runtime/debug", "log", "embed", "os/signal", "net/url",
}

// Build makes a library in the empty folder dir.
func Build(ctx context.Context, dir string, o Options) (*Library, error) {
	if o.Say == nil {
		o.Say = func(string, ...any) {}
	}
	l := &Library{Dir: dir, Go: o.Go, Packages: map[string]*Package{}}
	goroot, err := l.askToolchain(ctx, o.Dir)
	if err != nil {
		return nil, err
	}
	l.findLinker(ctx)
	if err := l.makeOverlay(goroot, o.Say); err != nil {
		return nil, err
	}
	o.Say("compiling Go's standard library for live cells")
	packages, err := l.listStandard(ctx, o.Light)
	if err != nil {
		return nil, err
	}
	o.Say("linking Go's standard library for live cells")
	if err := l.link(ctx, packages, goroot); err != nil {
		return nil, err
	}
	if err := l.keepExports(packages); err != nil {
		return nil, err
	}
	l.ID = l.identity()
	if err := l.writeConfigs(dir); err != nil {
		return nil, err
	}
	l.indexed = sync.OnceValues(func() (*libraryIndex, error) { return readIndex(l.shared()) })
	index, err := l.indexed()
	if err != nil {
		return nil, err
	}
	if err := index.writeSymbols(dir); err != nil {
		return nil, err
	}
	if err := l.checkLink(ctx); err != nil {
		return nil, fmt.Errorf("live cells cannot be linked here: %w", err)
	}
	if err := l.write(); err != nil {
		return nil, err
	}
	if o.Final == "" {
		return l, nil
	}
	return l, l.writeConfigs(o.Final)
}

// askToolchain learns which toolchain the go command in dir is, and returns its
// root.
func (l *Library) askToolchain(ctx context.Context, dir string) (goroot string, err error) {
	out, err := l.goCommand(ctx, dir, nil, "env", "GOVERSION", "GOTOOLDIR", "CC", "GOROOT", "GOFLAGS")
	if err != nil {
		return "", err
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != 5 {
		return "", fmt.Errorf("%s env answered %d lines, want 5", l.Go, len(lines))
	}
	l.GoVersion, l.Tools, l.CC, l.Tags = lines[0], lines[1], strings.Fields(lines[2]), tagsOf(lines[4])
	if toolchain := filepath.Join(lines[3], "bin", "go"); filepath.IsAbs(toolchain) {
		l.Go = toolchain // what it switches to in dir, it is everywhere
	}
	release, _, _ := strings.Cut(strings.TrimPrefix(l.GoVersion, "go"), " ")
	parts := strings.SplitN(release, ".", 3)
	if len(parts) < 2 {
		return "", fmt.Errorf("%s is %s, which is no release: live cells need one", l.Go, l.GoVersion)
	}
	minor := strings.FieldsFunc(parts[1], func(r rune) bool { return r < '0' || r > '9' })
	if len(minor) == 0 {
		return "", fmt.Errorf("%s is %s, which is no release: live cells need one", l.Go, l.GoVersion)
	}
	l.Language = "go" + parts[0] + "." + minor[0]
	return lines[3], nil
}

// tagsOf finds the build tags in GOFLAGS.
func tagsOf(flags string) string {
	for _, flag := range strings.Fields(flags) {
		if tags, ok := strings.CutPrefix(strings.TrimPrefix(flag, "-"), "-tags="); ok {
			return tags
		}
		if tags, ok := strings.CutPrefix(flag, "-tags="); ok {
			return tags
		}
	}
	return ""
}

// tags are the build tags for all packages: the user's, and ours.
func (l *Library) tags() string { return strings.TrimPrefix(l.Tags+","+Tag, ",") }

// listStandard compiles the standard library and the host's packages.
func (l *Library) listStandard(ctx context.Context, onlyLight bool) ([]*listed, error) {
	dir, err := os.MkdirTemp("", "host")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := writeHost(dir, l.Language); err != nil {
		return nil, err
	}
	patterns := append([]string{mainPackage, stubPackage}, light...)
	if !onlyLight {
		patterns = []string{mainPackage, stubPackage, "std"}
	}
	return l.list(ctx, dir, []string{"GOFLAGS=", "GOWORK=off"}, patterns, nil)
}

// writeHost writes the source of the host as a module that needs no other.
func writeHost(dir, language string) error {
	err := fs.WalkDir(host.Source, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := host.Source.ReadFile(path)
		if err != nil {
			return err
		}
		name := filepath.Join(dir, strings.TrimPrefix(hostPackage, ourModule), filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		return os.WriteFile(name, data, 0o644)
	})
	if err != nil {
		return err
	}
	module := fmt.Sprintf("module %s\n\ngo %s\n", ourModule, strings.TrimPrefix(language, "go"))
	return os.WriteFile(filepath.Join(dir, "go.mod"), []byte(module), 0o644)
}

// link makes the shared library and the host program.
func (l *Library) link(ctx context.Context, packages []*listed, goroot string) error {
	var files, shared strings.Builder
	var args []string
	var program string
	for _, p := range packages {
		switch p.ImportPath {
		case mainPackage:
			program = p.Export
		case stubPackage:
		default:
			fmt.Fprintf(&files, "packagefile %s=%s\n", p.ImportPath, p.Export)
			fmt.Fprintf(&shared, "packageshlib %s=%s\n", p.ImportPath, l.shared())
			args = append(args, p.ImportPath+"="+p.Export)
		}
	}
	config := filepath.Join(l.Dir, "importcfg.build")
	if err := os.WriteFile(config, []byte(files.String()), 0o644); err != nil {
		return err
	}
	defer os.Remove(config)
	if err := l.runLinker(ctx, append(l.sharedFlags(config, l.shared(), "-X=runtime.defaultGOROOT="+goroot),
		args...)...); err != nil {
		return fmt.Errorf("cannot link the library for live cells: %w", err)
	}
	if err := os.WriteFile(config, []byte(files.String()+shared.String()), 0o644); err != nil {
		return err
	}
	if err := l.runLinker(ctx, append(l.linkerFlags(), "-buildmode=exe", "-r=$ORIGIN", "-importcfg="+config,
		"-o", l.Host(), program)...); err != nil {
		return fmt.Errorf("cannot link the host of live cells: %w", err)
	}
	return nil
}

// linkerFlags are those for all that is not a cell. The host names a function of
// the runtime that is not for everyone; the symbol table is for debuggers.
func (l *Library) linkerFlags() []string {
	return []string{"-linkshared", "-checklinkname=0", "-w", "-s", "-extld=" + l.CC[0]}
}

// sharedFlags are the linker's flags for a shared library.
func (l *Library) sharedFlags(config, file string, more ...string) []string {
	return append(append(l.linkerFlags(), "-buildmode=shared", "-importcfg="+config, "-o", file), more...)
}

// keepExports copies export data out of Go's build cache, which forgets, and
// leaves the compiled code there.
func (l *Library) keepExports(packages []*listed) error {
	if err := os.Mkdir(filepath.Join(l.Dir, exportDir), 0o755); err != nil {
		return err
	}
	for i, p := range packages {
		switch p.ImportPath {
		case mainPackage:
		case stubPackage:
			archive, err := os.ReadFile(p.Export)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(l.Dir, stubName), archive, 0o644); err != nil {
				return err
			}
		default:
			kept, err := keepExport(l.Dir, i, p)
			if err != nil {
				return err
			}
			l.Packages[p.ImportPath] = kept
		}
	}
	l.Packages["unsafe"] = &Package{Name: "unsafe", Standard: true}
	return nil
}

// exportDir holds export data, in the folder of a library or a layer.
const exportDir = "export"

// keepExport copies the export data of one package into dir.
func keepExport(dir string, number int, p *listed) (*Package, error) {
	archive, err := os.ReadFile(p.Export)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(exportDir, strconv.Itoa(number)+".a")
	if err := os.WriteFile(filepath.Join(dir, file), exportPart(archive), 0o644); err != nil {
		return nil, err
	}
	return &Package{Name: p.Name, Standard: p.Standard, Export: file, Sum: p.BuildID, Dir: p.Dir}, nil
}

// identity tells libraries apart: it follows from what is in them.
func (l *Library) identity() string {
	h := sha256.New()
	fmt.Fprintln(h, l.GoVersion, l.Tags, l.CC)
	for _, path := range paths(l.Packages) {
		fmt.Fprintln(h, path, l.Packages[path].Sum)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// exportPart returns an archive with the first member only, which is the export
// data: "!<arch>\n", then a header of 60 bytes with the size at 48.
func exportPart(archive []byte) []byte {
	const magic, header = "!<arch>\n", 60
	if !bytes.HasPrefix(archive, []byte(magic)) || len(archive) < len(magic)+header {
		return archive
	}
	size, err := strconv.Atoi(strings.TrimSpace(string(archive[len(magic)+48 : len(magic)+58])))
	end := len(magic) + header + size
	if err != nil || size < 0 || end > len(archive) {
		return archive
	}
	return archive[:end]
}

func (l *Library) runLinker(ctx context.Context, args ...string) error {
	cmd := command(ctx, l.tool("link"), args...)
	cmd.Env = l.toolEnv()
	cmd.Stdout = io.Discard
	_, err := output(cmd)
	return err
}

// toolEnv is the environment of the compiler and the linker. They live for a
// moment: collecting garbage would be a waste.
func (l *Library) toolEnv() []string { return append(os.Environ(), "GOGC=off", "GOROOT=") }
