package library

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/seal"
)

// Layer is a shared library with packages of modules, complete, on top of the
// library and of other layers.
type Layer struct {
	// Dir is the folder that holds it.
	Dir string `json:"-"`
	// Name is that of the folder. It follows from the content.
	Name string
	// Module is the folder of the module that it was made for.
	Module string
	// Below are the names of the layers that it was linked on.
	Below []string
	// Packages by import path.
	Packages map[string]*Package
	// Replaced are functions that libraries below have, too: of packages that
	// were edited. The layer hides its own.
	Replaced []string
	// Files are what all the others in the folder were when they were made.
	Files []seal.File

	indexed func() (*libraryIndex, error)
	made    bool // just now: nobody had made it before
}

const (
	layerDescription = "layer.json"
	stagingPrefix    = ".making" // of a folder that is to become a layer's
)

// shared is the file with the code. Its name is the layer's, because the
// system's dynamic linker knows what it has loaded by such names.
func (y *Layer) shared() string { return filepath.Join(y.Dir, "lib"+y.Name+".so") }

// layersDir holds all layers on the library, beside it.
func (l *Library) layersDir() string { return filepath.Join(filepath.Dir(l.Dir), "layers-"+l.ID) }

// openLayer reads a layer, whose files must have the sizes that they were made
// with.
func (l *Library) openLayer(name string) (*Layer, error) {
	y := &Layer{}
	dir := filepath.Join(l.layersDir(), name)
	if err := seal.ReadJSON(filepath.Join(dir, layerDescription), y); err != nil {
		return nil, err
	}
	if len(y.Files) == 0 || y.Name != name {
		return nil, fmt.Errorf("%s in %s is not that of this layer", layerDescription, dir)
	}
	if err := seal.Check(dir, y.Files, false); err != nil {
		return nil, err
	}
	y.Dir = dir
	y.indexed = sync.OnceValues(func() (*libraryIndex, error) { return readIndex(y.shared()) })
	return y, nil
}

// layerName follows from all that a layer is made of.
func (l *Library) layerName(packages []*listed, below []*Layer) string {
	h := sha256.New()
	fmt.Fprintln(h, l.ID)
	for _, y := range below {
		fmt.Fprintln(h, y.Name)
	}
	for _, p := range packages {
		fmt.Fprintln(h, p.ImportPath, p.BuildID)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// errForgotten says that Go's build cache no longer has a package that it had.
var errForgotten = errors.New("the build cache of Go has forgotten a package")

// layer returns a layer with packages on top of others, which it makes unless
// one is there.
func (l *Library) layer(ctx context.Context, m Module, packages []*listed, below []*Layer) (*Layer, error) {
	packages = slices.Clone(packages)
	slices.SortFunc(packages, func(a, b *listed) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	name := l.layerName(packages, below)
	if y, err := l.openLayer(name); err == nil {
		return y, nil
	}
	if y := l.larger(m, packages, below); y != nil {
		return y, nil
	}
	for _, p := range packages {
		if _, err := os.Stat(p.Export); err != nil {
			return nil, fmt.Errorf("%w: %w", errForgotten, err)
		}
	}
	if err := os.MkdirAll(l.layersDir(), 0o755); err != nil {
		return nil, err
	}
	staging, err := os.MkdirTemp(l.layersDir(), stagingPrefix)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(staging)
	y := &Layer{Dir: staging, Name: name, Module: m.Dir, Packages: map[string]*Package{}}
	for _, other := range below {
		y.Below = append(y.Below, other.Name)
	}
	if err := l.linkLayer(ctx, y, packages, below); err != nil {
		return nil, err
	}
	if err := y.write(packages); err != nil {
		return nil, err
	}
	final := filepath.Join(l.layersDir(), name)
	_ = os.RemoveAll(final) // damaged, else it had been opened
	if err := os.Rename(staging, final); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	l.forgetLayers()
	y, err = l.openLayer(name) // ours, or that of another process that was faster
	if err == nil {
		y.made = true
	}
	return y, err
}

// larger finds a layer of the module that has the packages and more.
func (l *Library) larger(m Module, packages []*listed, below []*Layer) *Layer {
	var names []string
	taken := l.imports(below)
	for _, y := range below {
		names = append(names, y.Name)
	}
	files, _ := filepath.Glob(filepath.Join(l.layersDir(), "*", layerDescription))
	for _, file := range files {
		y, err := l.openLayer(filepath.Base(filepath.Dir(file)))
		if err != nil || y.Module != m.Dir || !slices.Equal(y.Below, names) {
			continue
		}
		missing := slices.ContainsFunc(packages, func(p *listed) bool {
			have := y.Packages[p.ImportPath]
			return have == nil || have.Sum != p.BuildID
		})
		if !missing && !slices.ContainsFunc(paths(y.Packages), func(path string) bool { return taken[path] != nil }) {
			return y
		}
	}
	return nil
}

// keptLayers is how many layers on a library are kept, and those of the last day.
const keptLayers, keptFor = 60, 24 * time.Hour

// used makes the layer one of those that are kept longest.
func (y *Layer) used() {
	now := time.Now()
	_ = os.Chtimes(filepath.Join(y.Dir, layerDescription), now, now) // else it is made again some day
}

// forgetLayers removes those that have not been used for the longest time, and
// what killed processes have left.
func (l *Library) forgetLayers() {
	left, _ := filepath.Glob(filepath.Join(l.layersDir(), stagingPrefix+"*"))
	for _, dir := range left {
		if info, err := os.Stat(dir); err == nil && time.Since(info.ModTime()) > keptFor {
			_ = os.RemoveAll(dir)
		}
	}
	files, _ := filepath.Glob(filepath.Join(l.layersDir(), "*", layerDescription))
	age := map[string]time.Duration{}
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			age[file] = time.Since(info.ModTime())
		}
	}
	slices.SortFunc(files, func(a, b string) int { return cmp.Compare(age[a], age[b]) })
	for _, file := range files[min(keptLayers, len(files)):] {
		if age[file] > keptFor {
			_ = os.RemoveAll(filepath.Dir(file))
		}
	}
}

// write writes all but the code.
func (y *Layer) write(packages []*listed) (err error) {
	if err := os.Mkdir(filepath.Join(y.Dir, exportDir), 0o755); err != nil {
		return err
	}
	for i, p := range packages {
		if y.Packages[p.ImportPath], err = keepExport(y.Dir, i, p); err != nil {
			return err
		}
	}
	if err := y.writeSymbols(); err != nil {
		return err
	}
	if err := os.Chmod(y.Dir, 0o755); err != nil {
		return err
	}
	if y.Files, err = seal.Tree(y.Dir, layerDescription); err != nil {
		return err
	}
	data, err := json.MarshalIndent(y, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(y.Dir, layerDescription), data, 0o644)
}

// linkLayer links packages into a shared library.
func (l *Library) linkLayer(ctx context.Context, y *Layer, packages []*listed, below []*Layer) error {
	dir, err := os.MkdirTemp("", "layer")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	indexes, err := readIndexes(l, below)
	if err != nil {
		return err
	}
	var config strings.Builder
	var args, names []string
	taken := l.imports(below)
	var edited []string // prefixes of symbols
	for _, p := range packages {
		if taken[p.ImportPath] != nil {
			edited = append(edited, SymbolPrefix(p.ImportPath))
		}
	}
	for i, p := range packages {
		archive := filepath.Join(dir, fmt.Sprintf("%d.a", i))
		content, err := os.ReadFile(p.Export)
		if err != nil {
			return err
		}
		adapt(content, indexes)
		y.Replaced = append(y.Replaced, replaced(edited, content, indexes)...)
		mentioned, err := objectNames(content)
		if err != nil && !errors.Is(err, errObject) {
			return err
		}
		names = append(names, mentioned...)
		if err := os.WriteFile(archive, content, 0o600); err != nil {
			return err
		}
		delete(taken, p.ImportPath)
		fmt.Fprintf(&config, "packagefile %s=%s\n", p.ImportPath, archive)
		args = append(args, p.ImportPath+"="+archive)
	}
	shared := filepath.Join(dir, sharedName)
	if err := writeInterface(shared, indexes, names); err != nil {
		return err
	}
	file := filepath.Join(dir, linkConfig)
	if err := os.WriteFile(file, []byte(config.String()+taken.linkConfig(shared)), 0o600); err != nil {
		return err
	}
	flags, err := l.layerFlags(y, dir, file)
	if err != nil {
		return err
	}
	return l.runLinker(ctx, append(flags, args...)...)
}

// layerFlags are the linker's flags for a layer. What it has to hide is in a
// version script in dir, and its places stay in the symbol table.
func (l *Library) layerFlags(y *Layer, dir, config string) ([]string, error) {
	flags := l.sharedFlags(config, y.shared())
	linker := "-extldflags=-Wl,-soname=" + filepath.Base(y.shared())
	if len(y.Replaced) > 0 {
		script := filepath.Join(dir, versionsName)
		if err := os.WriteFile(script, []byte(keepLocal(y.Replaced)), 0o600); err != nil {
			return nil, err
		}
		linker += ",--version-script=" + script
		flags = slices.DeleteFunc(flags, func(flag string) bool { return flag == "-s" })
	}
	return append(flags, linker), nil
}

// adapt changes a package's archive for a layer on libraries: what the linker
// cannot express there is redirected, see redirectMethods.
func adapt(archive []byte, libraries []*libraryIndex) {
	redirectMethods(archive, func(name string) bool { return isTypeData(name) && defined(libraries, name) }, "")
}
