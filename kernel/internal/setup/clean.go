package setup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gocifar/gocifar/internal/cachedir"
	"github.com/gocifar/gocifar/kernel/internal/kernels"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// Holding is something of ours on the disk.
type Holding struct {
	Path  string
	What  string
	Bytes int64
}

// own are the folders in the cache that set-up, or the libraries from what is
// beside them, can make again. What was downloaded and what was trained stays.
var own = []struct{ name, what string }{
	{"tools", "gonb, goimports and gopls"},
	{"builds", "the probe and what it found"},
	{"live", "libraries for live cells"},
	{"pjrt", "PJRT plugins"},
	{"jupyter", "kernelspecs of our own runner"},
	{"jupyterlab", "JupyterLab for kernel lab"},
	{"features", "what frozen networks computed of pictures"},
	{"xla", "what XLA compiled"},
}

// kept are folders in the cache that are not deleted.
var kept = []struct{ name, what string }{
	{"cifar-10", "data"},
	{"cifar-100", "data"},
	{"models", "weights"},
	{"runs", "training runs"},
}

// Kept lists what [Clean] leaves in the cache: downloads and training runs.
func Kept() ([]Holding, error) {
	root, err := cachedir.Root()
	if err != nil {
		return nil, err
	}
	var all []Holding
	for _, k := range kept {
		path := filepath.Join(root, k.name)
		if _, err := os.Lstat(path); err == nil {
			all = append(all, Holding{Path: path, What: k.what, Bytes: treeSize(path)})
		}
	}
	return all, nil
}

// Holdings lists what [Clean] gives back, sizes included: what can be made
// again.
func Holdings() ([]Holding, error) {
	root, err := cachedir.Root()
	if err != nil {
		return nil, err
	}
	var all []Holding
	add := func(path, what string) {
		if _, err := os.Lstat(path); err == nil {
			all = append(all, Holding{Path: path, What: what, Bytes: treeSize(path)})
		}
	}
	for _, o := range own {
		add(filepath.Join(root, o.name), o.what)
	}
	if dir, _ := userJupyterDir(); dir != "" {
		for _, k := range kernels.All() {
			if spec := filepath.Join(dir, "kernels", k.Name); startsOurs(spec, root) {
				add(spec, "the kernelspec for JupyterLab")
			}
		}
	}
	return all, nil
}

// startsOurs reports whether the kernelspec in dir starts a program of the
// cache at root. A spec of that name from elsewhere is not ours to delete.
func startsOurs(dir, root string) bool {
	spec, err := jupyter.ReadSpec(dir)
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(root, spec.Argv[0])
	return err == nil && !strings.HasPrefix(rel, "..")
}

// Clean deletes holdings, as [Holdings] listed them, while no set-up is at work.
func Clean(ctx context.Context, holdings []Holding, progress *Progress) error {
	if len(holdings) == 0 {
		return nil
	}
	c, err := openCache()
	if err != nil {
		return err
	}
	unlock, err := c.lock(ctx, progress)
	if err != nil {
		return err
	}
	defer unlock()
	var failed error
	for _, h := range holdings {
		if err := ctx.Err(); err != nil {
			return errors.Join(failed, err)
		}
		if err := os.RemoveAll(h.Path); err != nil {
			failed = errors.Join(failed, fmt.Errorf("cannot delete %s: %w", h.Path, err))
		}
	}
	return failed
}
