package library

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/internal/seal"
)

// TestDamage: a library that is not whole is refused in one sentence that says
// which file it is and what helps, before any linker sees it.
func TestDamage(t *testing.T) {
	whole := testLibrary(t).Dir
	dir := filepath.Join(t.TempDir(), "library")
	if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
		t.Fatal(err)
	}
	if err := Verify(dir, true); err != nil {
		t.Fatalf("a whole one: %v", err)
	}
	otherBytes := func(path string) error {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		data[len(data)/2] ^= 1
		return os.WriteFile(path, data, 0o755)
	}
	names := []string{sharedName, hostName, stubName, "export/0.a", compileConfig, linkConfig, versionsName, description}
	for _, name := range names {
		for damage, do := range map[string]func(path string) error{
			"truncated":   func(path string) error { return os.Truncate(path, 7) },
			"empty":       func(path string) error { return os.Truncate(path, 0) },
			"deleted":     os.Remove,
			"other bytes": otherBytes,
		} {
			path := filepath.Join(dir, filepath.FromSlash(name))
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := do(path); err != nil {
				t.Fatal(err)
			}
			if damage == "other bytes" {
				// The description holds the hashes: it has none of its own, but
				// not every change leaves JSON.
				err := Verify(dir, true)
				if name != description && (err == nil || !strings.Contains(err.Error(), name)) {
					t.Errorf("%s, %s: a deep look finds %v", name, damage, err)
				}
			} else {
				_, err := Open(dir)
				if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "\n") ||
					!strings.Contains(err.Error(), "run `go run ./kernel setup`") {
					t.Errorf("%s, %s: %v", name, damage, err)
				}
				if Complete(dir) {
					t.Errorf("%s, %s: counts as complete", name, damage)
				}
			}
			if err := os.WriteFile(path, before, 0o755); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(dir); err != nil {
				t.Fatalf("%s, mended: %v", name, err)
			}
		}
	}
	changed := []byte("longer than it was before, on purpose")
	if err := os.WriteFile(filepath.Join(dir, versionsName), changed, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Seal(dir); err != nil || !Complete(dir) {
		t.Errorf("changed and sealed: %v, %v", err, Verify(dir, false))
	}
}

// TestLibraryOfEarlierVersions: without sizes nobody can tell whether one is
// whole.
func TestLibraryOfEarlierVersions(t *testing.T) {
	dir := t.TempDir()
	data, err := json.Marshal(map[string]any{"Packages": map[string]any{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, description), data, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "run `go run ./kernel setup`") {
		t.Errorf("opened with %v", err)
	}
	if err := Verify(dir, false); err == nil || errors.Is(err, seal.ErrAbsent) {
		t.Errorf("looks %v", err)
	}
	if err := Verify(filepath.Join(dir, "none"), false); !errors.Is(err, seal.ErrAbsent) {
		t.Errorf("where there is none: %v", err)
	}
}

func BenchmarkVerify(b *testing.B) {
	dir := os.Getenv("GOCIFAR_TEST_LIBRARY")
	if dir == "" {
		b.Skip("wants GOCIFAR_TEST_LIBRARY=DIR, a library")
	}
	l, err := Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			if _, err := Open(dir); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sizes", func(b *testing.B) {
		for b.Loop() {
			if err := l.verify(false); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("hashes", func(b *testing.B) {
		for b.Loop() {
			if err := l.verify(true); err != nil {
				b.Fatal(err)
			}
		}
	})
}
