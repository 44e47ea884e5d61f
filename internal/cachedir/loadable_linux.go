package cachedir

import "golang.org/x/sys/unix"

// Loadable tells whether programs and code may be loaded from a folder's file
// system.
func Loadable(dir string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(dir, &fs) != nil || fs.Flags&unix.ST_NOEXEC == 0
}
