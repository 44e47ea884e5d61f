//go:build unix

package jupyter

import (
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// lockFile creates a file and locks it for as long as it is open. The system
// lets go of the lock when this process ends, in whatever way.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

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
		f, err := lockFile(filepath.Join(dir, "lock"))
		if err != nil {
			continue // in use
		}
		os.RemoveAll(dir)
		f.Close()
	}
}

func ownedByUs(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}
