package engine

import (
	"testing"

	"github.com/gocifar/gocifar/kernel/internal/engine/enginetest"
)

// TestSequences runs the notebooks of testdata/sequences. They are the specification
// of what lives on from cell to cell.
func TestSequences(t *testing.T) {
	testLibrary.Get(t)
	enginetest.RunNotebooks(t, "testdata/sequences/*.txtar", func(t *testing.T) func(string) []enginetest.Section {
		n := newNotebook(t)
		return func(code string) []enginetest.Section {
			shown := n.run(code)
			if shown == "" {
				return nil
			}
			return []enginetest.Section{{Name: "shows", Data: []byte(shown + "\n")}}
		}
	})
}
