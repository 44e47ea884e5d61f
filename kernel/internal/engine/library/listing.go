package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gocifar/gocifar/internal/wholefile"
	"github.com/gocifar/gocifar/kernel/internal/seal"
)

// listing is what the go command has said of a module's packages, kept while it
// holds: the go command takes half a second for what changes seldom.
type listing struct {
	// Packages by import path, without Go's own.
	Packages map[string]*listed
	// Sources are those of the packages that the user may edit.
	Sources map[string]source
}

// listingFile is the file with what is known of the module in its present state.
func (b *Compiler) listingFile(flags []string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q\n", b.module.Dir, flags, b.library.ID)
	for _, name := range []string{"GOFLAGS", "GOWORK", "GOEXPERIMENT", "CGO_CFLAGS", "CGO_LDFLAGS", "CC", "GOOS",
		"GOARCH"} {
		fmt.Fprintf(h, "%s=%q\n", name, os.Getenv(name))
	}
	dirs := []string{b.module.Dir}
	if files, err := b.module.read(); err == nil {
		dirs = append(dirs, files.dirs...)
	}
	for _, dir := range dirs {
		for _, name := range []string{"go.mod", "go.sum", "go.work", "go.work.sum", "vendor/modules.txt"} {
			data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
			fmt.Fprintf(h, "%s %d %t\n", name, len(data), err == nil)
			h.Write(data)
		}
	}
	return filepath.Join(b.library.layersDir(), "listing-"+hex.EncodeToString(h.Sum(nil))[:16]+".json")
}

// known returns packages and all that they need, if that is known and has not
// been edited since.
func (b *Compiler) known(flags, want []string) []*listed {
	var have listing
	if len(b.times) > 0 || b.coverage != nil || b.rewrite != nil || seal.ReadJSON(b.listingFile(flags), &have) != nil {
		return nil
	}
	var all []*listed
	seen := map[string]bool{}
	var visit func(path string) bool
	visit = func(path string) bool {
		if seen[path] || b.library.Packages[path] != nil || path == "C" {
			return true
		}
		seen[path] = true
		p := have.Packages[path]
		if p == nil || p.own() && !have.Sources[path].equal(readSource(p.Dir)) {
			return false
		}
		for _, path := range p.Imports {
			if !visit(path) {
				return false
			}
		}
		all = append(all, p)
		return true
	}
	for _, path := range want {
		if !visit(path) {
			return nil
		}
	}
	return all
}

// ask asks the go command for packages, and remembers the answer.
func (b *Compiler) ask(ctx context.Context, o AddOptions) ([]*listed, error) {
	begin := time.Now()
	packages, err := b.list(ctx, o.Dir, b.module.Dir, nil, append(slices.Clone(o.Flags), o.Paths...))
	if err != nil || len(b.times) > 0 || b.coverage != nil || b.rewrite != nil { // which no other session knows
		return packages, err
	}
	file := b.listingFile(o.Flags)
	var have listing
	if seal.ReadJSON(file, &have) != nil || have.Packages == nil {
		have = listing{map[string]*listed{}, map[string]source{}}
	}
	for _, p := range packages {
		if known := b.library.Packages[p.ImportPath]; known != nil {
			if known.Sum != p.BuildID {
				return packages, nil // there will be a complaint
			}
			continue
		}
		have.Packages[p.ImportPath] = p
		if p.own() {
			have.Sources[p.ImportPath] = readSource(p.Dir).before(begin)
		}
	}
	if os.MkdirAll(b.library.layersDir(), 0o755) == nil {
		// Without the file the go command is asked again.
		_ = wholefile.Options{}.Write(file, wholefile.JSON(have, ""))
	}
	return packages, nil
}
