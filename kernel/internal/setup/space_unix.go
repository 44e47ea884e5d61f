//go:build linux || darwin

package setup

import "syscall"

// freeSpace is the number of bytes that an ordinary user may still write.
func freeSpace(dir string) (int64, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, err
	}
	return int64(fs.Bavail) * int64(fs.Bsize), nil
}
