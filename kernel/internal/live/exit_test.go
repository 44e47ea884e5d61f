package live

import (
	"strings"
	"testing"
)

func TestKernelDeath(t *testing.T) {
	c := newClient(t)
	c.check(
		"var n = 5\nfunc double() int { return 2 * n }", "",
		"syscall.Exit(3)", "ExitError: the process in which cells run is gone: it ended with exit status 3. A new one has been started; made anew when a cell uses them: n",
		"double()", "note: made anew by initializers, since the process ended: n (cell [1])\n=> 10",
		"%rerun 1\n%%\ndouble()", "running cell [1] again\n=> 10",
		"kept := 3", "", "%rerun 2", "running cell [2] again\nExitError: the process in which cells run is gone…", "double()", "…", "kept", "TypeError: …",
		"syscall.Kill(os.Getpid(), syscall.SIGSEGV); time.Sleep(time.Second)", "…",
		"n := 1\nn", "=> 1",
		"var endless func(int) int\nendless = func(i int) int { return endless(i+1) + 1 }\nendless(0)", "…",
		"1 + 1", "=> 2",
	)
}

// TestKernelRevival: package-level variables come back when the process has ended.
func TestKernelRevival(t *testing.T) {
	c := newClient(t)
	const dies = "syscall.Exit(3)"
	c.check(
		"var a = b + 1\nvar b = f()\nfunc f() int { fmt.Println(\"f runs\"); return c * 2 }\nvar c = 5\nvar count int\nvar x, y = 1, \"y\"\nvar T1 = []any{T{3}}\ntype T struct{ n int }", "f runs",
		"a, b, c, count = 0, 0, 0, 7; s := 4", "",
		// What the last cell declares counts, too.
		"const limit = 9\ntype late struct{}\nvar l = map[string]int{\"one\": 1}\nfunc g() int { return limit + l[\"one\"] }\n%%\n"+dies,
		"ExitError: the process in which cells run is gone: it ended with exit status 3. A new one has been started; lost are the values of s (declarations are kept). "+
			"Run the cells that define them again, or `%rerun` with their numbers; made anew when a cell uses them: T1, a, b, c, count, l, x, y",
		"g()", "note: made anew by initializers, since the process ended: l (cell [3])\n=> 10",
		"l[\"two\"] = 2; len(l)", "=> 2",
		"fmt.Println(a, b, c)", "f runs\n11 10 5\nnote: made anew by initializers, since the process ended: a (cell [1]), b (cell [1]), c (cell [1])",
		"a++; a", "=> 12",
		"count", "note: made anew by initializers, since the process ended: count (zero)\n=> 0",
		"T1[0].(T).n", "note: made anew by initializers, since the process ended: T1 (cell [1])\n=> 3",
		"T1[0].(T).n", "=> 3",
		"x := \"statement\"\nx", "=> statement",
		"y", "note: made anew by initializers, since the process ended: y (cell [1])\n=> y",
		"s", "TypeError: cell[13]:1:1: undefined: s (the value of s is lost, because the process ended: run cell [2] again, which declares it)",
		dies, "…",
		"func f() {}", "",
		"b", "TypeError: cell[16]:1:1: undefined: b (the value of b is lost, and its initializer does not compile any more (f() (no value) used as value…",
		"c", "note: made anew by initializers, since the process ended: c (cell [1])\n=> 5",
		"%rm c\n%ls", "…", "c", "TypeError: cell[19]:1:1: undefined: c",
	)
}

// TestKernelExits: what ends a program ends a cell, and values live on.
func TestKernelExits(t *testing.T) {
	c := newClient(t)
	c.check(
		"n := 5\nfunc double() int { return 2 * n }", "",
		"n++; os.Exit(3)", "ExitError: exit status 3",
		"n++; os.Exit(0)", "",
		"n++; log.SetFlags(0); log.Fatalf(\"no %d\", n)", "no 8\nExitError: exit status 1",
		"n++; runtime.Goexit()", "ExitError: the cell ended its goroutine (runtime.Goexit)",
		"n++; go func() { panic(errors.New(\"elsewhere\")) }()\ntime.Sleep(time.Minute)", "Panic: elsewhere",
		"n++; go os.Exit(4)\nselect {}", "ExitError: exit status 4",
		"n++; var wg sync.WaitGroup; wg.Go(func() { var p *int; *p = 1 }); wg.Wait()", "Panic: runtime error: invalid memory address or nil pointer dereference",
		"double()", "=> 24",
		"func exits() { defer fmt.Println(\"deferred\"); os.Exit(5) }\nexits()", "deferred\nExitError: exit status 5",
		"flag.CommandLine.Parse([]string{\"-nothing\"})", "…",
		"for range 1000 { go func() { panic(\"all together\") }() }\nselect {}", "Panic: all together",
		"late := make(chan bool)\ngo func() { <-late; panic(\"too late\") }()\ngo func() { <-late; os.Exit(1) }()", "",
		"close(late)\ntime.Sleep(100 * time.Millisecond)\nn", "…",
		"double()", "=> 24",
	)
	trace := strings.Join(c.run("func deep(p *int) { *p = 1 }\ngo func() {\n\tdeep(nil)\n}()\nselect {}").error.Traceback, "\n")
	if !strings.Contains(trace, "line 1: deep") || !strings.Contains(trace, "line 3: ") || strings.Contains(trace, "host.") {
		t.Errorf("a panic of a goroutine is shown as\n%s", trace)
	}
	c.check("again := make(chan bool)\ngo func() { <-again; panic(\"too late\") }()", "")
	if s := c.run("close(again)\ntime.Sleep(100 * time.Millisecond)\nn"); s.error != nil || s.result != "12" ||
		!strings.Contains(s.stderr, "panic in a goroutine of cell[17], which has ended: too late") {
		t.Errorf("a goroutine that outlived its cell panics: %s", s.text())
	}
}
