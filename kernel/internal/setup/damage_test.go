package setup

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// damages are what happens to files on disks that were full and machines that
// lost power.
var damages = map[string]func(path string) error{
	"truncated": func(path string) error { return os.Truncate(path, 1) },
	"empty":     func(path string) error { return os.Truncate(path, 0) },
	"deleted":   os.Remove,
}

// TestDamagedPartsAreMadeAgain, and one line says so.
func TestDamagedPartsAreMadeAgain(t *testing.T) {
	for _, c := range []struct {
		part string // as progress names it
		file func(m *machine) string
	}{
		{"GoNB", func(m *machine) string { return filepath.Join(m.gonbDir(), "gonb") }},
		{"GoNB", func(m *machine) string { return filepath.Join(m.gonbDir(), "goimports") }},
		{"GoNB", func(m *machine) string { return filepath.Join(m.gonbDir(), "seal.json") }},
		{"GoNB", func(m *machine) string { return filepath.Join(m.gonbDir(), shimName) }},
		{"GoNB", func(m *machine) string { return filepath.Join(m.gonbDir(), pinsName) }},
		{"gopls", func(m *machine) string { return m.goplsPath() }},
		{"gopls", func(m *machine) string { return filepath.Join(m.goplsDir(), "seal.json") }},
		{"probe", func(m *machine) string { return build{dir: m.buildDir()}.probePath() }},
		{"probe", func(m *machine) string { return filepath.Join(m.buildDir(), "build.json") }},
		{"backend", func(m *machine) string {
			return filepath.Join(m.cache.root, "pjrt", "cpu", "pjrt_c_api_cpu_plugin.so")
		}},
	} {
		for name, damage := range damages {
			f := newFakeMachine(t)
			t.Setenv("GOMLX_BACKEND", "")
			t.Setenv("FAKE_FETCH", "cpu=good")
			first, err := Ensure(t.Context(), Options{ModuleRoot: f.root, Gopls: true})
			if err != nil {
				t.Fatal(err)
			}
			m, err := inspect(t.Context(), f.root)
			if err != nil {
				t.Fatal(err)
			}
			path := c.file(m)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := damage(path); err != nil {
				t.Fatal(err)
			}
			var said bytes.Buffer
			options := Options{ModuleRoot: f.root, Gopls: true, Progress: &Progress{out: &said, interval: remindEvery}}
			again, err := Ensure(t.Context(), options)
			if err != nil {
				t.Fatal(err)
			}
			where := c.part + ", " + filepath.Base(path) + " " + name
			if again.Gopls != first.Gopls || again.Kernels[0].SpecDir != first.Kernels[0].SpecDir ||
				again.Backend.Plugin != first.Backend.Plugin {
				t.Errorf("%s: came to\n%+v, before to\n%+v", where, again, first)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
				t.Errorf("%s: %q, %v afterwards, want %q", where, after, err, before)
			}
			if n := strings.Count(said.String(), "is made again: "); n != 1 || !strings.Contains(said.String(), c.part+": ") {
				t.Errorf("%s: %d lines say so, want 1:\n%s", where, n, said.String())
			}
			if left := f.leftovers(); left != nil {
				t.Errorf("%s: left %q", where, left)
			}
			said.Reset()
			if _, err := Ensure(t.Context(), options); err != nil || said.Len() > 0 {
				t.Errorf("%s: the run after that: %v, said\n%s", where, err, said.String())
			}
		}
	}
}

// TestPublishLeavesOpenFiles: a kernel goes on with what it has open.
func TestPublishLeavesOpenFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "final")
	write := func(text string) func(string) error {
		return func(staging string) error { return os.WriteFile(filepath.Join(staging, "x"), []byte(text), 0o644) }
	}
	if err := publish(dir, write("first")); err != nil {
		t.Fatal(err)
	}
	open, err := os.Open(filepath.Join(dir, "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if err := publish(dir, write("second, longer")); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 20)
	if n, _ := open.Read(text); string(text[:n]) != "first" {
		t.Errorf("who has the file open reads %q", text[:n])
	}
	if names, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), ".*")); len(names) != 0 {
		t.Errorf("left %q", names)
	}
}
