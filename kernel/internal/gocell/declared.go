package gocell

import (
	"go/ast"
	"go/parser"
	"go/token"
)

// header makes a file of declarations, whose lines are counted as in the cell.
const header = "package main\n//line cell:1\n"

// File parses the declarations. With an error the file is as long as the part
// that could be read.
func (c *Cell) File(fset *token.FileSet) (*ast.File, error) {
	return parser.ParseFile(fset, "cell", header+c.Declarations, parser.ParseComments|parser.SkipObjectResolution)
}

// Text is a node of such a file as it is written in the cell.
func (c *Cell) Text(fset *token.FileSet, from, to token.Pos) string {
	source := header + c.Declarations
	return source[fset.Position(from).Offset:fset.Position(to).Offset]
}
