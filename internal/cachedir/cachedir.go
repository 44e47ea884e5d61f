// Package cachedir knows the folder below which the kernel and the libraries
// keep what they make and download.
package cachedir

import (
	"fmt"
	"os"
	"path/filepath"
)

// Root returns the folder: GOCIFAR_CACHE, else gocifar in the user's cache
// folder. It may not exist yet.
func Root() (string, error) {
	if dir := os.Getenv("GOCIFAR_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder for the cache (%w): set GOCIFAR_CACHE to one", err)
	}
	return filepath.Join(dir, "gocifar"), nil
}

// Partial stands in the names of files that are still being made below the
// cache folder, or were left so.
const Partial = ".partial-"

// Writable makes the folder if need be, and tries whether files can be made in
// it.
func Writable(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	probe, err := os.CreateTemp(folder, ".writable"+Partial)
	if err != nil {
		return err
	}
	probe.Close()
	return os.Remove(probe.Name())
}
