package engine

import (
	"regexp"
	"strings"
	"testing"
)

func TestBench(t *testing.T) {
	n := newNotebook(t)
	n.must("func fib(n int) int { if n < 2 { return n }; return fib(n-1) + fib(n-2) }\nfunc make100() []byte { return make([]byte, 100) }\n" +
		"a, b := 3, 4\nvar sink []byte")
	line := regexp.MustCompile(`^\s*\d+\t\s*[\d.]+ ns/op\t\s*\d+ B/op\t\s*\d+ allocs/op$`)
	for _, expression := range []string{"fib(12)", "a * b", "make100()", `fmt.Sprint("x y", a)`, "a = fib(5)", "time.Since(time.Time{})"} {
		if got := n.run("%bench " + expression); !line.MatchString(got) {
			t.Errorf("%%bench %s gives %q", expression, got)
		}
	}
	if got := n.run("%bench fib(12)"); !strings.HasSuffix(got, "\t       0 B/op\t       0 allocs/op") {
		t.Errorf("fib allocates nothing: %q", got)
	}
	if got := n.run("%bench sink = make100()"); !strings.HasSuffix(got, "1 allocs/op") {
		t.Errorf("make100 allocates once: %q", got)
	}
	for cell, want := range map[string]string{
		"%bench":                  "MagicError: %bench wants",
		"%bench fib(":             "Error",
		"%bench unheard()":        "undefined: unheard",
		`%bench panic("no")`:      "no",
		"%bench fib(1, 2)":        "too many arguments",
		"%bench runtime.Goexit()": "ends its goroutine",
	} {
		if got := n.run(cell); !strings.Contains(got, want) {
			t.Errorf("%s gives %q, want %q", cell, got, want)
		}
	}
	if got := n.run("a"); got != "=> 5" {
		t.Errorf("afterwards a is %s", got)
	}
}
