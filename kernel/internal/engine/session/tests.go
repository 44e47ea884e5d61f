package session

import (
	"fmt"
	"go/ast"
	"go/doc"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// role is what a function is to `go test`.
type role int

const (
	noTest role = iota
	test
	benchmark
	fuzzTarget
	example
	testMain
)

// testRoles are those that a name and the type of the parameter tell.
var testRoles = []struct {
	prefix, parameter string
	role              role
}{{"Test", "T", test}, {"Benchmark", "B", benchmark}, {"Fuzz", "F", fuzzTarget}}

// roleOf follows the rules of `go test`; an example without output is only
// compiled.
func (r *reader) roleOf(f *ast.FuncDecl) (role, *doc.Example) {
	name := f.Name.Name
	if f.Recv != nil || f.Type.TypeParams != nil || f.Type.Results.NumFields() > 0 {
		return noTest, nil
	}
	if f.Type.Params.NumFields() == 0 {
		if !named(name, "Example") {
			return noTest, nil
		}
		for _, e := range doc.Examples(r.file) {
			if "Example"+e.Name == name && (e.Output != "" || e.EmptyOutput) {
				return example, e
			}
		}
		return noTest, nil
	}
	parameter := f.Type.Params.List[0]
	pointer, ok := parameter.Type.(*ast.StarExpr)
	if !ok || f.Type.Params.NumFields() != 1 {
		return noTest, nil
	}
	pointed, ok := pointer.X.(*ast.SelectorExpr)
	switch {
	case !ok:
		return noTest, nil
	case name == "TestMain" && pointed.Sel.Name == "M":
		return testMain, nil
	}
	for _, t := range testRoles {
		if named(name, t.prefix) && pointed.Sel.Name == t.parameter {
			return t.role, nil
		}
	}
	return noTest, nil
}

// named tells whether a name is a prefix and a word: TestX, not Testify.
func named(name, prefix string) bool {
	rest, ok := strings.CutPrefix(name, prefix)
	first, _ := utf8.DecodeRuneInString(rest)
	return ok && (rest == "" || !unicode.IsLower(first))
}

// suite are the functions for `go test` that a cell with %test can run: all
// that the notebook has declared, by name.
func (v *view) suite() (list []*declaration) {
	for _, d := range v.declarations {
		if d.role != noTest {
			list = append(list, d)
		}
	}
	slices.SortFunc(list, func(a, b *declaration) int { return strings.Compare(a.key, b.key) })
	return list
}

// runTests is the code that runs them. It writes no name that a notebook can
// hide.
func (e *emitter) runTests() string {
	lists := map[role]*strings.Builder{}
	for _, r := range []role{test, benchmark, fuzzTarget, example} {
		lists[r] = &strings.Builder{}
	}
	main := ""
	var own []string
	for _, d := range e.suite {
		if (d.role == test || d.role == benchmark) && d.cell == e.number {
			own = append(own, fmt.Sprintf("%q", d.key))
		}
		switch d.role {
		case testMain:
			main = "Main: " + d.key + ", "
		case example:
			unordered := ""
			if d.example.Unordered {
				unordered = ", Unordered: 1 == 1"
			}
			fmt.Fprintf(lists[example], "{Name: %q, F: %s, Output: %q%s},", d.key, d.key, d.example.Output, unordered)
		case fuzzTarget:
			fmt.Fprintf(lists[fuzzTarget], "{Name: %q, Fn: %s},", d.key, d.key)
		default:
			fmt.Fprintf(lists[d.role], "{Name: %q, F: %s},", d.key, d.key)
		}
	}
	list := func(r role, elements string) string {
		return "[]" + testingName + "." + elements + "{" + lists[r].String() + "}"
	}
	return fmt.Sprintf("\n%s.Test(%s.Suite{%sTests: %s, Benchmarks: %s, Fuzz: %s, Examples: %s, Own: %s.Names(%s)})",
		hostName, hostName, main, list(test, "InternalTest"), list(benchmark, "InternalBenchmark"),
		list(fuzzTarget, "InternalFuzzTarget"), list(example, "InternalExample"), hostName, strings.Join(own, ", "))
}
