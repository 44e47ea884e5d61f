package library

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// Options say what goes into a library.
type Options struct {
	// Go is the go command.
	Go string
	// Root is the folder of the module from which packages are imported.
	Root string
	// Packages are import paths of what cells may use, beside the standard
	// library; dependencies come by themselves.
	Packages []string
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
	root, err := filepath.Abs(o.Root)
	if err != nil {
		return nil, err
	}
	l := &Library{Dir: dir, Go: o.Go, Root: root, Packages: map[string]*Package{}}
	goroot, err := l.askToolchain(ctx)
	if err != nil {
		return nil, err
	}
	l.findLinker(ctx)
	if err := l.makeOverlay(goroot, o.Say); err != nil {
		return nil, err
	}
	patterns := append([]string{mainPackage, stubPackage}, o.Packages...)
	if o.Light {
		patterns = append(patterns, light...)
	} else {
		patterns = append(patterns, "std")
	}
	o.Say("compiling the library for live cells")
	listed, err := l.list(ctx, root, patterns)
	if err != nil {
		return nil, err
	}
	o.Say("linking the library for live cells")
	if err := l.link(ctx, listed, goroot); err != nil {
		return nil, err
	}
	if err := l.keepExports(listed); err != nil {
		return nil, err
	}
	if err := l.writeConfigs(dir); err != nil {
		return nil, err
	}
	l.indexed = sync.OnceValues(func() (*libraryIndex, error) { return readIndex(l.shared()) })
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

func (l *Library) askToolchain(ctx context.Context) (goroot string, err error) {
	out, err := l.goCommand(ctx, l.Root, "env", "GOVERSION", "GOTOOLDIR", "CC", "GOROOT")
	if err != nil {
		return "", err
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 4 {
		return "", fmt.Errorf("%s env answered %d lines, want 4", l.Go, len(lines))
	}
	l.GoVersion, l.Tools, l.CC = lines[0], lines[1], strings.Fields(lines[2])
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

// left out of the library: they replace parts of the runtime.
var unusable = map[string]bool{"runtime/race": true, "runtime/msan": true, "runtime/asan": true, "unsafe": true}

// list compiles packages with all their dependencies and says where the results
// are.
func (l *Library) list(ctx context.Context, dir string, patterns []string) (map[string]*Package, error) {
	overlay, remove, err := l.overlay()
	if err != nil {
		return nil, err
	}
	defer remove()
	args := append([]string{"list", "-export", "-deps", "-linkshared", "-trimpath", "-tags=" + Tag, "-overlay=" + overlay,
		"-f", "{{.ImportPath}}\t{{.Name}}\t{{.Standard}}\t{{.Export}}\t{{.BuildID}}\t{{.Dir}}"}, patterns...)
	out, err := l.goCommand(ctx, dir, args...)
	if err != nil {
		return nil, err
	}
	listed := map[string]*Package{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 6 || fields[3] == "" || unusable[fields[0]] {
			continue
		}
		standard, _ := strconv.ParseBool(fields[2])
		listed[fields[0]] = &Package{Name: fields[1], Standard: standard, Export: fields[3], Sum: fields[4], Dir: fields[5]}
	}
	if len(listed) == 0 {
		return nil, errNoPackages
	}
	return listed, nil
}

// link makes the shared library and the host program.
func (l *Library) link(ctx context.Context, listed map[string]*Package, goroot string) error {
	var files, shared strings.Builder
	var args []string
	for _, path := range paths(listed) {
		p := listed[path]
		if path == mainPackage || path == stubPackage {
			continue
		}
		fmt.Fprintf(&files, "packagefile %s=%s\n", path, p.Export)
		fmt.Fprintf(&shared, "packageshlib %s=%s\n", path, l.shared())
		args = append(args, path+"="+p.Export)
	}
	config := filepath.Join(l.Dir, "importcfg.build")
	if err := os.WriteFile(config, []byte(files.String()), 0o644); err != nil {
		return err
	}
	defer os.Remove(config)
	// The host names a function of the runtime that is not for everyone; the
	// symbol table is for debuggers.
	flags := []string{"-linkshared", "-checklinkname=0", "-w", "-s", "-extld=" + l.CC[0]}
	if err := l.runLinker(ctx, append(append(flags, "-buildmode=shared", "-X=runtime.defaultGOROOT="+goroot,
		"-importcfg="+config, "-o", l.shared()), args...)...); err != nil {
		return fmt.Errorf("cannot link the library for live cells: %w", err)
	}
	if err := os.WriteFile(config, []byte(files.String()+shared.String()), 0o644); err != nil {
		return err
	}
	if err := l.runLinker(ctx, append(flags, "-buildmode=exe", "-r=$ORIGIN", "-importcfg="+config, "-o", l.Host(),
		listed[mainPackage].Export)...); err != nil {
		return fmt.Errorf("cannot link the host of live cells: %w", err)
	}
	return nil
}

// keepExports copies export data out of Go's build cache, which forgets, and
// leaves the compiled code there.
func (l *Library) keepExports(listed map[string]*Package) error {
	if err := os.Mkdir(filepath.Join(l.Dir, "export"), 0o755); err != nil {
		return err
	}
	for i, path := range paths(listed) {
		p := listed[path]
		if path == mainPackage {
			continue
		}
		archive, err := os.ReadFile(p.Export)
		if err != nil {
			return err
		}
		if path == stubPackage {
			if err := os.WriteFile(filepath.Join(l.Dir, stubName), archive, 0o644); err != nil {
				return err
			}
			continue
		}
		p.Export = filepath.Join("export", strconv.Itoa(i)+".a")
		if err := os.WriteFile(filepath.Join(l.Dir, p.Export), exportPart(archive), 0o644); err != nil {
			return err
		}
		l.Packages[path] = p
	}
	l.Packages["unsafe"] = &Package{Name: "unsafe", Standard: true}
	return nil
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

// goCommand runs the go command for a library's packages.
func (l *Library) goCommand(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := command(ctx, l.Go, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if dir == l.Root {
		cmd.Env = append(cmd.Env, "GOWORK=off")
	}
	out, err := output(cmd)
	if err != nil {
		return nil, fmt.Errorf("go %s: %w", args[0], err)
	}
	return out, nil
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
