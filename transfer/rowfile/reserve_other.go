//go:build !linux

package rowfile

import "os"

// reserve sets the file's size; whether the disk has room shows in writing.
func reserve(f *os.File, size int64) error { return f.Truncate(size) }
