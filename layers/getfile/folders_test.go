package getfile

import (
	"path/filepath"
	"testing"
)

func TestTilde(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	for path, want := range map[string]string{
		home:                                   "~",
		filepath.Join(home, ".keras/models"):   filepath.Join("~", ".keras", "models"),
		filepath.Join(home, "..", "elsewhere"): filepath.Join(filepath.Dir(home), "elsewhere"),
		home + "2":                             home + "2",
		filepath.Join(home, "..data"):          filepath.Join("~", "..data"),
		"relative":                             "relative",
	} {
		if got := Tilde(path); got != want {
			t.Errorf("Tilde(%q) = %q, want %q", path, got, want)
		}
	}
}
