package engine

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gocifar/gocifar/internal/cachedir"
)

const folderPrefix = "gocifar_live_"

// newFolder makes the folder for the files of cells: among temporary files, or
// in the cache where no code may be loaded from those.
func newFolder() (string, error) {
	dir, err := os.MkdirTemp("", folderPrefix)
	if err != nil || cachedir.Loadable(dir) {
		return dir, err
	}
	_ = os.Remove(dir)
	cache, err := cachedir.Root()
	if err != nil {
		return "", err
	}
	parent := filepath.Join(cache, "cells")
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", err
	}
	if !cachedir.Loadable(parent) {
		return "", fmt.Errorf("no code can be loaded from %s, nor from %s, whose file systems are mounted with noexec: "+
			"set TMPDIR or GOCIFAR_CACHE to a folder elsewhere and start the kernel again", os.TempDir(), cache)
	}
	return os.MkdirTemp(parent, folderPrefix)
}
