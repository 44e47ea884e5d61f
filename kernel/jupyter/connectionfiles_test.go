package jupyter_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

func TestFindConnectionFile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("JUPYTER_RUNTIME_DIR", dir)
	if path, err := jupyter.FindConnectionFile(""); err == nil {
		t.Errorf("found %q where nothing is", path)
	}
	for i, name := range []string{"kernel-old.json", "kernel-new.json", "kernel-a1b2.json", "other.json", "jpserver-1.json"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(time.Duration(i-10) * time.Minute)
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	elsewhere := filepath.Join(t.TempDir(), "mine.json")
	if err := os.WriteFile(elsewhere, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"":                filepath.Join(dir, "kernel-a1b2.json"), // the newest kernel's
		elsewhere:         elsewhere,
		"other.json":      filepath.Join(dir, "other.json"),
		"old":             filepath.Join(dir, "kernel-old.json"),
		"kernel-*w.json":  filepath.Join(dir, "kernel-new.json"),
		"kernel-*":        filepath.Join(dir, "kernel-a1b2.json"),
		"nothing of this": "",
		"[":               "",
	} {
		got, err := jupyter.FindConnectionFile(name)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", name, got, err, want)
		}
	}
}
