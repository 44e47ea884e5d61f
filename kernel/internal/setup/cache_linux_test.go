package setup

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestCacheWithoutPrograms has a cache folder from which nothing may run. What
// is in it can still be removed.
func TestCacheWithoutPrograms(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOEXEC, ""); err != nil {
		t.Skipf("this user may not mount: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	t.Setenv("GOCIFAR_CACHE", filepath.Join(dir, "cache"))
	if _, err := openCache(); err == nil || !strings.Contains(err.Error(), "noexec: set GOCIFAR_CACHE") {
		t.Errorf("the cache gives %v", err)
	}
	if _, err := openCacheFolder(); err != nil {
		t.Error(err)
	}
}
