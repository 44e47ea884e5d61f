//go:build linux

package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFolderOfCells: where no code may be loaded from temporary files, cells lie
// in the cache, and where it may not be loaded from there either an error says
// what to do.
func TestFolderOfCells(t *testing.T) {
	locked, open := t.TempDir(), t.TempDir()
	if err := unix.Mount("tmpfs", locked, "tmpfs", unix.MS_NOEXEC, ""); err != nil {
		t.Skipf("this user may not mount: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(locked, unix.MNT_DETACH) })
	t.Setenv("TMPDIR", locked)
	t.Setenv("GOCIFAR_CACHE", open)
	dir, err := newFolder()
	if err != nil || filepath.Dir(dir) != filepath.Join(open, "cells") {
		t.Errorf("the folder is %s, %v, want one in %s", dir, err, open)
	}
	t.Setenv("GOCIFAR_CACHE", filepath.Join(locked, "cache"))
	if dir, err = newFolder(); err == nil || !strings.Contains(err.Error(), "set TMPDIR or GOCIFAR_CACHE") {
		t.Errorf("the folder is %s, %v", dir, err)
	}
	if left, _ := filepath.Glob(filepath.Join(locked, folderPrefix+"*")); len(left) > 0 {
		t.Errorf("left %q", left)
	}
	t.Setenv("TMPDIR", open)
	if dir, err = newFolder(); err != nil || filepath.Dir(dir) != open {
		t.Errorf("the folder is %s, %v, want one in %s", dir, err, open)
	}
	_ = os.RemoveAll(dir)
}

// TestFullDisk fills the disk on which cells are compiled. The session goes on
// when there is space again.
func TestFullDisk(t *testing.T) {
	testLibrary.Get(t) // not on this disk
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
		t.Skipf("this user may not mount: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	t.Setenv("TMPDIR", dir)
	n := newNotebook(t)
	if got := n.run("n := 1; n"); got != "=> 1" {
		t.Fatalf("with space: %s", got)
	}
	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 16<<20), 0o600); err == nil {
		t.Fatal("16 MB find room in 8")
	}
	if got := n.run("n + 1"); !strings.Contains(got, "is full: free some space") {
		t.Errorf("without space: %s", got)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if got := n.run("n + 2"); got != "=> 3" {
		t.Errorf("with space again: %s", got)
	}
}
