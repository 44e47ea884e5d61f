package engine

import (
	"fmt"
	"strings"
	"testing"
)

// TestManyCells looks at what a session of many cells leaves in its process,
// and whether the runtime finds functions, types and variables in all of them.
func TestManyCells(t *testing.T) {
	n := newNotebook(t)
	show := func(cell, want string) {
		t.Helper()
		if got := n.run(cell); got != want {
			t.Fatalf("%q shows %q, want %q", cell, got, want)
		}
	}
	show("import (\n\t\"fmt\"\n\t\"os\"\n\t\"runtime\"\n\t\"strings\"\n)\nvar all []any\nvar where []func() string", "")
	const cells = 40
	for i := range cells {
		// Each has a type, a variable with a pointer, and a function literal.
		show(fmt.Sprintf("type t%d struct{ p *int }\nfunc (x t%[1]d) String() string { return fmt.Sprint(*x.p) }\n%%%%\n"+
			"v%[1]d := t%[1]d{new(int)}\n*v%[1]d.p = %[1]d\nall = append(all, v%[1]d, &v%[1]d)\n"+
			"where = append(where, func() string { pc, _, line, _ := runtime.Caller(0); return fmt.Sprint(runtime.FuncForPC(pc).Name() != \"\", line) })", i), "")
	}
	show("%%\nruntime.GC()\nfor i, v := range all {\n\tif text := fmt.Sprintf(\"%v %T\", v, v); !strings.HasPrefix(text, fmt.Sprint(i/2, \" \")) || "+
		"!strings.HasSuffix(text, fmt.Sprintf(\"main.t%d\", i/2)) {\n\t\tfmt.Println(text)\n\t}\n}", "")
	show("%%\nfor _, f := range where {\n\tif text := f(); text != \"true 7\" {\n\t\tfmt.Println(text)\n\t}\n}", "")
	show("%%\nmaps, _ := os.ReadFile(\"/proc/self/maps\")\nmost := map[string]int{}\nfor line := range strings.Lines(string(maps)) {\n"+
		"\tif _, name, ok := strings.Cut(line, \"/cell\"); ok {\n\t\tmost[name]++\n\t}\n}\n"+
		"for name, n := range most {\n\tif n > 2 {\n\t\tfmt.Println(name, \"lies in\", n, \"pieces\")\n\t}\n}\nlen(most)", fmt.Sprint("=> ", cells+4))
	if got := n.run("func deep(n int) int {\n\tif n == 0 {\n\t\tpanic(\"deep\")\n\t}\n\treturn deep(n-1) + 1\n}\n%%\ndeep(20)"); !strings.Contains(got, "deep") {
		t.Errorf("a panic shows %q", got)
	}
}
