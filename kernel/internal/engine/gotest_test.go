package engine

import (
	"regexp"
	"strings"
	"testing"
)

// testCells are cells with %test in one notebook, and what each shows; times are 0.00s
// and numbers of benchmarks N.
var testCells = []struct{ code, want string }{
	{"func Twice(n int) int { return 2 * n }\nfunc TestA(t *testing.T) { fmt.Println(\"in A\"); if Twice(1) != 2 { t.Error(\"no\") } }\n%test",
		"=== RUN   TestA\nin A\n--- PASS: TestA (0.00s)\nPASS"},
	{"func TestB(t *testing.T) { fmt.Println(\"in B\") }\nfunc TestAB(t *testing.T) { fmt.Println(\"in AB\") }\n%test",
		"=== RUN   TestAB\nin AB\n--- PASS: TestAB (0.00s)\n=== RUN   TestB\nin B\n--- PASS: TestB (0.00s)\nPASS"},
	{"%test", "=== RUN   TestA\nin A\n--- PASS: TestA (0.00s)\n=== RUN   TestAB\nin AB\n--- PASS: TestAB (0.00s)\n=== RUN   TestB\nin B\n--- PASS: TestB (0.00s)\nPASS"},
	{"%test \"\"", "in A\nin AB\nin B\nPASS"},
	{"%test -test.run=^Test.*B$", "in AB\nin B\nPASS"},
	{"%test -test.run=B -test.skip=A", "in B\nPASS"},
	{"%test -test.run=TestA$ -test.count=2", "in A\nin A\nPASS"},
	{"%test -test.list=A", "TestA\nTestAB"},
	{"%test -test.run=TestA$ -test.cpu=1,2", "in A\nin A\nPASS"},
	{"%test -test.run=TestA$", "in A\nPASS"}, // what came before has no effect
	{"%test -test.run=Nothing", "…testing: warning: no tests to run"},
	{"func BenchmarkTwice(b *testing.B) { for b.Loop() { Twice(3) } }\nfunc BenchmarkOther(b *testing.B) { for range b.N { Twice(3) } }\n%test -test.bench=Other -test.run=^$ -test.benchtime=10x",
		"goos: linux\ngoarch: ARCH\npkg: main\nBenchmarkOther-N\tN\tN ns/op\nPASS"},
	{"func BenchmarkOwn(b *testing.B) {}\n%test", "goos: linux\ngoarch: ARCH\npkg: main\nBenchmarkOther\nBenchmarkOther-N\tN\tN ns/op\nBenchmarkOwn\nBenchmarkOwn-N\tN\tN ns/op\nBenchmarkTwice\nBenchmarkTwice-N\tN\tN ns/op\nPASS"},
	{"func ExampleTwice() {\n\tfmt.Println(Twice(4))\n\t// Output: 8\n}\nfunc ExampleTwice_silent() { panic(\"is not run\") }\nfunc ExampleTwice_wrong() {\n\tfmt.Println(Twice(4))\n\t// Output:\n\t// 9\n}\n%test -test.run=^ExampleTwice$ -test.v",
		"=== RUN   ExampleTwice\n--- PASS: ExampleTwice (0.00s)\nPASS"},
	{"%test -test.run=Example", "--- FAIL: ExampleTwice_wrong (0.00s)\ngot:\n8\nwant:\n9\nFAIL\nExitError: exit status 1"},
	{"func FuzzTwice(f *testing.F) {\n\tf.Add(3)\n\tf.Fuzz(func(t *testing.T, n int) { fmt.Println(\"seed\", n); if Twice(n)%2 != 0 { t.Error(n) } })\n}\n%test -test.run=Fuzz", "seed 3\nPASS"},
	{"%test -test.fuzz=Fuzz", "Panic: %test runs only the seeds of fuzz tests…"},
	{"func TestSub(t *testing.T) {\n\tfor _, name := range []string{\"a\", \"b\"} {\n\t\tt.Run(name, func(t *testing.T) { fmt.Println(\"sub\", name) })\n\t}\n}\n%test -test.run=Sub/b", "sub b\nPASS"},
	{"func TestBad(t *testing.T) { t.Fatal(\"bad\") }\n%test", "=== RUN   TestBad\n    cell[19]:1: bad\n--- FAIL: TestBad (0.00s)\nFAIL\nExitError: exit status 1"},
	{"func TestPanics(t *testing.T) {\n\tvar p *int\n\t*p = 1\n}\n%test", "=== RUN   TestPanics\n    FILE: panic: runtime error: invalid memory address or nil pointer dereference\n        \tcell[20]:3: main.TestPanics\n--- FAIL: TestPanics (0.00s)\nFAIL\nExitError: exit status 1"},
	{"func TestSkip(t *testing.T) { t.Skip(\"later\") }\nfunc TestParallel(t *testing.T) { t.Parallel() }\n%test -test.run=Skip|Parallel", "PASS"},
	{"%test -test.run=(", "Panic: %test -test.run wants a regular expression, got \"(\": error parsing regexp: missing closing ): `(`"},
	{"%test -test.cpu=x", "Panic: %test -test.cpu wants numbers of processors, such as 1,2,4, got \"x\""},
	{"%test -test.coverprofile=x", "Panic: %test cannot measure coverage in a living process…"},
	{"%test -test.nothing", "flag provided but not defined: -test.nothing…"},
	{"func Testify(t *testing.T) { panic(1) }\nfunc TestOf(n int) { panic(2) }\ntype suite struct{}\nfunc (suite) TestMethod(t *testing.T) { panic(3) }\nfunc TestZ(t *testing.T) { fmt.Println(\"Z\") }\n%test", "=== RUN   TestZ\nZ\n--- PASS: TestZ (0.00s)\nPASS"},
	{"func TestMain(m *testing.M) { fmt.Println(\"before\"); code := m.Run(); fmt.Println(\"after\", code) }\n%test -test.run=TestZ", "before\nZ\nPASS\nafter 0"},
	{"%test -test.run=TestBad", "before\n--- FAIL: TestBad (0.00s)\n    cell[19]:1: bad\nFAIL\nafter 1\nExitError: exit status 1"},
	{"func TestZ(t int) {}\n%test -test.run=Z", "…testing: warning: no tests to run"},
	{"func TestMain(m *testing.M) { os.Exit(m.Run()) }\n%test -test.run=TestA$", "in A\nPASS"},
	{"Twice(21)", "=> 42"},
}

var (
	seconds   = regexp.MustCompile(`\d+\.\d\ds`)
	benchmark = regexp.MustCompile(`(?m)^(Benchmark\w+?)-\d+ *\t *\d+\t *[\d.]+ ns/op$`)
	arch      = regexp.MustCompile(`goarch: \w+\n(pkg: main\n)(?:cpu: .*\n)?`)
	goFile    = regexp.MustCompile(`(?m)^    \w+\.go:\d+: `)
)

func TestCellTests(t *testing.T) {
	n := newNotebook(t)
	for _, c := range testCells {
		got := seconds.ReplaceAllString(n.run(c.code), "0.00s")
		got = benchmark.ReplaceAllString(got, "$1-N\tN\tN ns/op")
		got = goFile.ReplaceAllString(arch.ReplaceAllString(got, "goarch: ARCH\n$1"), "    FILE: ")
		if inside, ok := strings.CutPrefix(c.want, "…"); ok && strings.Contains(got, inside) {
			continue // the order of two streams is anyone's
		}
		start, open := strings.CutSuffix(c.want, "…")
		if got != c.want && !(open && strings.HasPrefix(got, start)) {
			t.Errorf("%s\nshows\n%s\nwant\n%s", c.code, got, c.want)
		}
	}
}
