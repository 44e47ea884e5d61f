package seal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVerify(t *testing.T) {
	for _, c := range []struct {
		name    string
		damage  func(dir string) error
		shallow string // part of what the cheap check says; "" for nothing
		deep    string
	}{
		{name: "nothing", damage: func(string) error { return nil }},
		{name: "truncated", damage: func(dir string) error { return os.Truncate(dir+"/a", 2) },
			shallow: "a has 2 bytes instead of 5", deep: "a has 2 bytes"},
		{name: "longer",
			damage:  func(dir string) error { return os.WriteFile(dir+"/a", []byte("first, and more"), 0o644) },
			shallow: "a has 15 bytes instead of 5", deep: "a has 15 bytes"},
		{name: "empty", damage: func(dir string) error { return os.Truncate(dir+"/sub/b", 0) },
			shallow: "sub/b has 0 bytes instead of 6", deep: "sub/b has 0 bytes"},
		{name: "deleted", damage: func(dir string) error { return os.Remove(dir + "/sub/b") },
			shallow: "sub/b is missing", deep: "sub/b is missing"},
		{name: "a folder in its place",
			damage:  func(dir string) error { return errors.Join(os.Remove(dir+"/a"), os.Mkdir(dir+"/a", 0o755)) },
			shallow: "a is no regular file", deep: "a is no regular file"},
		{name: "other bytes", damage: func(dir string) error { return os.WriteFile(dir+"/a", []byte("fIrst"), 0o644) },
			deep: "a has other content"},
		{name: "a file more", damage: func(dir string) error { return os.WriteFile(dir+"/c", nil, 0o644) }},
		{name: "no record", damage: func(dir string) error { return os.Remove(dir + "/" + name) },
			shallow: "no record", deep: "no record"},
		{name: "an empty record", damage: func(dir string) error { return os.Truncate(dir+"/"+name, 0) },
			shallow: name + " is damaged", deep: name + " is damaged"},
		{name: "a record of nothing",
			damage:  func(dir string) error { return os.WriteFile(dir+"/"+name, []byte("[]"), 0o644) },
			shallow: name + " is damaged", deep: name + " is damaged"},
		{name: "a record of no file",
			damage:  func(dir string) error { return os.WriteFile(dir+"/"+name, []byte("[{}]"), 0o644) },
			shallow: "names no file", deep: "names no file"},
		{name: "no folder", damage: os.RemoveAll, shallow: ErrAbsent.Error(), deep: ErrAbsent.Error()},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "made")
			if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o755); err != nil {
				t.Fatal(err)
			}
			for path, text := range map[string]string{"a": "first", "sub/b": "second"} {
				if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if err := Write(dir); err != nil {
				t.Fatal(err)
			}
			if err := c.damage(dir); err != nil {
				t.Fatal(err)
			}
			for deep, want := range map[bool]string{false: c.shallow, true: c.deep} {
				err := Verify(dir, deep)
				if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
					t.Errorf("deep %v: %v, want %q", deep, err, want)
				}
			}
		})
	}
}

func TestWriteTwice(t *testing.T) {
	dir := t.TempDir()
	for _, text := range []string{"one", "another"} {
		if err := os.WriteFile(filepath.Join(dir, "a"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := Write(dir); err != nil {
			t.Fatal(err)
		}
		if err := Verify(dir, true); err != nil {
			t.Error(err)
		}
	}
}
