//go:build !linux

package cachedir

// Loadable tells whether programs and code may be loaded from a folder's file
// system.
func Loadable(string) bool { return true }
