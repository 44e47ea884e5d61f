package session

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/scanner"
	"go/token"
	"slices"
	"strconv"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/gocell"
)

type kind int

const (
	constant kind = iota
	typeName
	function
	method
)

// declaration is one that later cells repeat.
type declaration struct {
	kind     kind
	key      string // its name; a method's with its type's
	names    []string
	receiver string
	// text is the source: of a group of constants what is in the parentheses,
	// of a type without the keyword, of a function all.
	text string
	// directives are lines for the compiler that stand before a function.
	directives   string
	cell         int64
	line, column int
	// places of the names in text, by offset.
	places []int
	gone   map[string]bool // constants that are declared elsewhere by now
	// ownIota tells of constants that iota was a name of the notebook's.
	ownIota bool
	// parameters is the type parameters' list with its brackets, and arguments
	// the list that repeats them.
	parameters, arguments string
	alias                 bool
	idents                map[string]bool
	sequence              int
	role                  role
	example               *doc.Example
}

// living are the names of d that have not been declared again elsewhere.
func (d *declaration) living() []string {
	var names []string
	for _, name := range d.names {
		if !d.gone[name] && name != "_" {
			names = append(names, name)
		}
	}
	return names
}

// blanked is a text with the names at some places made blank.
func blanked(text string, names []string, places []int, gone func(name string) bool) string {
	for i := len(names) - 1; i >= 0; i-- {
		if gone(names[i]) {
			text = text[:places[i]] + "_" + text[places[i]+len(names[i]):]
		}
	}
	return text
}

// blank tells whether nothing can refer to the declaration, so that it is no
// more than a part of its cell.
func (d *declaration) blank() bool {
	if d.kind == method {
		return strings.HasSuffix(d.key, "._")
	}
	return !slices.ContainsFunc(d.names, func(name string) bool { return name != "_" })
}

// importSpec is an import of the notebook.
type importSpec struct {
	name     string // in the code; "." and "_" as they are
	path     string
	explicit bool
	cell     int64
	line     int
}

// key is the name it is known by, or its path with a mark.
func (i *importSpec) key() string {
	if i.name == "." || i.name == "_" {
		return i.name + i.path
	}
	return i.name
}

// String is the import as in Go.
func (i *importSpec) String() string {
	if i.explicit {
		return i.name + " " + strconv.Quote(i.path)
	}
	return strconv.Quote(i.path)
}

// variableSpec is a line of a var declaration.
type variableSpec struct {
	names        []string
	places       []int // of the names in text, by offset
	text         string
	cell         int64
	line, column int
	initialized  bool // there is a value
}

// parts are the declarations of one cell.
type parts struct {
	imports      []*importSpec
	declarations []*declaration
	variables    []*variableSpec
	initializers []*declaration // init and init_… functions, which run once
	main         bool
	namesMain    bool // the name main stands in the cell
}

// cellName is how a cell is called in positions.
func cellName(number int64) string { return fmt.Sprintf("cell[%d]", number) }

// read parses the declarations of a cell.
func (s *Session) read(number int64, c *gocell.Cell) (*parts, error) {
	const head = "package main\n"
	files := token.NewFileSet()
	begin := fmt.Sprintf("/*line %s:1:1*/", cellName(number))
	text := head + begin + c.Declarations
	file, err := parser.ParseFile(files, "", text, parser.SkipObjectResolution|parser.ParseComments|parser.AllErrors)
	if err != nil {
		return nil, s.syntaxError(number, "", c.Declarations, c, err)
	}
	if file.Name.Name != "main" {
		return nil, fmt.Errorf("a cell has no package clause, not %q", file.Name.Name)
	}
	r := reader{number: number, files: files, file: file, text: text, local: locals(files, file),
		parts: &parts{namesMain: identifiers(c.Declarations)[mainName] || identifiers(c.Body)[mainName]},
		head:  token.Position{Line: strings.Count(head, "\n"), Column: len(begin)}}
	for _, d := range file.Decls {
		if err := r.declaration(d); err != nil {
			return nil, err
		}
	}
	return r.parts, nil
}

type reader struct {
	number int64
	files  *token.FileSet
	file   *ast.File
	text   string
	local  func(*ast.Ident) bool
	// head is how many lines stand before the cell's first, and bytes in that.
	head token.Position
	*parts
}

func (r *reader) declaration(d ast.Decl) error {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return r.function(d)
	case *ast.GenDecl:
		if d.Tok == token.CONST {
			return r.constants(d)
		}
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.ImportSpec:
				if err := r.importSpec(spec); err != nil {
					return err
				}
			case *ast.TypeSpec:
				r.typeSpec(spec)
			case *ast.ValueSpec:
				v := &variableSpec{text: r.slice(spec.Pos(), spec.End()), cell: r.number, initialized: len(spec.Values) > 0}
				v.line, v.column = r.at(spec.Pos())
				for _, name := range spec.Names {
					v.names = append(v.names, name.Name)
					v.places = append(v.places, r.offset(name.Pos())-r.offset(spec.Pos()))
				}
				r.variables = append(r.variables, v)
			}
		}
	}
	return nil
}

func (r *reader) importSpec(spec *ast.ImportSpec) error {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return err
	}
	line, column := r.at(spec.Pos())
	if path == "C" {
		return &Error{Class: TypeError, Diagnostics: []Diagnostic{{Cell: r.number, Line: line, Column: column,
			Message: `a live cell cannot import "C": put the C code into a package ` +
				`and import that, or run this notebook on the GoNB kernel`}}}
	}
	i := &importSpec{path: path, cell: r.number, line: line}
	if spec.Name != nil {
		i.name, i.explicit = spec.Name.Name, true
	}
	r.imports = append(r.imports, i)
	return nil
}

func (r *reader) new(k kind, name string, from, to token.Pos, nodes ...ast.Node) *declaration {
	d := &declaration{kind: k, key: name, names: []string{name}, text: r.slice(from, to), cell: r.number,
		gone: map[string]bool{}}
	d.line, d.column = r.at(from)
	d.idents = mentions(r.local, nodes...)
	return d
}

func (r *reader) typeSpec(spec *ast.TypeSpec) {
	d := r.new(typeName, spec.Name.Name, spec.Pos(), spec.End(), spec)
	d.alias = spec.Assign.IsValid()
	if p := spec.TypeParams; p != nil {
		var named edits
		var names []string
		for _, field := range p.List {
			for _, name := range field.Names {
				if name.Name == "_" {
					// The alias for another version passes it on.
					name = &ast.Ident{NamePos: name.NamePos, Name: fmt.Sprintf("gocell_parameter%d", len(names))}
					named.replace(r.offset(name.Pos()), r.offset(name.Pos())+1, name.Name)
				}
				names = append(names, name.Name)
			}
		}
		d.parameters = named.render(r.text, r.offset(p.Opening), r.offset(p.Closing)+1)
		d.arguments = "[" + strings.Join(names, ", ") + "]"
	}
	r.declarations = append(r.declarations, d)
}

func (r *reader) constants(g *ast.GenDecl) error {
	from, to := g.Specs, g.End()
	if len(from) == 0 {
		return nil
	}
	start := from[0].Pos()
	if g.Rparen.IsValid() {
		to = g.Rparen
	}
	d := r.new(constant, "", start, to, g)
	d.names = nil
	for _, spec := range g.Specs {
		for _, name := range spec.(*ast.ValueSpec).Names {
			d.names = append(d.names, name.Name)
			d.places = append(d.places, r.offset(name.Pos())-r.offset(start))
		}
	}
	d.key = "const " + strings.Join(d.names, ",")
	r.declarations = append(r.declarations, d)
	return nil
}

func (r *reader) function(f *ast.FuncDecl) error {
	name := f.Name.Name
	if f.Recv != nil && len(f.Recv.List) > 0 {
		receiver, place := receiverName(f.Recv.List[0].Type)
		d := r.new(method, receiver+"."+name, f.Pos(), f.End(), f)
		d.receiver, d.directives = receiver, directives(f)
		d.places = []int{r.offset(place) - r.offset(f.Pos())}
		r.declarations = append(r.declarations, d)
		return nil
	}
	d := r.new(function, name, f.Pos(), f.End(), f)
	d.directives = directives(f)
	d.places = []int{r.offset(f.Name.Pos()) - r.offset(f.Pos())}
	plain := len(f.Type.Params.List) == 0 && f.Type.Results == nil && f.Type.TypeParams == nil
	switch {
	case (name == mainName || name == "init") && !plain:
		return &Error{Class: TypeError, Diagnostics: []Diagnostic{{Cell: r.number, Line: d.line, Column: d.column,
			Message: "func " + name + " must have no type parameters, no arguments and no return values"}}}
	case name == mainName:
		r.main = true
		r.initializers = append(r.initializers, d)
		return nil
	case name == "init" || strings.HasPrefix(name, "init_") && plain:
		r.initializers = append(r.initializers, d)
		return nil
	}
	d.role, d.example = r.roleOf(f)
	r.declarations = append(r.declarations, d)
	return nil
}

// directives are a function's lines for the compiler, such as //go:noinline.
func directives(f *ast.FuncDecl) string {
	if f.Doc == nil {
		return ""
	}
	var b strings.Builder
	for _, comment := range f.Doc.List {
		if strings.HasPrefix(comment.Text, "//go:") {
			b.WriteString(comment.Text + "\n")
		}
	}
	return b.String()
}

// receiverName finds the type's name in a receiver.
func receiverName(e ast.Expr) (string, token.Pos) {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name, e.Pos()
	case *ast.StarExpr:
		return receiverName(e.X)
	case *ast.ParenExpr:
		return receiverName(e.X)
	case *ast.IndexExpr:
		return receiverName(e.X)
	case *ast.IndexListExpr:
		return receiverName(e.X)
	}
	return "", e.Pos()
}

func (r *reader) slice(from, to token.Pos) string { return r.text[r.offset(from):r.offset(to)] }

// offset is a place in the text, whatever line directives say.
func (r *reader) offset(p token.Pos) int { return r.files.PositionFor(p, false).Offset }

// at is a place in the cell, whatever line directives of its own say.
func (r *reader) at(p token.Pos) (line, column int) {
	position := r.files.PositionFor(p, false)
	if position.Line -= r.head.Line; position.Line == 1 {
		position.Column -= r.head.Column
	}
	return position.Line, position.Column
}

// identifiers are the names that text uses, whatever for.
func identifiers(text string) map[string]bool {
	files := token.NewFileSet()
	file := files.AddFile("", files.Base(), len(text))
	var s scanner.Scanner
	s.Init(file, []byte(text), func(token.Position, string) {}, 0)
	found := map[string]bool{}
	for {
		switch _, t, literal := s.Scan(); t {
		case token.EOF:
			return found
		case token.IDENT:
			found[literal] = true
		}
	}
}
