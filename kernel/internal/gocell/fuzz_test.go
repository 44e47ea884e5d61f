package gocell

import (
	"go/token"
	"slices"
	"strings"
	"testing"
)

// FuzzCell: whatever a cell's text is, its parts keep its lines, and its replay
// replays as itself.
func FuzzCell(f *testing.F) {
	for _, s := range []string{"x := 1\nfunc f() {}\n%%\ny", "!a\\\n", "%", "%%", "`", "/*", "func (", "}{",
		"%exec", "%% \\", "\x00", "a;b;func x(){};c", "日\n\tx", "%%\nf()", "const x = 1\n//gonb:%env A=b", "%\\\n", "!",
		"!\\", "%%bash", "type T struct{}\nfunc (T) m() {}", "%mainly\nx", "! \\\n*a", "package a; package b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Count(text, "\n")
		keepsLines := func(c *Cell) {
			if c.Magic == "" &&
				(strings.Count(c.Declarations, "\n") != lines || strings.Count(c.Body, "\n") != lines) {
				t.Errorf("%q has %d lines, its parts %q and %q", text, lines, c.Declarations, c.Body)
			}
		}
		keepsLines(Parse(text))
		keepsLines(Parse(text).Sort())
		IsComplete(text)

		c := Parse(text)
		replay := c.Replay()
		if _, err := c.File(token.NewFileSet()); err != nil {
			return
		}
		if again := Parse(replay).Replay(); !slices.Equal(strings.Fields(again), strings.Fields(replay)) {
			t.Errorf("%q: replay %q replays as %q", text, replay, again)
		}
	})
}

// FuzzPrompt: whatever is typed, nothing is lost and two empty lines send it.
func FuzzPrompt(f *testing.F) {
	for _, s := range []string{"x := 1", "func f() {\n}\nf()", "%%bash\n", "!x", "`", "/*", "\"", "}{",
		"import \"a\"\nx", "ä\x00\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		cell, at, added := WithMark(source)
		if cell[:at]+cell[at+added:] != source {
			t.Errorf("%q became %q", source, cell)
		}
		if complete, indent := IsCompleteAtPrompt(source + "\n\n"); !complete || indent != 0 {
			t.Error("two empty lines do not send it")
		}
		if _, indent := IsCompleteAtPrompt(source); indent < 0 || indent > len(source) {
			t.Errorf("indent %d", indent)
		}
	})
}
