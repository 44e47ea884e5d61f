package setup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/internal/wholefile"
)

func TestPublish(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "final")
	write := func(text string) func(string) error {
		return func(staging string) error { return os.WriteFile(filepath.Join(staging, "x"), []byte(text), 0o644) }
	}
	for _, text := range []string{"first", "second"} { // the second replaces the first
		if err := publish(dir, write(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, "x")); err != nil || string(got) != text {
			t.Errorf("published %q, %v, want %q", got, err, text)
		}
	}
	failure := errors.New("failure")
	err := publish(dir, func(staging string) error { return errors.Join(write("third")(staging), failure) })
	if !errors.Is(err, failure) {
		t.Errorf("got %v, want %v", err, failure)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "x")); string(got) != "second" {
		t.Errorf("a failure changed what was there to %q", got)
	}
	if names, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), "*")); len(names) != 1 {
		t.Errorf("left %q", names)
	}
	if names, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), ".*")); len(names) != 0 {
		t.Errorf("left %q", names)
	}
}

func TestOpenCache(t *testing.T) {
	base := t.TempDir()
	file := filepath.Join(base, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{
		filepath.Join(base, "new", "one"):  "",
		file:                               "cannot write to the cache folder",
		filepath.Join(file, "below"):       "cannot write to the cache folder",
		filepath.Join(base, "a,b"):         "comma or a colon",
		filepath.Join(base, "a:b"):         "comma or a colon",
		filepath.Join(base, "with space "): "",
	} {
		t.Setenv("GOCIFAR_CACHE", dir)
		c, err := openCache()
		switch {
		case want == "" && (err != nil || c.root != dir):
			t.Errorf("%s: %v, %v", dir, c, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got %v, want %q", dir, err, want)
		}
	}

	t.Setenv("GOCIFAR_CACHE", "")
	t.Setenv("HOME", "")
	t.Setenv("XDG_CACHE_HOME", "")
	if _, err := openCache(); err == nil || !strings.Contains(err.Error(), "set GOCIFAR_CACHE") {
		t.Errorf("without a home: %v", err)
	}
}

func TestLockWaitsAndGivesUp(t *testing.T) {
	c := cache{root: t.TempDir()}
	unlock, err := c.lock(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { _, err := c.lock(ctx, nil); done <- err }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("a waiting lock ended with %v", err)
	}
	unlock()
	if unlock, err = c.lock(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestRemovePartial(t *testing.T) {
	root := t.TempDir()
	keep := []string{"tools/abc/gonb", "pjrt/cpu/plugin.json", "data/.x.part"}
	drop := []string{"tools/.abc" + partialMark + "1/gonb", ".writable" + partialMark + "2",
		"builds/x/.b.json" + partialMark + "3"}
	for _, name := range append(keep, drop[:2]...) {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	(cache{root: root}).removePartial()
	for _, name := range keep {
		if !exists(filepath.Join(root, name)) {
			t.Errorf("%s is gone", name)
		}
	}
	for _, name := range drop {
		if exists(filepath.Join(root, name)) {
			t.Errorf("%s is still there", name)
		}
	}
}

func TestWriteFileReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "file.json")
	for _, text := range []string{"one", "two"} {
		if err := writeFile(path, wholefile.Bytes([]byte(text))); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("read %q, %v, want %q", got, err, text)
		}
	}
	if names, _ := os.ReadDir(filepath.Dir(path)); len(names) != 1 {
		t.Errorf("left %v", names)
	}
}
