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

// Part is something of ours on the disk.
type Part struct {
	Path  string
	What  string
	Bytes int64
}

// folder is one in the cache.
type folder struct{ name, what string }

// owned are the folders that set-up, or the libraries from what is beside them,
// can make again. What was downloaded and what was trained stays.
var owned = []folder{
	{"builds", "the probe and what it found"},
	{"gonb", "GoNB and goimports"},
	{goplsFolder, "gopls"},
	{"tools", "what earlier versions built"},
	{"live", "libraries for live cells"},
	{"cells", "cells of kernels whose temporary files cannot be run"},
	{"pjrt", "PJRT plugins"},
	{"jupyter", "kernelspecs of our own runner"},
	{"jupyterlab", "JupyterLab for kernel lab"},
	{"features", "what frozen networks computed of pictures"},
	{"xla", "what XLA compiled"},
}

// kept are folders that are not deleted.
var kept = []folder{
	{"cifar-10", "data"},
	{"cifar-100", "data"},
	{"models", "weights"},
	{"runs", "training runs"},
}

// present returns the folders that are there.
func present(root string, folders []folder) []Part {
	var parts []Part
	for _, f := range folders {
		path := filepath.Join(root, f.name)
		if _, err := os.Lstat(path); err == nil {
			parts = append(parts, Part{Path: path, What: f.what, Bytes: treeSize(path)})
		}
	}
	return parts
}

// Kept lists what [Clean] leaves in the cache: downloads and training runs.
func Kept() ([]Part, error) {
	root, err := cachedir.Root()
	if err != nil {
		return nil, err
	}
	return present(root, kept), nil
}

// Owned lists what [Clean] gives back: what can be made again.
func Owned() ([]Part, error) {
	root, err := cachedir.Root()
	if err != nil {
		return nil, err
	}
	parts := present(root, owned)
	if dir, _ := userJupyterDir(); dir != "" {
		for _, k := range kernels.All() {
			if startsOurs(filepath.Join(dir, "kernels", k.Name), root) {
				parts = append(parts, present(dir, []folder{{"kernels/" + k.Name, "the kernelspec for JupyterLab"}})...)
			}
		}
	}
	return parts, nil
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

// Clean deletes parts that [Owned] listed, while no set-up is at work.
func Clean(ctx context.Context, parts []Part, progress *Progress) error {
	if len(parts) == 0 {
		return nil
	}
	c, err := openCacheFolder()
	if err != nil {
		return err
	}
	unlock, err := c.lock(ctx, progress)
	if err != nil {
		return err
	}
	defer unlock()
	var failed error
	for _, part := range parts {
		if err := ctx.Err(); err != nil {
			return errors.Join(failed, err)
		}
		if err := os.RemoveAll(part.Path); err != nil {
			failed = errors.Join(failed, fmt.Errorf("cannot delete %s: %w", part.Path, err))
		}
	}
	return failed
}
