package corpus

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
)

// Form is a way to make a notebook of a program.
type Form string

const (
	// Whole is one cell with the text as it is, with its package clause.
	Whole Form = "whole"
	// Halves are two cells: all declarations, then the statements of main.
	Halves Form = "halves"
	// Pieces is a cell for the imports, one for every declaration, in an order
	// in which each compiles when its turn comes, and one for the statements of
	// main.
	Pieces Form = "pieces"
)

// Forms are all forms.
var Forms = []Form{Whole, Halves, Pieces}

// mark begins the statements of a cell.
const mark = "%%\n"

// Cells returns the program with the given text as the cells of a notebook. The
// importer is asked for the packages that the program imports.
func Cells(form Form, text string, importer types.Importer) ([]string, error) {
	if form == Whole {
		return []string{text}, nil
	}
	p, err := parse(text)
	if err != nil {
		return nil, err
	}
	switch form {
	case Halves:
		return p.halves(), nil
	case Pieces:
		if err := p.check(importer); err != nil {
			return nil, err
		}
		return p.pieces(), nil
	}
	return nil, fmt.Errorf("there is no form %q", form)
}

// program is a parsed program.
type program struct {
	text  string
	files *token.FileSet
	file  *ast.File
	main  *ast.FuncDecl

	// Of package go/types, after check.
	importer types.Importer
	info     *types.Info
}

func parse(text string) (*program, error) {
	p := &program{text: text, files: token.NewFileSet()}
	var err error
	p.file, err = parser.ParseFile(p.files, "", text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, d := range p.file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "main" {
			p.main = f
		}
	}
	if p.main == nil || p.main.Body == nil {
		return nil, fmt.Errorf("the program has no function main")
	}
	return p, nil
}

// check finds out what every identifier means.
func (p *program) check(importer types.Importer) error {
	p.info = &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: importer}
	p.importer = importer
	_, err := config.Check("main", p.files, []*ast.File{p.file}, p.info)
	return err
}

func (p *program) offset(pos token.Pos) int { return p.files.Position(pos).Offset }

// source is the text of a declaration with its comment, which may hold
// directives for the compiler.
func (p *program) source(d ast.Decl) string {
	begin := d.Pos()
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Doc != nil {
			begin = d.Doc.Pos()
		}
	case *ast.GenDecl:
		if d.Doc != nil {
			begin = d.Doc.Pos()
		}
	}
	return p.text[p.offset(begin):p.offset(d.End())]
}

// body is the text between main's braces.
func (p *program) body() string {
	return strings.Trim(p.text[p.offset(p.main.Body.Lbrace)+1:p.offset(p.main.Body.Rbrace)], "\n")
}

// halves cuts the package clause and main out of the text. A main that others
// call stays: a cell that declares it runs it.
func (p *program) halves() []string {
	clause, begin, end := p.offset(p.file.Name.End()), p.offset(p.main.Pos()), p.offset(p.main.End())
	if p.callsMain() {
		return []string{clean(p.text[clause:])}
	}
	cells := []string{clean(p.text[clause:begin] + p.text[end:]), mark + p.body()}
	if cells[0] == "" {
		cells = cells[1:]
	}
	return cells
}

// clean removes what separates declarations.
func clean(text string) string { return strings.Trim(text, "; \t\n") }

// callsMain tells whether main is a function that others use, so that its
// statements alone are not enough.
func (p *program) callsMain() bool {
	found := false
	for _, d := range p.file.Decls {
		ast.Inspect(d, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr: // x.main
				ast.Inspect(n.X, func(n ast.Node) bool {
					id, ok := n.(*ast.Ident)
					found = found || ok && id.Name == "main"
					return true
				})
				return false
			case *ast.Ident:
				found = found || n.Name == "main" && n != p.main.Name
			}
			return true
		})
	}
	return found
}
