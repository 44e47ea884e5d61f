package host

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// Suite is what a cell with %test can run: the tests of the notebook.
type Suite struct {
	Tests      []testing.InternalTest
	Benchmarks []testing.InternalBenchmark
	Fuzz       []testing.InternalFuzzTarget
	Examples   []testing.InternalExample
	// Main is the function TestMain; nil if there is none.
	Main func(*testing.M)
	// Own are the names of the cell's own tests and benchmarks.
	Own []string
}

// Names is a list, for code in which the word string may mean something else.
func Names(names ...string) []string { return names }

// resetTests undoes what package testing remembers of an earlier run.
var resetTests = func() {}

// Test runs a suite as `go test` does. Without arguments it runs the cell's own
// tests, or all if there are none, and says so at length, as GoNB.
func Test(s Suite) {
	testing.Init()
	flag.VisitAll(func(f *flag.Flag) {
		if strings.HasPrefix(f.Name, "test.") {
			_ = f.Value.Set(f.DefValue)
		}
	})
	if len(os.Args) == 1 {
		os.Args = append(os.Args, s.defaults()...)
	}
	ParseFlags()
	checkTestFlags()
	resetTests()
	for i := range s.Tests {
		s.Tests[i].F = guardTest(s.Tests[i].F)
	}
	for i := range s.Benchmarks {
		s.Benchmarks[i].F = guardTest(s.Benchmarks[i].F)
	}
	for i := range s.Fuzz {
		s.Fuzz[i].Fn = guardTest(s.Fuzz[i].Fn)
	}
	m := testing.MainStart(testRun{}, s.Tests, s.Benchmarks, s.Fuzz, s.Examples)
	if s.Main != nil {
		s.Main(m)
	} else {
		m.Run()
	}
	if stopping() {
		goexit()
	}
	// Where the main function that `go test` writes looks, too.
	if code := reflect.ValueOf(m).Elem().FieldByName("exitCode").Int(); code != 0 {
		onExit(int(code))
	}
}

// stopping tells whether the running cell has been interrupted.
func stopping() bool {
	x := executionHere()
	return x != nil && interrupted.Load() == x.cell
}

// defaults are GoNB's arguments for a cell without any.
func (s *Suite) defaults() []string {
	args := []string{"-test.v"}
	var patterns []string
	for _, name := range s.Own {
		patterns = append(patterns, "^"+name+"$")
		if strings.HasPrefix(name, "Benchmark") && len(args) == 1 {
			args = append(args, "-test.bench=.")
		}
	}
	if len(patterns) > 0 {
		args = append(args, "-test.run="+strings.Join(patterns, "|"))
	}
	return args
}

// checkTestFlags refuses what package testing answers by ending the process,
// and what needs a program of its own.
func checkTestFlags() {
	value := func(name string) string {
		if f := flag.Lookup("test." + name); f != nil {
			return f.Value.String()
		}
		return ""
	}
	for _, name := range []string{"run", "skip", "bench", "list"} {
		if _, err := regexp.Compile(value(name)); err != nil {
			panic(fmt.Sprintf("%%test -test.%s wants a regular expression, got %q: %v", name, value(name), err))
		}
	}
	for number := range strings.SplitSeq(value("cpu"), ",") {
		var n int
		if _, err := fmt.Sscan(number, &n); strings.TrimSpace(number) != "" && (err != nil || n <= 0) {
			panic(fmt.Sprintf("%%test -test.cpu wants numbers of processors, such as 1,2,4, got %q", value("cpu")))
		}
	}
	if value("coverprofile") != "" {
		panic("%test cannot measure coverage in a living process: `!*go test -coverprofile=FILE` does, " +
			"in a program of the notebook's declarations")
	}
	if value("fuzz") != "" {
		panic("%test runs only the seeds of fuzz tests: `!*go test -fuzz=NAME` fuzzes, " +
			"in a program of the notebook's declarations")
	}
}

// guardTest lets a panic or an interrupt fail a test, where package testing
// would end the process.
func guardTest[T testing.TB](f func(T)) func(T) {
	return func(t T) {
		ended := false
		defer func() {
			if ended {
				return
			}
			switch p := recover(); {
			case p != nil:
				t.Errorf("panic: %s\n%s", describe(p), testFrames())
			case !t.Failed() && !t.Skipped() && stopping():
				t.Error("interrupted")
				t.FailNow() // or testing takes the end of the goroutine for a mistake
			}
		}()
		f(t)
		ended = true
	}
}

// testFrames is the stack of a test that panics, without what called it.
func testFrames() string {
	var b strings.Builder
	for _, f := range frames() {
		if strings.HasPrefix(f.Function, "testing.") || strings.Contains(f.Function, "kernel/internal/engine/host.") {
			continue
		}
		fmt.Fprintf(&b, "\t%s:%d: %s\n", f.File, f.Line, f.Function)
	}
	return b.String()
}
