package setup

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestShim runs the script over a go command that writes down how it was
// called, and fails whenever it cannot reach a proxy.
func TestShim(t *testing.T) {
	base := filepath.Join(t.TempDir(), "it's a folder") // both need quoting
	log := filepath.Join(base, "log")
	goBin := filepath.Join(base, "real go")
	work := filepath.Join(base, "work")
	if err := os.MkdirAll(work, 0o755); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\necho \"$GOPROXY: $*\" >>\"$LOG\"\n[ \"$1\" = mod ] && echo module m >go.mod\n[ \"$GOPROXY\" " +
		"!= off ] || [ -n \"$CACHED\" ]\n"
	if err := os.WriteFile(goBin, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	goMod := "module x\n\ngo 1.26\n\nrequire example.com/a v1.0.0\n\nrequire (\n\texample.com/b v0.2.0 // indirect\n)\n"
	shims := filepath.Join(base, "bin")
	if err := os.Mkdir(shims, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := writeShim(shims, goBin, []byte(goMod)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("LOG", log)
	t.Setenv("GOPROXY", "net")
	for _, c := range []struct {
		args   string
		cached string // non-empty: offline is enough
		calls  string
		ok     bool
	}{
		{"get", "yes", "off: get\n", true},
		{"get", "", "off: get\nnet: get\n", true},
		{"get -t", "yes", "off: get -t\n", true},
		{"get example.com/c@latest", "yes", "net: get example.com/c@latest\n", true},
		{"build -o x", "", "net: build -o x\n", true},
		{"mod init gonb_12345678", "", "net: mod init gonb_12345678\n", true},
		{"mod init mine", "", "net: mod init mine\n", true},
		{"version", "", "net: version\n", true},
	} {
		t.Setenv("CACHED", c.cached)
		_ = os.Remove(log)
		_ = os.Remove(filepath.Join(work, "go.mod"))
		cmd := exec.Command(filepath.Join(shims, shimName), strings.Fields(c.args)...)
		cmd.Dir = work
		out, err := cmd.CombinedOutput()
		if (err == nil) != c.ok || len(out) > 0 {
			t.Errorf("go %s: %v, %s", c.args, err, out)
		}
		if calls, _ := os.ReadFile(log); string(calls) != c.calls {
			t.Errorf("go %s called %q, want %q", c.args, calls, c.calls)
		}
		if !strings.HasPrefix(c.args, "mod init") {
			continue
		}
		want := "module m\n"
		if strings.Contains(c.args, "gonb_") {
			want += "\nrequire (\n\texample.com/a v1.0.0 // indirect\n\texample.com/b v0.2.0 // indirect\n)\n"
		}
		if got, err := os.ReadFile(filepath.Join(work, "go.mod")); err != nil || string(got) != want {
			t.Errorf("after go %s, go.mod is %q, %v, want %q", c.args, got, err, want)
		}
	}
	// Failures of Go's own command stay failures.
	t.Setenv("GOPROXY", "off")
	t.Setenv("CACHED", "")
	for _, args := range [][]string{{"get"}, {"build"}, {"mod", "init", "gonb_x"}} {
		cmd := exec.Command(filepath.Join(shims, shimName), args...)
		cmd.Dir = work
		if err := cmd.Run(); err == nil {
			t.Errorf("go %s: no error", args)
		}
	}
}
