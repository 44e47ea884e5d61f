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
