package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// repeated joins what f makes of 0 to n-1.
func repeated(n int, f func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(f(i))
	}
	return b.String()
}

// TestBigCells: sizes that nobody writes, but that programs generate.
func TestBigCells(t *testing.T) {
	long := strings.Repeat("long", 1000)
	for _, c := range []struct {
		name  string
		cells []string
	}{
		{"a megabyte of text", []string{"s := `" + strings.Repeat("0123456789abcde\n", 1<<16) + "`\nlen(s)", "=> 1048576", "len(s)", "=> 1048576"}},
		{"a megabyte of statements", []string{"n := 0\n" + repeated(60_000, func(i int) string { return fmt.Sprintf("n += %d // a line\n", i) }) + "n", "=> 1799970000"}},
		{"ten thousand declarations", []string{repeated(10_000, func(i int) string { return fmt.Sprintf("func f%d() int { return %d }\n", i, i) }), "", "f9999() + f0()", "=> 9999"}},
		{"ten thousand variables", []string{repeated(10_000, func(i int) string { return fmt.Sprintf("var v%d = %d\n", i, i) }), "", "v9999 + v1", "=> 10000"}},
		{"types that use each other", []string{repeated(5_000, func(i int) string {
			return fmt.Sprintf("type t%d struct{ next *t%d }\nconst c%d = %d\n", i, (i+1)%2_000, i, i)
		}), "", "c1999", "=> 1999", "t1{}.next == nil", "=> true"}},
		{"five thousand fields", []string{"type wide struct {\n" + repeated(5_000, func(i int) string { return fmt.Sprintf("F%d int\n", i) }) + "}\nvar w wide", "", "w.F4999 = 3; w.F4999 + w.F0", "=> 3", "reflect.TypeOf(w).NumField()", "=> 5000"}},
		{"names that the linker dislikes", []string{"var Ʊ, _1, init_, Ünïcödé, __ = 1, 2, 3, 4, 5\ntype ʊ struct{ _1 int }\nfunc 日本(ʊ) int { return Ʊ }", "",
			"fmt.Printf(\"%d %d %d %d %d %d %T\\n\", Ʊ, _1, init_, Ünïcödé, __, 日本(ʊ{}), ʊ{})", "1 2 3 4 5 1 main.ʊ",
			"var " + long + " = 5\ntype T" + long + " struct{}", "", long + "++\n" + long, "=> 6", "len(fmt.Sprintf(\"%T\", T" + long + "{}))", "=> 4006"}},
		{"long names", []string{long + " := 1\ntype T" + long + " struct{ n int }\nfunc (t *T" + long + ") F" + long + "() int { t.n++; return t.n }\nvar X" + long + " = &T" + long + "{4}", "", long + "++\n" + long, "=> 2", "X" + long + ".F" + long + "()", "=> 5",
			"var a any = X" + long + "\n_, ok := a.(*T" + long + "); ok", "=> true"}},
		{"a line of ten thousand operators", []string{"n := 1" + strings.Repeat(" + 1", 10_000) + "\nn", "=> 10001"}},
		{"nested brackets", []string{"n := " + strings.Repeat("(", 1_000) + "1" + strings.Repeat(")", 1_000) + "\nn", "=> 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNotebook(t)
			n.run("kept := 7")
			for i := 0; i < len(c.cells); i += 2 {
				start := time.Now()
				if got := n.run(c.cells[i]); got != c.cells[i+1] {
					t.Errorf("cell %.60q shows %.300s, want %s", c.cells[i], got, c.cells[i+1])
				}
				t.Logf("%.40q: %v", c.cells[i], time.Since(start).Round(time.Millisecond))
			}
			if got := n.run("kept"); got != "=> 7" {
				t.Errorf("afterwards a value is %.300s", got)
			}
		})
	}
}
