package session

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"strings"
)

// The expressions that end a cell are shown: one, a list of them such as "a,
// b", or a call with its results, however many.

// resultCall is the code in front of what is to be shown.
func resultCall(number int64) string { return fmt.Sprintf("%s.Result(%d)(", hostName, number) }

// wrapped tells whether an expression is a call that resultCall begins.
func wrapped(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	result, ok := call.Fun.(*ast.CallExpr)
	if !ok {
		return false
	}
	selector, ok := result.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := selector.X.(*ast.Ident)
	return ok && x.Name == hostName
}

// expressionList finds the list of two or more expressions that ends a cell,
// which is no statement in Go.
func expressionList(body string) (s span, ok bool) {
	s, commas := lastStatement(body)
	if commas == 0 {
		return span{}, false
	}
	list, err := parser.ParseExpr("f(" + body[s.start:s.end] + ")")
	if err != nil {
		return span{}, false
	}
	call, ok := list.(*ast.CallExpr)
	return s, ok && len(call.Args) > 1 && !call.Ellipsis.IsValid()
}

// lastStatement is the place of the text's last statement, without a comment
// behind it, and how many commas stand in it outside of brackets. A semicolon
// that someone has written ends a statement that is not to be shown: then there
// are none.
func lastStatement(body string) (s span, commas int) {
	files := token.NewFileSet()
	file := files.AddFile("", files.Base(), len(body))
	var sc scanner.Scanner
	sc.Init(file, []byte(body), func(token.Position, string) {}, 0)
	depth, begun := 0, false
	for {
		pos, t, literal := sc.Scan()
		at := file.Offset(pos)
		switch t {
		case token.ILLEGAL:
			return span{}, 0 // the parser says what is wrong
		case token.EOF:
			return s, commas
		case token.LPAREN, token.LBRACE, token.LBRACK:
			depth++
		case token.RPAREN, token.RBRACE, token.RBRACK:
			depth--
		case token.SEMICOLON:
			if depth > 0 {
				continue
			}
			if begun = false; literal == ";" {
				commas = 0
			}
			continue
		}
		if !begun {
			s, commas, begun = span{start: at}, 0, true
		}
		if t == token.COMMA && depth == 0 {
			commas++
		}
		s.end = at + len(literal)
		if literal == "" {
			s.end = at + len(t.String())
		}
	}
}

// showResult shows a last expression that is a call or a receive, unless it has
// no value.
func (e *emitter) showResult() {
	if e.result == nil || wrapped(e.result) {
		return
	}
	t := e.info.Types[e.result]
	if t.Type == nil || t.IsVoid() || !t.IsValue() {
		return
	}
	if tuple, ok := t.Type.(*types.Tuple); ok && (tuple.Len() == 0 || e.writes(e.result, tuple)) {
		return
	}
	e.edits.insert(e.offset(e.result.Pos()), resultCall(e.number))
	e.edits.insert(e.offset(e.result.End()), ")")
}

// writes tells whether a call only writes and returns a number of bytes and an
// error, as fmt.Println and Write do. Notebooks do not show these results.
func (e *emitter) writes(x ast.Expr, results *types.Tuple) bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok || results.Len() != 2 || results.At(1).Type() != types.Universe.Lookup("error").Type() {
		return false
	}
	if n, ok := results.At(0).Type().(*types.Basic); !ok || n.Info()&types.IsInteger == 0 {
		return false
	}
	var name *ast.Ident
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.SelectorExpr:
		name = f.Sel
	case *ast.Ident:
		name = f
	}
	f, ok := e.info.Uses[name].(*types.Func)
	if !ok || f.Pkg() == nil {
		return false
	}
	return f.Pkg().Path() == "fmt" || f.Pkg().Path() == "io" || strings.HasPrefix(f.Name(), "Write") ||
		f.Name() == "ReadFrom"
}
