package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/host"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/engine/session"
	"github.com/gocifar/gocifar/kernel/internal/gocell"
)

// lightLibrary is made once for all tests.
var lightLibrary = sync.OnceValues(func() (*library.Library, error) {
	if dir := os.Getenv("GOCIFAR_TEST_LIBRARY"); dir != "" && library.Complete(dir) {
		return library.Open(dir)
	}
	dir, err := os.MkdirTemp("", "live-library")
	if err != nil {
		return nil, err
	}
	temporary = append(temporary, dir)
	return buildLight(context.Background(), dir, "../../..")
})

// buildLight makes a library for tests in dir, of the checkout in root.
func buildLight(ctx context.Context, dir, root string) (*library.Library, error) {
	return library.Build(ctx, dir, library.Options{Go: "go", Root: root, Light: true, Packages: []string{embedding}})
}

// embedding is a package for tests of the kernel.
const embedding = "github.com/gocifar/gocifar/kernel/internal/live/testdata/embedding"

var temporary []string

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == kernelArgument {
		os.Exit(serveAsKernel(os.Args[2:]))
	}
	code := m.Run()
	for _, dir := range temporary {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

func testLibrary(t testing.TB) *library.Library {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: a library for live cells takes a while")
	}
	if err := library.Supported(); err != nil {
		t.Skip(err)
	}
	l, err := lightLibrary()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// notebook runs cells without the messages around them.
type notebook struct {
	t       *testing.T
	session *session.Session
	builder *library.Builder
	process *process
	dir     string
	number  int64

	mu  sync.Mutex
	out strings.Builder
}

func newNotebook(t *testing.T) *notebook {
	l := testLibrary(t)
	n := &notebook{t: t, builder: library.NewBuilder(l), dir: t.TempDir()}
	n.session = session.New(n.builder)
	p, err := startProcess(processOptions{program: l.Host(), dir: n.dir, env: os.Environ(), write: func(_, text string) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.out.WriteString(text)
	}})
	if err != nil {
		t.Fatal(err)
	}
	n.process = p
	t.Cleanup(p.close)
	return n
}

// run returns what a cell printed, its result as "=> text", and its error.
func (n *notebook) run(code string) string {
	n.number++
	c := gocell.Parse(code).Sort()
	p, err := n.session.Prepare(n.number, c, code)
	if err != nil {
		return "! " + err.Error()
	}
	plugin, err := n.builder.Compile(n.t.Context(), n.dir, n.number, p.Source)
	if err != nil {
		n.t.Logf("source:\n%s", p.Source)
		return "!! " + err.Error()
	}
	n.mu.Lock()
	n.out.Reset()
	n.mu.Unlock()
	ctx, cancel := context.WithTimeout(n.t.Context(), time.Minute)
	defer cancel()
	a, err := n.process.do(ctx, host.Command{Path: plugin, Entry: library.EntryName(n.number), Cell: n.number, Args: c.Args, Flags: p.Flags})
	os.Remove(plugin)
	if err != nil {
		var died *diedError
		if errors.As(err, &died) {
			return "died: " + died.Error()
		}
		n.t.Fatal(err)
	}
	n.session.Commit(p)
	n.mu.Lock()
	text := n.out.String()
	n.mu.Unlock()
	if a.Result != nil {
		text += fmt.Sprintf("=> %v", a.Result["text/plain"])
	}
	if a.Outcome != host.OK {
		text += a.Outcome + ": " + a.Error
	}
	return strings.TrimSpace(text)
}

// sequences are cells and what each has to show: "cell" then "result", in turn. A
// result that ends in "…" is the beginning only.
var sequences = []struct {
	name  string
	cells []string
}{
	{"hello", []string{"%%\nfmt.Println(\"hello\")", "hello"}},
	{"package variable keeps its value", []string{"var x = 1\n%%\nx++", "", "%%\nx++\nfmt.Println(x)", "3"}},
	{"initialiser runs once", []string{"func f() int { fmt.Println(\"run\"); return 7 }\nvar x = f()", "run", "%%\nfmt.Println(x)", "7"}},
	{"cell that runs again initialises again", []string{"var n = 1", "", "n += 5; fmt.Println(n)", "6", "var n = 1", "", "n", "=> 1"}},
	{"declared again without a value is zero", []string{"var n int; n = 5", "", "var n int", "", "n", "=> 0"}},
	{"short definition lives on", []string{"%%\nx := 40", "", "%%\nx += 2\nx", "=> 42"}},
	{"without a mark", []string{"x := 3\ny := x * 2", "", "x + y", "=> 9"}},
	{"several values", []string{"a, b := 1, \"two\"", "", "fmt.Println(a, b)", "1 two"}},
	{"define again with another type", []string{"x := 1", "", "x := \"one\"", "", "x", "=> one"}},
	{"define from the earlier one", []string{"x := 20", "", "x := x + 1", "", "x := fmt.Sprint(x, \"!\")", "", "x", "=> 21!"}},
	{"error twice in a cell", []string{"a, err := strconv.Atoi(\"1\")\nb, err := strconv.Atoi(\"x\")\nfmt.Println(a, b, err != nil)", "1 0 true", "err", "=> strconv.Atoi: parsing \"x\": invalid syntax"}},
	{"var among statements", []string{"x := 2\nvar y int\nvar z = x * 3\nfmt.Println(y, z)", "0 6", "y = z; fmt.Println(y)", "6"}},
	{"var group among statements", []string{"x := 1\nvar (\n\ta = x\n\tb string\n)\nfmt.Println(a, b == \"\")", "1 true", "a++; a", "=> 2"}},
	{"explicit type", []string{"var f float32 = 1\nvar g any = f", "", "fmt.Printf(\"%T %T\\n\", f, g)", "float32 float32"}},
	{"function uses living variable", []string{"var n int\nfunc inc() { n++ }", "", "inc(); inc()", "", "n", "=> 2"}},
	{"function redefined", []string{"func f() int { return 1 }\nfunc g() int { return f() * 10 }", "", "g()", "=> 10", "func f() int { return 2 }", "", "g()", "=> 20"}},
	{"function value keeps the old definition", []string{"func f() int { return 1 }\nold := f", "", "func f() int { return 2 }\nnow := f", "", "fmt.Println(old(), now(), f())", "1 2 2"}},
	{"recursion", []string{"func fib(n int) int { if n < 2 { return n }; return fib(n-1) + fib(n-2) }", "", "fib(20)", "=> 6765"}},
	{"mutual recursion in two cells", []string{"func odd(n int) bool { return n != 0 && even(n-1) }\nfunc even(n int) bool { return n == 0 || odd(n-1) }", "", "odd(7)", "=> true"}},
	{"closure over an earlier variable", []string{"n := 1\nadd := func(d int) int { n += d; return n }", "", "add(4); n", "=> 5", "n = 100; add(1)", "=> 101"}},
	{"type and method", []string{"type point struct{ x, y int }\nfunc (p *point) move(d int) { p.x += d }\nvar p = &point{1, 2}", "", "p.move(3)\nfmt.Println(*p)", "{4 2}"}},
	{"method in a later cell", []string{"type counter struct{ n int }", "", "func (c *counter) inc() { c.n++ }\nvar c counter", "", "c.inc(); c.inc(); c.n", "=> 2"}},
	{"type keeps its identity", []string{"type point struct{ x int }\nvar a any = point{7}", "", "p, ok := a.(point)\nfmt.Println(p, ok)", "{7} true"}},
	{"type switch on a type of an earlier cell", []string{"type A struct{}; type B struct{}\nvar list = []any{A{}, B{}, 3}", "",
		"for _, v := range list { switch v.(type) { case A: fmt.Print(\"A\"); case B: fmt.Print(\"B\"); default: fmt.Print(\"?\") } }", "AB?"}},
	{"interface of an earlier cell", []string{"type shape interface{ area() float64 }\ntype square struct{ a float64 }\nfunc (s square) area() float64 { return s.a * s.a }\nvar s shape = square{3}", "",
		"fmt.Println(s.area(), s == shape(square{3}))", "9 true"}},
	{"errors.As with a type of an earlier cell", []string{"type myError struct{ code int }\nfunc (e *myError) Error() string { return fmt.Sprint(\"code \", e.code) }\nvar err error = fmt.Errorf(\"wrapped: %w\", &myError{4})", "",
		"var m *myError\nfmt.Println(errors.As(err, &m), m.code)", "true 4"}},
	{"method redefined", []string{"type T struct{ n int }\nfunc (t T) String() string { return \"old\" }\nvar t = T{1}", "", "fmt.Println(t)", "old", "func (t T) String() string { return \"new\" }", "", "fmt.Println(t, t.n)", "new 1"}},
	{"type with the same fields", []string{"type P struct{ x int }\nvar p = P{5}", "", "type P struct{ x int }\nfunc (p P) twice() int { return 2 * p.x }", "", "p.twice()", "=> 10"}},
	{"type with other fields", []string{"type P struct{ x int }\nvar p = P{5}", "", "type P struct{ x, y int }", "", "p", "! cell[3]:1:1: undefined: p (the type of p has been redefined since cell [1] declared it as P: run cell [1] again)", "var p = P{1, 2}", "", "p.y", "=> 2"}},
	{"type redefined and back", []string{"type P struct{ x int }\nvar a any = P{1}", "", "type P struct{ x, y int }\nvar b any = P{1, 2}", "", "_, ok := b.(P); ok", "=> true", "type P struct{ x int }\n_, again := a.(P); again", "=> true"}},
	{"embedded type", []string{"type base struct{ id int }\nfunc (b base) show() string { return fmt.Sprint(\"#\", b.id) }\ntype thing struct{ base; name string }\nvar t = thing{base{3}, \"x\"}", "", "t.show() + t.name", "=> #3x", "t.base.id", "=> 3"}},
	{"embedded type redefined", []string{"type base struct{ id int }\ntype thing struct{ base }", "", "type base struct{ id, z int }\nvar t thing\nt.base.z = 4", "", "t.z", "=> 4"}},
	{"recursive type", []string{"type node struct{ v int; next *node }\nvar head *node", "", "for i := range 3 { head = &node{i, head} }", "", "s := 0\nfor n := head; n != nil; n = n.next { s += n.v }\ns", "=> 3"}},
	{"type alias", []string{"type num = int\nvar n num = 4", "", "var m int = n\nm", "=> 4"}},
	{"generic function", []string{"func apply[A, B any](in []A, f func(A) B) []B { var out []B; for _, a := range in { out = append(out, f(a)) }; return out }", "", "apply([]int{1, 2}, func(i int) string { return fmt.Sprint(i * i) })", "=> [1 4]"}},
	{"generic type", []string{"type stack[T any] struct{ items []T }\nfunc (s *stack[T]) push(t T) { s.items = append(s.items, t) }\nvar s stack[string]", "", "s.push(\"a\"); s.push(\"b\"); len(s.items)", "=> 2"}},
	{"generic type keeps its identity", []string{"type pair[A, B any] struct{ a A; b B }\nvar x any = pair[int, string]{1, \"b\"}", "", "x.(pair[int, string]).b", "=> b"}},
	{"generic type redefined", []string{"type box[T any] struct{ v T }\nfunc (b box[T]) get() T { return b.v }", "", "type box[T any] struct{ v, w T }\nvar b = box[int]{1, 2}", "", "b.get() + b.w", "=> 3"}},
	{"generic type of a package with hidden methods", []string{"import \"" + embedding + "\"\nfunc first(list ...embedding.Part) int { return embedding.Secret(list[0]) }\n%%\nm := embedding.New().Named(\"four\")\nfmt.Println(m.Name(), first(m))", "four 4",
		"var p embedding.Part = &m.Base\n_, ok := any(m).(interface{ Named(string) *embedding.Model })\nfmt.Println(first(p), ok, reflect.TypeOf(m.Base).NumField())", "4 true 2"}},
	{"constraint", []string{"type number interface{ ~int | ~float64 }\nfunc sum[T number](l ...T) (t T) { for _, v := range l { t += v }; return }", "", "sum(1.5, 2)", "=> 3.5"}},
	{"iota", []string{"type day int\nconst (\n\tmon day = iota\n\ttue\n\twed\n)", "", "fmt.Println(mon, tue, wed)", "0 1 2"}},
	{"constant redefined", []string{"const n = 3", "", "const n = 4", "", "n", "=> 4"}},
	{"constant of a group redefined", []string{"const (\n\ta = iota\n\tb\n\tc\n)", "", "const b = \"other\"", "", "fmt.Println(a, b, c)", "0 other 2"}},
	{"constant becomes a variable", []string{"const k = 1", "", "var k = 2\nk++", "", "k", "=> 3"}},
	{"blank identifiers", []string{"var _ = fmt.Sprint(1)\nvar _, b = 1, 2\n_ = 3", "", "b", "=> 2"}},
	{"initialisation order", []string{"var a = b + 1\nvar b = f()\nfunc f() int { return c * 2 }\nvar c = 5", "", "fmt.Println(a, b, c)", "11 10 5"}},
	{"init functions", []string{"var log []string\nfunc init_a() { log = append(log, \"a\") }\nfunc init_b() { log = append(log, \"b\") }", "", "log", "=> [a b]"}},
	{"main function", []string{"func main() { fmt.Println(\"main\") }", "main", "func main() { fmt.Println(\"again\") }", "again"}},
	{"exec", []string{"func work() { fmt.Println(\"worked\") }", "", "%exec work", "worked"}},
	{"arguments and flags", []string{"var n = flag.Int(\"n\", 1, \"\")\n%% -n 7 rest\nfmt.Println(*n, flag.Args())", "7 [rest]", "var n = flag.Int(\"n\", 1, \"\")\n%% -n 8\nfmt.Println(*n)", "8", "%% -n 9\nfmt.Println(*n)", "9"}},
	{"wrong flag", []string{"%% -nothing\nfmt.Println(1)", "flag provided but not defined: -nothing\nUsage of cell:\npanic: flag provided but not defined: -nothing"}},
	{"labels", []string{"outer:\nfor i := range 3 { for j := range 3 { if j == 1 { continue outer }; if i == 2 { break outer }; fmt.Print(i, j, \" \") } }", "0 0 1 0"}},
	{"unused things", []string{"import \"os\"\n%%\nx := 1\nfor i, v := range []int{1} { }\nif y := 2; true { }\nfunc() { z := 3 }()\nswitch s := any(1).(type) { case int: }\nunused:\nfmt.Println(\"ok\")", "ok"}},
	{"exported variables", []string{"X := 3", "", "var Count int\nvar ErrMine = errors.New(\"x\")\nName := \"go\"\nPi := 3.5\nfunc E(err error) string { return err.Error() }", "", "Count += X\nfmt.Println(Count, ErrMine, Name, Pi, E(ErrMine))", "3 x go 3.5 x"}},
	{"exported types and functions", []string{"type Shape interface{ Area() float64 }\ntype Square struct{ Side float64 }\nfunc (s Square) Area() float64 { return s.Side * s.Side }\nvar Shapes = []Shape{Square{2}}\nfunc Total(s ...Shape) (t float64) { for _, x := range s { t += x.Area() }; return }", "", "Total(Shapes...)", "=> 4", "Shapes[0].(Square).Side", "=> 2"}},
	{"names of types", []string{"type T struct{ N int }\ntype G[A any] struct{ V A }\nfmt.Printf(\"%T %T %T %v\", T{}, &G[T]{}, []T{}, reflect.TypeOf(map[string]G[int]{}))", "main.T *main.G[main.T] []main.T map[string]main.G[int]",
		"type T struct{ N int; S string }\nfmt.Printf(\"%T %T %T %s %s\", T{}, &G[T]{}, func(T) []T { return nil }, reflect.TypeOf(T{}).Name(), reflect.TypeOf(T{}).PkgPath())", "main.T *main.G[main.T] func(main.T) []main.T T main",
		"type E struct { T; t *T }\nfmt.Printf(\"%T %+v %s\", E{}, E{}, reflect.TypeOf(E{}).Field(0).Name)", "main.E {T:{N:0 S:} t:<nil>} T",
		"func f() any { type local struct{ T }; return local{} }\nfmt.Printf(\"%T %v\", f(), reflect.TypeOf(f()).Field(0).Name)", "main.local T",
		"json.Unmarshal([]byte(`{\"N\":\"x\"}`), &T{})", "=> json: cannot unmarshal string into Go struct field T.N of type int",
		"any(T{}).(error)", "panic: interface conversion: main.T is not error: missing method Error"}},
	{"type whose methods use variables", []string{"var n = 1\ntype T struct{ n int }\nfunc (t T) sum() int { return t.n + n }\nvar x any = T{2}", "", "t, ok := x.(T)\nok, t.sum()", "=> (true, 3)",
		"n = 5; x.(interface{ sum() int }).sum()", "=> 7", "n := \"text\"", "", "x.(interface{ sum() int }).sum()", "=> 7",
		"var n = 1\ntype T struct{ n int }\nfunc (t T) sum() int { return t.n + n }\nx = T{4}\n_, ok = x.(T)\nok", "=> true", "n = 6; x.(T).sum()", "=> 10"}},
	{"blank type parameters", []string{"type asserter[_ any] struct{ n int }\nfunc (asserter[T]) is(x any) bool { _, ok := x.(T); return ok }", "", "type pair[_, B any] struct{ b B }", "", "func (p pair[_, B]) get() B { return p.b }", "",
		"asserter[int]{}.is(1), asserter[string]{}.is(1), pair[int, string]{\"b\"}.get()", "=> (true, false, \"b\")"}},
	{"directives", []string{"//go:noinline\nfunc caller() string { pc, _, line, _ := runtime.Caller(0); return fmt.Sprint(runtime.FuncForPC(pc).Name(), \" \", line) }", "", "// f is documented.\n//\n//go:noinline\nfunc f() string { return caller() }\n%%\nf(), runtime.GOROOT() != \"\"", "=> (\"main.caller 2\", true)"}},
	{"names of functions", []string{"func here() string { pc, _, _, _ := runtime.Caller(1); return runtime.FuncForPC(pc).Name() }\ntype T struct{}\nfunc (T) M() string { return here() }", "",
		"func() { fmt.Println(here(), T{}.M()) }()", "main.main.func1 main.T.M", "here()", "=> main.main", "func main() { func() { fmt.Println(here()) }() }", "main.main.func1", "main()", "! cell[5]:1:1: undefined: main"}},
	{"local declarations after the mark", []string{"const n = 1\ntype T int\nfunc g() T { return n }", "", "%%\nconst n = \"text\"\ntype T string\nfmt.Println(n, T(n), g())", "text text 1", "fmt.Println(n, T(n))", "1 1"}},
	{"type whose methods use a constant of a group", []string{"const (\n\ta = iota\n\tb\n)\ntype T struct{}\nfunc (T) f() int { return b }\nvar x any = T{}", "", "var a = 13\n_, ok := x.(T)\nok, a, b", "=> (true, 13, 1)",
		"const b = 7\n_, ok = x.(T)\nok, x.(interface{ f() int }).f()", "=> (false, 1)"}},
	{"type whose methods use a variable that is declared again", []string{"var n = 1\ntype T struct{}\nfunc (t T) sum() int { return n }\nvar x any = T{}", "", "var n = 9\n_, ok := x.(T)\nok, x.(T).sum()", "=> (true, 9)",
		"var n int8 = 3\n_, ok = x.(T)\nok", "=> false"}},
	{"names of fields and of locals", []string{"func m() int { return 1 }\ntype V struct{ m int }\nfunc (v V) f(k int) int { n := v.m; return n + k }\nvar z any = V{3}", "", "func m() int { return 2 }\nvar n, k = 5, 6\nz.(V).f(1), m()", "=> (4, 2)"}},
	{"functions that are no init functions", []string{"func init_8(s string) int { return len(s) }\nfunc init_a() { fmt.Println(\"init_a\") }", "init_a", "init_8(\"four\")", "=> 4",
		"x := 1\nfunc main(n int) {}", "! cell[3]:2:1: func main must have no type parameters, no arguments and no return values"}},
	{"types with one name", []string{"type T struct{ a int }\nvar old any = T{1}", "", "type T struct{ a, b int }\nvar now any = T{1, 2}\nfmt.Printf(\"%T %T %t\", old, now, reflect.TypeOf(old) == reflect.TypeOf(now))", "main.T main.T false",
		"old.(T)", "panic: interface conversion: interface {} is main.T, not main.T (types from different scopes)", "fmt.Println(old, now)", "{1} {1 2}"}},
	{"unicode names", []string{"größe := 3\nvar 日本 = \"x\"\ntype Ω struct{ α int }", "", "fmt.Println(größe, 日本, Ω{2})", "3 x {2}"}},
	{"shadowing stays local", []string{"x := 1\nif true { x := 2; x++ }\nx", "=> 1"}},
	{"builtin's name", []string{"len := 3\nlen", "=> 3", "len(\"ab\")", "=> 2"}},
	{"package's name", []string{"import \"net/url\"\n%%\nurl := url.PathEscape(\"a b\")\nfmt.Println(url)", "a%20b", "url.PathEscape(\"c d\")", "=> c%20d"}},
	{"import with a name", []string{"import str \"strings\"", "", "str.ToUpper(\"a\")", "=> A"}},
	{"dot import", []string{"import . \"strings\"", "", "ToUpper(\"b\")", "=> B"}},
	{"types of other packages live on", []string{"import \"bytes\"\nvar b bytes.Buffer\nr := strings.NewReader(\"abc\")", "", "b.WriteString(\"x\"); b.WriteString(\"y\"); b.String()", "=> xy", "r.Len()", "=> 3"}},
	{"unexported type of another package", []string{"e := errors.New(\"e\")\nt := reflect.TypeOf(1)\nh := list()\nfunc list() *regexp.Regexp { return regexp.MustCompile(\"a+\") }", "", "fmt.Println(e, t, h.FindString(\"baa\"))", "e int aa"}},
	{"local type", []string{"func f() any { type t struct{ a int }; return t{1} }\nx := f()", "", "func g() any { type t struct{ s string; n int }; return t{\"s\", 2} }\nfmt.Println(x, g())", "{1} {s 2}"}},
	{"anonymous struct", []string{"s := struct{ a, b int }{1, 2}", "", "s.a + s.b", "=> 3"}},
	{"goroutine outlives its cell", []string{"ticks := make(chan int)\ngo func() { for i := 0; ; i++ { ticks <- i } }()", "", "<-ticks; <-ticks", "=> 1", "<-ticks", "=> 2"}},
	{"mutex and map", []string{"var mu sync.Mutex\nvar m = map[string]int{}", "", "var wg sync.WaitGroup\nfor i := range 50 { wg.Go(func() { mu.Lock(); defer mu.Unlock(); m[fmt.Sprint(i)] = i }) }\nwg.Wait()\nlen(m)", "=> 50"}},
	{"channel and select", []string{"c := make(chan string, 1)", "", "c <- \"v\"", "", "select { case v := <-c: fmt.Println(v); default: fmt.Println(\"none\") }", "v"}},
	{"defer", []string{"defer fmt.Println(\"last\")\nfmt.Println(\"first\")", "first\nlast"}},
	{"panic leaves the state", []string{"n := 1", "", "n = 2\nvar p *int\n*p = 1", "panic: runtime error: invalid memory address or nil pointer dereference", "n", "=> 2"}},
	{"panic with an error", []string{"panic(errors.New(\"broken\"))", "panic: broken"}},
	{"compile error leaves the state", []string{"n := 5", "", "n = \"text\"", "! cell[2]:1:5: cannot use \"text\" (untyped string constant) as int value in assignment", "n", "=> 5"}},
	{"parse error", []string{"func f( {", "! cell[1]:1:9: syntax error: unexpected {, expected )"}},
	{"one parse error", []string{"1 +", "! cell[1]:1:4: syntax error: unexpected EOF, expected expression", "if 1 < 2 {\n\tx := 1\n\n", "! cell[2]:2:8: syntax error: unexpected EOF, expected }",
		"type T struct {\n\ta int", "! cell[3]:2:7: syntax error: unexpected EOF, expected }", "x := 1\ny z\nfunc g() {}", "! cell[4]:2:3: syntax error: unexpected name z at end of statement",
		"fmt.Println(\"a\"", "! cell[5]:1:16: syntax error: unexpected EOF in argument list; possibly missing comma or )", "x := 'ab'", "! cell[6]:1:6: more than one character in rune literal",
		"x := \"ab", "! cell[7]:1:6: string not terminated", "a, b +", "! cell[8]:1:7: syntax error: unexpected EOF, expected expression", "x := 1\n}", "! cell[9]:2:1: syntax error: unexpected }"}},
	{"several values are shown", []string{"a, b := 7, \"two\"\nvar e error\na, b, e", "=> (7, \"two\", <nil>)", "func f() (int, string, error) { return a, b, errors.New(\"bad\") }\nf()", "=> (7, \"two\", bad)",
		"strconv.Atoi(\"12\")", "=> (12, <nil>)", "fmt.Println(\"shown once\")", "shown once", "a, f;", "! cell[5]:1:5: syntax error: unexpected semicolon, expected := or = or comma",
		"// a comment\na+1, // one\n[]int{1, 2}, map[string]int{\"x\": 1}, func() int { return 3 }() // two", "=> (8, [1 2], map[x:1], 3)",
		"a, undefined1", "! cell[7]:1:4: undefined: undefined1", "for i := range 2 { _, _ = i, i }", "", "c := make(chan int, 1); c <- 5\nv, ok := <-c\nv, ok", "=> (5, true)", "nil, 1", "=> (<nil>, 1)"}},
	{"closing bracket too many", []string{"x := 1\n}\nfunc g() {", "! cell[1]:3:11: syntax error: unexpected EOF, expected }"}},
	{"function that no longer compiles", []string{"type M struct{ a int }\nfunc get(m M) int { return m.a }", "", "type M struct{ b int }", "", "get(M{1})", "! cell[3]:1:1: undefined: get (get of cell [1] does not compile any more: cell[1]:2: m.a undefined (type M has no field or method a))", "func get(m M) int { return m.b }\nget(M{4})", "=> 4"}},
	{"result forms", []string{"[]int{1, 2}", "=> [1 2]", "map[string]int{\"a\": 1}", "=> map[a:1]", "struct{ A int }{3}", "=> {A:3}", "\"text\"", "=> text", "nil", "", "(*int)(nil)", ""}},
	{"no result", []string{"fmt.Println(\"x\")", "x", "strings.ToUpper(\"x\");", "", "var e error\ne", ""}},
	{"unicode output", []string{"fmt.Print(\"héllo \", \"日本\")", "héllo 日本"}},
	{"large array", []string{"var big [1 << 20]int\nbig[77] = 5", "", "big[77]", "=> 5"}},
	{"garbage collection", []string{"var keep = map[int]*[]byte{}\nfor i := range 1000 { b := make([]byte, 1000); b[7] = byte(i); keep[i] = &b }", "", "runtime.GC()\nok := true\nfor i := range 1000 { ok = ok && (*keep[i])[7] == byte(i) }\nok", "=> true", "type w struct{ s string; b []byte; m map[string]int; f func() int; a any; n *w }\nvar ws = w{s: fmt.Sprint(1, 2), f: func() int { return len(keep) }, a: fmt.Sprint(3), n: &w{s: fmt.Sprint(9)}}", "", "for range 20 { _ = make([]byte, 1<<20) }\nruntime.GC()\nfmt.Println(ws.s, ws.f(), ws.a, ws.n.s)", "1 2 1000 3 9"}},
	{"tests", []string{"func TestA(t *testing.T) { t.Log(\"in a\") }\n%test", "=== RUN   TestA…"}},
	{"shell lines do not disturb", []string{"!true\nx := 1", "", "x", "=> 1"}},
	{"imports itself", []string{"%%\nfmt.Println(strings.Repeat(\"a\", 3), math.Sqrt(4), rand.New(rand.NewSource(1)).Intn(1))", "aaa 2 0"}},
	{"struct tags and json", []string{"type rec struct{ A int `json:\"a\"` }\nvar r rec", "", "must := json.Unmarshal([]byte(`{\"a\": 3}`), &r)\nfmt.Println(must, r.A)", "<nil> 3"}},
	{"method value", []string{"type acc struct{ n int }\nfunc (a *acc) add(d int) { a.n += d }\nvar a acc\nadd := a.add", "", "add(2); add(3); a.n", "=> 5"}},
	{"range over function", []string{"func seq(n int) iter.Seq[int] { return func(yield func(int) bool) { for i := range n { if !yield(i) { return } } } }", "", "s := 0\nfor v := range seq(5) { s += v }\ns", "=> 10"}},
	{"maps of types of cells", []string{"type key struct{ a, b int }\nvar m = map[key]string{{1, 2}: \"x\"}", "", "m[key{1, 2}]", "=> x", "m[key{3, 4}] = \"y\"\nlen(m)", "=> 2"}},
	{"no cgo in cells", []string{"import \"C\"", "! cell[1]:1:8: a live cell cannot import \"C\": put the C code into a package and import that, or run this notebook on the GoNB kernel"}},
}

func TestSequences(t *testing.T) {
	for _, s := range sequences {
		t.Run(s.name, func(t *testing.T) {
			newNotebook(t).check(s.cells)
		})
	}
}

// check runs cells and compares what they show: "cell", "shown", in turn.
func (n *notebook) check(cells []string) {
	n.t.Helper()
	for i := 0; i+1 < len(cells); i += 2 {
		got, want := n.run(cells[i]), cells[i+1]
		if start, ok := strings.CutSuffix(want, "…"); ok && strings.HasPrefix(got, start) {
			continue
		}
		if got != want {
			n.t.Errorf("cell %d:\n%.400s\nshows\n%.600s\nwant\n%s", i/2+1, cells[i], got, want)
		}
	}
}

// kernelArgument makes this test binary a kernel.
const kernelArgument = "-live-kernel"

// testGrace is how long a cell of it may take to stop.
const testGrace = 2 * time.Second

// serveAsKernel is the kernel in a process of its own.
func serveAsKernel(args []string) int {
	o := Options{Library: args[0], Connection: args[1], Gopls: os.Getenv("GOCIFAR_TEST_GOPLS"), Grace: testGrace}
	if root := os.Getenv(rebuildVariable); root != "" {
		o.Rebuild = func(ctx context.Context, say func(string)) (string, error) {
			say("building the packages")
			dir, err := os.MkdirTemp(root, "library")
			if err == nil {
				_, err = buildLight(ctx, dir, root)
			}
			return dir, err
		}
	}
	err := Serve(context.Background(), o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
