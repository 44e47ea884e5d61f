package gocell

import (
	"strings"
	"testing"
)

// TestInsideOfMuch: a cell of a megabyte takes no time.
func TestInsideOfMuch(t *testing.T) {
	for _, line := range []string{"/*", "`", "`/*", "\"", "x := `a` + `b", "*/ `"} {
		inside := insideText(strings.Split(strings.Repeat(line+"\n", 1<<20/(len(line)+1)), "\n"))
		if len(inside) < 1<<16 {
			t.Errorf("%q: %d lines", line, len(inside))
		}
	}
}

// TestInside marks lines that are text with a dot.
func TestInside(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"raw string":             {"x := `a\n%d\n!b`\n!ls", "-..-"},
		"comment":                {"/* a\n%%\n!b\n*/ x\n%%", "-...-"},
		"two on one line":        {"a(`x`, `y\n%z`, `u\n!v`)\n%%", "-..-"},
		"comment in a string":    {"a := \"/*\"\n%%\nb := '`'\n!c", "----"},
		"escaped quotes":         {"a := \"\\\"`\"\n%%\nb := '\\''; c := `d\n%e`", "---."},
		"string in a comment":    {"// it's `so\n%%\n/* ` */\n!b `", "----"},
		"quotes of the shell":    {"!echo `date\n%%\nx := `a\n%d`", "---."},
		"continued shell line":   {"!echo \\\n`x \\\n`y `\n%%\nz := `a\n%d`", "-----."},
		"raw string without end": {"x := `a\n%%\n!b", "---"},
		"comment without end":    {"/* a\n%%\ny := `c\n%d`", "---."},
		"half-written string":    {"x := \"a\n%%\nb", "---"},
		"slashes in a string":    {"u := \"http://x\" + `a\n%b`", "-."},
		"quote in a raw string":  {"u := `\"\n%b`\n%%", "-.-"},
		"prefix in a raw string": {"u := `\n//gonb:%b`\n//gonb:%%", "-.-"},
	} {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			for _, inside := range insideText(strings.Split(c.text, "\n")) {
				got.WriteByte("-."[map[bool]int{true: 1}[inside]])
			}
			if got.String() != c.want {
				t.Errorf("%q: %s, want %s", c.text, got.String(), c.want)
			}
		})
	}
}
