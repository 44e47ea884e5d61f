//go:build !cgo || !(linux || darwin)

package xlacache

import (
	"errors"
	"fmt"
)

// Cache is a plugin whose executables are kept in a folder.
type Cache struct{}

// Open returns an error: there is no cache on this system.
func Open(path, dir string) (*Cache, error) {
	return nil, fmt.Errorf("xlacache: %w on this system", errors.ErrUnsupported)
}

// Counts returns zeros.
func (c *Cache) Counts() (loaded, compiled int) { return 0, 0 }
