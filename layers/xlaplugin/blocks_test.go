//go:build linux && (amd64 || arm64)

package xlaplugin

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestBlocks compiles a small plugin and a program that frees and takes blocks
// through it. Blocks that nobody takes are freed after a second there.
func TestBlocks(t *testing.T) {
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("there is no C compiler")
	}
	plugin, program := filepath.Join(t.TempDir(), "plugin.so"), filepath.Join(t.TempDir(), "program")
	for _, args := range [][]string{
		{"-O2", "-Wall", "-Werror", "-fno-builtin", "-shared", "-fPIC", "-o", plugin, "testdata/blocks/plugin.c"},
		{"-O2", "-Wall", "-Werror", "-I.", "-DSECONDS=1", "-o", program, "testdata/blocks/main.c", "blocks_linux.c",
			"-ldl", "-lpthread"},
	} {
		if out, err := exec.Command(cc, args...).CombinedOutput(); err != nil {
			t.Fatalf("cc %v: %v\n%s", args, err, out)
		}
	}
	if out, err := exec.Command(program, plugin).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
