package engine

import "testing"

// TestAgainWithoutTools runs a cell again after the compiler is gone.
func TestAgainWithoutTools(t *testing.T) {
	n := newNotebook(t)
	show := func(cell, want string) {
		t.Helper()
		if got := n.run(cell); got != want {
			t.Errorf("%q shows %q, want %q", cell, got, want)
		}
	}
	show("n := 1", "")
	show("n++; n", "=> 2")
	n.library.Tools = t.TempDir()
	show("n++; n", "=> 3")
	show("n++; n", "=> 4")
	if got := n.run("n++; n + 0"); got == "=> 5" {
		t.Error("another cell runs without a compiler")
	}
}
