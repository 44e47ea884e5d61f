package repl

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestHistoryFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	h, err := openHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"one", "two\nlines", "two\nlines", "  \n", "größe\n"} {
		if _, err := h.Write(code); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(f, "garbage\n{\"code\": 3}\n{}\n")
	f.Close()
	h, err = openHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(h.Dump().([]string), "|"); got != "one|two\nlines|größe" {
		t.Errorf("read %q", got)
	}
	if line, err := h.GetLine(1); line != "two\nlines" || err != nil {
		t.Errorf("line 1: %q, %v", line, err)
	}
	if _, err := h.GetLine(3); err == nil || h.Len() != 3 {
		t.Errorf("line 3 of %d: %v", h.Len(), err)
	}
}

// TestHistoryOfManySessions: lines of sessions at the same time do not mix.
func TestHistoryOfManySessions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	var group sync.WaitGroup
	const sessions, inputs = 8, 25
	for i := range sessions {
		h, err := openHistory(path)
		if err != nil {
			t.Fatal(err)
		}
		group.Go(func() {
			for j := range inputs {
				if _, err := h.Write(fmt.Sprintf("input %d of session %d", j, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	h, err := openHistory(path)
	if err != nil || h.Len() != sessions*inputs {
		t.Errorf("%d inputs, %v", h.Len(), err)
	}
}

func TestHistoryThatCannotBeKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	h, err := openHistory(filepath.Join(file, "below", "history"))
	if err == nil {
		t.Error("no error for a folder that cannot be")
	}
	if n, err := h.Write("kept for the session"); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if h, err := openHistory(""); err != nil || h.Len() != 0 {
		t.Errorf("no file: %v", err)
	}
}
