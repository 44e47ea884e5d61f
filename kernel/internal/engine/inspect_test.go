package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// variables returns those of a notebook by name.
func (n *notebook) variables() map[string]Variable {
	n.t.Helper()
	list, err := n.Variables(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	byName := map[string]Variable{}
	for _, v := range list {
		byName[v.Name] = v
	}
	return byName
}

func (n *notebook) must(code string) {
	n.t.Helper()
	if got := n.run(code); got != "" {
		n.t.Fatalf("%s\ngives %s", code, got)
	}
}

func TestVariables(t *testing.T) {
	n := newNotebook(t)
	n.must("type point struct{ X, Y int }\nvar p = point{1, 2}\nfunc f() {}")
	n.must("x, name := 1.5, \"text\"\nlist := []*point{{3, 4}, {5, 6}}")
	n.must("x := 2 // another type\nvar table = map[string]point{\"a\": p}\ng := f")
	all := n.variables()
	for name, want := range map[string]string{
		"p":     "point {X:1 Y:2} 1",
		"x":     "int 2 3",
		"name":  `string "text" 2`,
		"list":  "[]*point [&{X:3 Y:4} &{X:5 Y:6}] 2",
		"table": `map[string]point map["a":{X:1 Y:2}] 3`,
		"g":     "func() f 3",
	} {
		if v := all[name]; fmt.Sprint(v.Type, " ", v.Text, " ", v.Cell) != want {
			t.Errorf("%s is %+v, want %s", name, v, want)
		}
	}
	n.run("%rm x")
	n.must("func name() {}")
	if all := n.variables(); len(all) != 4 {
		t.Errorf("after names were removed there are %v", all)
	}
	parts, err := n.VariableParts(t.Context(), n.variables()["list"].Reference)
	if err != nil || len(parts) != 2 || parts[1].Name != "[1]" || parts[1].Text != "&{X:5 Y:6}" {
		t.Fatalf("parts of a list: %+v, %v", parts, err)
	}
	if parts, err = n.VariableParts(t.Context(), parts[1].Reference); err != nil || len(parts) != 2 || parts[1].Text != "6" {
		t.Errorf("parts of a part: %+v, %v", parts, err)
	}
	for _, reference := range []int{-1, 12345} {
		if _, err := n.VariableParts(t.Context(), reference); err == nil {
			t.Errorf("the reference %d has parts", reference)
		}
	}
}

// TestVariablesOfDeadProcess has variables with initializers, which will be made
// anew, and others.
func TestVariablesOfDeadProcess(t *testing.T) {
	n := newNotebook(t)
	n.must("import \"os\"\nvar kept = 1\nlost := 2")
	n.run("%%\nsyscall.Kill(os.Getpid(), syscall.SIGKILL)")
	all := n.variables()
	if v := all["kept"]; !strings.Contains(v.Text, "no value") || v.Cell != 1 {
		t.Errorf("kept is %+v", v)
	}
	if _, ok := all["lost"]; ok {
		t.Error("a lost variable is listed")
	}
}

// TestVariablesWhileACellRuns asks for values that the cell changes at the
// moment, maps among them.
func TestVariablesWhileACellRuns(t *testing.T) {
	n := newNotebook(t)
	n.must("table := map[int][]string{}\nvar value any\nlist := []string{}")
	ended := make(chan string)
	go func() {
		ended <- n.run(`step := 0
for step = 0; ; step++ {
	table[step%1000] = append(table[step%1000], "x")
	value = []any{step, "text", table, list}[step%4]
	list = append(list, "y")
	if len(list) > 100 { list = nil }
	if step%100000 == 0 { clear(table) }
}`)
	}()
	var times []time.Duration
	moved := map[string]bool{}
	for len(times) < 60 {
		start := time.Now()
		all := n.variables()
		times = append(times, time.Since(start))
		if len(all) < 3 {
			t.Fatalf("while the cell runs there are %v", all)
		}
		moved[all["step"].Text] = true
		if _, err := n.ShowVariable(t.Context(), "table"); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(times)
	t.Logf("median %s, longest %s", times[len(times)/2], times[len(times)-1])
	if len(moved) < 10 {
		t.Errorf("the cell's own variable was seen with %d values", len(moved))
	}
	n.Interrupt()
	if got := <-ended; !strings.Contains(got, "nterrupt") {
		t.Errorf("the cell gave %s", got)
	}
	if got := n.run("len(list) <= 101"); got != "=> true" {
		t.Errorf("afterwards: %s", got)
	}
}

// TestShowBeforeACell shows a large map, which takes a while, and starts cells
// that write to it meanwhile.
func TestShowBeforeACell(t *testing.T) {
	n := newNotebook(t)
	n.must("table := map[int]string{}\nfor i := range 300_000 { table[i] = \"x\" }\nvar hidden any = table")
	shown := make(chan error)
	for round := range 20 {
		go func() {
			_, err := n.ShowVariable(t.Context(), []string{"table", "hidden"}[round%2])
			shown <- err
		}()
		if got, stderr := n.both("for i := range 300_000 { table[i] = \"y\" }"); got != "" {
			t.Fatalf("round %d: the cell gave %s\n%s", round, got, stderr)
		}
		if err := <-shown; err != nil {
			t.Fatal(err)
		}
	}
}

// TestManyVariables has 10,000 of them.
func TestManyVariables(t *testing.T) {
	n := newNotebook(t)
	n.limit = 5 * time.Minute
	var b strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&b, "v%d := []float64{%d, 2, 3}\n", i, i)
	}
	n.must(b.String())
	var times []time.Duration
	for range 11 {
		start := time.Now()
		if all := n.variables(); len(all) != 10_000 || all["v77"].Text != "[77 2 3]" {
			t.Fatalf("%d variables, v77 is %+v", len(all), all["v77"])
		}
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	t.Logf("median %s, longest %s", times[len(times)/2], times[len(times)-1])
}

// TestValuesThatPrintBadly looks at what defies printing, and lets values show
// themselves that panic, block, or end their goroutine.
func TestValuesThatPrintBadly(t *testing.T) {
	n := newNotebook(t)
	n.must(`type loop struct{ Next *loop }
circle := &loop{}
circle.Next = circle
queue := make(chan int, 3)
queue <- 1
huge := map[int]int{}
for i := range 100000 { huge[i] = i }`)
	n.must(`type bad struct{ N int }
func (bad) String() string { panic("no text") }
type stuck struct{ N int }
func (stuck) String() string { select {} }
type quits struct{ N int }
func (quits) String() string { os.Exit(3); return "" }
var b, s, q = bad{1}, stuck{2}, quits{3}
var nothing *bad`)
	all := n.variables()
	for name, want := range map[string]string{
		"queue": "1 of 3 waiting", "b": "{N:1}", "s": "{N:2}", "q": "{N:3}", "nothing": "nil",
	} {
		if all[name].Text != want {
			t.Errorf("%s is %q, want %q", name, all[name].Text, want)
		}
	}
	for _, name := range []string{"circle", "queue", "huge", "b", "s", "q", "nothing"} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		forms, err := n.ShowVariable(ctx, name)
		cancel()
		if err != nil || forms["text/plain"] == "" || forms["text/plain"] == nil {
			t.Errorf("%s shows %v, %v", name, forms, err)
		}
	}
	if _, err := n.ShowVariable(t.Context(), "unheard"); err == nil || !strings.Contains(err.Error(), "unheard") {
		t.Errorf("a variable that is not there: %v", err)
	}
	if got := n.run("b.N + s.N + q.N"); got != "=> 6" {
		t.Errorf("afterwards: %s", got)
	}
}

// TestShowVariable: a value that knows how shows itself, unless a goroutine of
// the notebook could change it meanwhile.
func TestShowVariable(t *testing.T) {
	n := newNotebook(t)
	n.must(`type page struct{ N int }
func (p page) HTML() string { return fmt.Sprintf("<b>%d</b>", p.N) }
var own = page{7}
greeting := "Hello the world"
rows := []struct{ Name string; Size int }{{"a", 1}, {"b", 2}}
stop := make(chan bool)`)
	html := func(name string) string {
		forms, err := n.ShowVariable(t.Context(), name)
		if err != nil {
			t.Error(err)
		}
		text, _ := forms["text/html"].(string)
		return text
	}
	if got := html("own"); got != "<b>7</b>" {
		t.Errorf("a value that shows itself: %s", got)
	}
	if forms, err := n.ShowVariable(t.Context(), "greeting"); err != nil || forms["text/plain"] != "Hello the world" {
		t.Errorf("a string is shown as %v, %v", forms, err)
	}
	if got := html("rows"); !strings.Contains(got, "<th>Name</th><th>Size</th>") ||
		!strings.Contains(got, "<td>&#34;b&#34;</td><td>2</td>") {
		t.Errorf("a list of structs: %s", got)
	}
	n.must("go func() { <-stop }()")
	if got := html("own"); !strings.Contains(got, "<b>own</b>") {
		t.Errorf("while a goroutine lives, the method is called: %s", got)
	}
	n.must("stop <- true")
}
