package fuzzsession

import (
	"fmt"
	"testing"
)

// TestPrograms shows that what is generated is Go that ends.
func TestPrograms(t *testing.T) {
	var sessions []*Session
	for i := range 60 {
		sessions = append(sessions, Generate(uint64(i), fmt.Sprintf("_%d", i)))
	}
	got := run(t, sessions...)
	if len(got) != len(sessions) {
		t.Fatalf("%d sessions ran, want %d", len(got), len(sessions))
	}
	for i, s := range sessions {
		if len(got[i]) != len(s.Cells) || len(s.Notebook()) != len(s.Cells) {
			t.Errorf("session %d has %d cells, of which %d ran", i, len(s.Cells), len(got[i]))
		}
	}
}
