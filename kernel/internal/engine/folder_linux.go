package engine

import "golang.org/x/sys/unix"

// loadable tells whether code may be loaded from a folder's file system.
func loadable(dir string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(dir, &fs) != nil || fs.Flags&unix.ST_NOEXEC == 0
}
