package engine

import (
	"strings"
	"testing"
)

// TestTraceback: a panic's stack names cells and lines, and nothing of the
// engine.
func TestTraceback(t *testing.T) {
	n := newNotebook(t)
	for _, c := range []struct {
		code string
		want []string
	}{
		{"func deep(p *int) int { return *p }\n%%\ndeep(nil)", []string{"cell[1] line 1: deep"}},
		{"var p *int\n*p = 1", []string{"cell[2] line 2: the cell's statements"}},
		{"func deeper(p *int) { *p = 1 }\ngo func() {\n\tdeeper(nil)\n}()\nselect {}",
			[]string{"cell[3] line 1: deeper", "cell[3] line 3: "}},
	} {
		n.number++
		outcome := n.Run(t.Context(), Cell{Code: c.code, Number: n.number})
		if outcome.Failure == nil {
			t.Fatalf("%s does not panic", c.code)
		}
		trace := strings.Join(outcome.Failure.Traceback, "\n")
		for _, want := range c.want {
			if !strings.Contains(trace, want) || strings.Contains(trace, "host.") {
				t.Errorf("%s\nhas the trace\n%s\nwant %s", c.code, trace, want)
			}
		}
	}
}
