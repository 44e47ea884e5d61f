package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
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

// TestVariablesAreRoots: the garbage collector sees what variables of cells and
// of a large package refer to, whichever came first.
func TestVariablesAreRoots(t *testing.T) {
	t.Setenv("GODEBUG", "clobberfree=1") // what is freed is overwritten
	dir := writeFiles(t, map[string]string{"go.mod": "module example.com/large\n\ngo 1.26\n",
		"large.go": "// Package large has more variables than the collector looks at in one go.\npackage large\n\n" +
			"// Table is one.\nvar Table [1 << 16]*[100]int\n"})
	n := &notebook{t: t, home: dir}
	var err error
	n.Engine, err = Open(t.Context(), Options{Library: testLibrary.Get(t).Dir, Module: library.Module{Dir: dir}, Front: n, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.close)
	for _, c := range []struct{ cell, want string }{
		{"first := &[100]int{42}", ""},
		{"second := &[100]int{43}", ""},
		{"import \"example.com/large\"\nfor _, i := range []int{0, 1<<16 - 1} {\n\tlarge.Table[i] = &[100]int{44 + i}\n}", ""},
		{"third := &[100]int{45}", ""},
		{"import \"runtime\"\nfor range 3 {\n\truntime.GC()\n}\nfirst[0], second[0], third[0], large.Table[0][0], large.Table[1<<16-1][0]",
			"=> (42, 43, 45, 44, 65579)"},
	} {
		if got := n.run(c.cell); got != c.want {
			t.Fatalf("%q shows %q, want %q", c.cell, got, c.want)
		}
	}
}
