//go:build unix

package jupyter

import (
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gocifar/gocifar/internal/lock"
)

// sweep removes the scratch folders of processes that were killed before they
// could. Those in use are locked; those just being made have no lock yet, but
// are young.
func sweep(root string) {
	dirs, err := filepath.Glob(filepath.Join(root, scratchPrefix+"*"))
	if err != nil {
		return
	}
	for _, dir := range dirs {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || time.Since(info.ModTime()) < time.Minute || !ownedByUs(info) {
			continue
		}
		unlock, err := lock.Try(filepath.Join(dir, "lock"), 0o600)
		if err != nil {
			continue // in use
		}
		os.RemoveAll(dir)
		unlock()
	}
}

func ownedByUs(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}
