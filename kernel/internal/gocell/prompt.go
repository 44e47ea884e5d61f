package gocell

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// Mark is the line that GoNB wants above statements.
const Mark = "%%\n"

// Explicit tells whether the text itself says what is to run: with a line %% or
// %main, as a cell of tests, or as a cell that is no Go as a whole.
func (c *Cell) Explicit() bool { return c.Magic != "" || c.Marked || c.Test }

// code is all Go code.
func (c *Cell) code() string { return overlay(c.Declarations, c.Body) }

// WithMark makes a cell of what was typed at a prompt, where nobody wants to
// type "%%": it puts the mark where the statements begin. It returns how many
// bytes were put in and where.
func WithMark(source string) (cell string, at, added int) {
	c := Parse(source)
	code := c.code()
	if c.Explicit() || strings.TrimSpace(code) == "" || areDeclarations(code) {
		return source, 0, 0
	}
	if areStatements(code) {
		return Mark + source, 0, len(Mark)
	}
	// Declarations first, statements after.
	lines := strings.SplitAfter(code, "\n")
	for n := len(lines) - 1; n > 0; n-- {
		if areDeclarations(strings.Join(lines[:n], "")) && areStatements(strings.Join(lines[n:], "")) {
			at := len(strings.Join(strings.SplitAfter(source, "\n")[:n], ""))
			return source[:at] + Mark + source[at:], at, len(Mark)
		}
	}
	return source, 0, 0 // the kernel will say what is wrong with it
}

func areDeclarations(code string) bool {
	_, err := parser.ParseFile(token.NewFileSet(), "", "package p;"+code, parser.SkipObjectResolution)
	return err == nil
}

func areStatements(code string) bool {
	file, err := parser.ParseFile(token.NewFileSet(), "", "package p;func _(){\n"+code+"\n}", parser.SkipObjectResolution)
	if err != nil || len(file.Decls) != 1 { // "}; func f() {" would be two
		return false
	}
	_, ok := file.Decls[0].(*ast.FuncDecl)
	return ok
}
