package wholefile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// text returns a writer of some text, which fails after it if err is not nil.
func text(s string, err error) func(io.Writer) error {
	return func(w io.Writer) error {
		_, writeErr := io.WriteString(w, s)
		return errors.Join(writeErr, err)
	}
}

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := Write(path, text("old", nil)); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("no more paper")
	err := Write(path, text(strings.Repeat("new", 1<<20), broken))
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "saving "+path) {
		t.Errorf("got %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "old" {
		t.Errorf("after a failure the file holds %.20q, %v", got, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), Pattern("*"))); left != nil {
		t.Errorf("%v is left", left)
	}
	if err := Write(path, text("new", nil)); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	info, statErr := os.Stat(path)
	if err := errors.Join(err, statErr); err != nil || string(got) != "new" || info.Mode().Perm() != 0o644 {
		t.Errorf("the file holds %q with mode %v, %v", got, info.Mode(), err)
	}
	if err := Write(filepath.Join(path, "below-a-file"), text("", nil)); err == nil ||
		!strings.Contains(err.Error(), "saving ") {
		t.Errorf("got %v", err)
	}
}
