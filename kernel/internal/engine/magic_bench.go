package engine

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"regexp"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/gocell"
)

// magicBench measures an expression or a statement, again and again for a
// second, as a benchmark of package testing does with b.Loop: the compiler
// leaves nothing out because its result is not used.
func (r *run) magicBench([]string) error {
	if strings.TrimSpace(r.rest) == "" {
		return magicErrorf("%%bench wants an expression or a statement: %%bench f(10)")
	}
	kept := r.rest
	// The compiler keeps results of calls and assigned variables.
	if x, err := parser.ParseExpr(r.rest); err == nil {
		if _, isCall := ast.Unparen(x).(*ast.CallExpr); !isCall {
			kept = fmt.Sprintf("kept := %s; _ = kept", r.rest)
		}
	}
	code := fmt.Sprintf("gocell_host.Bench(func(gocell_b *gocell_host.B) { for gocell_b.Loop() { %s\n} })", kept)
	_, err := r.snippet(code)
	return err
}

// snippetPlace is where a mistake in a snippet is, which has no cell that people
// know.
var snippetPlace = regexp.MustCompile(`\bcell\[\d{7,}\]:\d+:\d+: `)

// snippet runs code of a special line.
func (r *run) snippet(code string) (result map[string]any, err error) {
	result, err = r.goCode(gocell.Parse(code).Sort(), code, r.execution(Cell{}))
	var f *Failure
	if errors.As(err, &f) {
		f.Value = snippetPlace.ReplaceAllString(f.Value, "")
	}
	return result, err
}
