package engine

import (
	"strings"
	"testing"
	"time"
)

// TestCosts measures cells of which one knows what they take.
func TestCosts(t *testing.T) {
	n := newNotebook(t)
	costs := func(code string) Costs {
		t.Helper()
		n.number++
		outcome := n.Run(t.Context(), Cell{Code: code, Number: n.number})
		if outcome.Costs == nil {
			t.Fatalf("%s\nhas no costs: %+v", code, outcome)
		}
		return *outcome.Costs
	}
	// Nothing big is allocated before: the process gives memory back slowly.
	if c := costs("1 + 1"); c.Compile <= 0 || c.Wall <= 0 || c.Allocated > 1<<20 {
		t.Errorf("a sum: %+v", c)
	}
	if c := costs("time.Sleep(50 * time.Millisecond)"); c.Wall < 50*time.Millisecond || c.CPU > 45*time.Millisecond {
		t.Errorf("a sleep: %+v", c)
	}
	if c := costs("x := 0\nfor start := time.Now(); time.Since(start) < 300*time.Millisecond; x++ {}"); c.CPU < 5*time.Millisecond {
		t.Errorf("a loop: %+v", c)
	}
	const size = 200 << 20
	c := costs("big := make([]byte, 200<<20)\nfor i := range big { big[i] = 1 }")
	if c.Allocated < size || c.Allocated > size+(4<<20) || c.Peak < size || c.Objects == 0 {
		t.Errorf("200 MiB: %+v", c)
	}
	if c := costs("big = nil\npanic(1)"); c.Wall <= 0 {
		t.Errorf("a cell that panics: %+v", c)
	}
	for _, code := range []string{"%env A=1", "2 + "} {
		if outcome := n.Run(t.Context(), Cell{Code: code}); outcome.Costs != nil {
			t.Errorf("%s, which runs nothing: %+v", code, outcome.Costs)
		}
	}
}

func TestTime(t *testing.T) {
	n := newNotebook(t)
	for _, cell := range []string{"%time\nx := 1", "%time y := fmt.Sprint(\"a b\", x)"} {
		if got := n.run(cell); !strings.HasPrefix(got, "compiled in ") || !strings.Contains(got, "ran for ") || strings.Contains(got, "\n") {
			t.Errorf("%s\ngives %s", cell, got)
		}
	}
	if got := n.run("y"); got != "=> a b1" {
		t.Errorf("y is %s", got)
	}
	if got := n.run("%time nonsense("); !strings.Contains(got, "Error") {
		t.Errorf("what does not compile gives %s", got)
	}
	if got := n.run("%time 6 * 7"); !strings.HasPrefix(got, "42\ncompiled in ") {
		t.Errorf("an expression gives %s", got)
	}
}
