package session

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/gocell"
)

// Evaluation makes a program of an expression, or of statements, at a site where
// a program has stopped. It takes some of the variables there; taken are their
// places in the list. The program is not to be committed.
func (s *Session) Evaluation(number int64, locals []Local, text string) (p *Program, taken []int, err error) {
	if _, syntax := parser.ParseExpr(text); syntax != nil {
		return s.evaluation(number, locals, text, text)
	}
	value := fmt.Sprintf("%s.Evaluated(%d)(/*line %s:1:1*/%s)", hostName, number, cellName(number), text)
	p, taken, err = s.evaluation(number, locals, text, value)
	var e *Error
	if errors.As(err, &e) && strings.Contains(e.Error(), "(no value)") {
		return s.evaluation(number, locals, text, text) // a call of a function without results
	}
	return p, taken, err
}

// Message makes a program of a breakpoint's message, in which expressions stand
// in braces.
func (s *Session) Message(number int64, locals []Local, text string) (p *Program, taken []int, err error) {
	var values []string
	for rest := text; rest != ""; {
		before, after, found := strings.Cut(rest, "{")
		expression, behind, closed := strings.Cut(after, "}")
		if !found || !closed {
			before, expression, behind = rest, "", ""
		}
		if before != "" {
			values = append(values, fmt.Sprintf("%q", before))
		}
		if strings.TrimSpace(expression) != "" {
			values = append(values, "("+expression+")")
		}
		rest = behind
	}
	return s.evaluation(number, locals, text, fmt.Sprintf("%s.Evaluated(%d)(/*line %s:1:1*/%s)", hostName, number,
		cellName(number), strings.Join(values, ", ")))
}

// Copy makes a program that gives the notebook a variable with the value of a
// local one. It is to be committed.
func (s *Session) Copy(number int64, locals []Local, from, to string) (p *Program, taken []int, err error) {
	with := *s
	with.debug, with.variables = false, maps.Clone(s.variables)
	for i, v := range locals {
		if v.Name != from {
			continue
		}
		if v.code == "" {
			return nil, nil, fmt.Errorf("the type of %s cannot be named outside of its function", from)
		}
		with.variables["gocell_local"] = v.pointer("gocell_local", number)
		body := fmt.Sprintf("%s.Locals(%d, &gocell_local); %s := *gocell_local;", hostName, number, to)
		p, err = with.Prepare(number, &gocell.Cell{Body: body}, "")
		if err == nil && p.variables == nil {
			err = fmt.Errorf("%s is the name of something else than a variable", to)
		}
		return p, []int{i}, err
	}
	return nil, nil, fmt.Errorf("there is no variable %s in this call", from)
}

// pointer is a variable of an evaluated cell that points to the local one.
func (v Local) pointer(name string, number int64) *Variable {
	return &Variable{Name: name, code: "*" + v.code, imports: v.imports,
		symbol: fmt.Sprintf("%s%s.%d", library.VariablePrefix, name, number)}
}

// CommitCopy takes over the variable that a program of Copy declares.
func (s *Session) CommitCopy(p *Program) {
	last := s.last
	s.Commit(p)
	s.last = last
}

// evaluation makes a program of a cell's text, of which code is the Go code.
func (s *Session) evaluation(number int64, locals []Local, text, code string) (p *Program, taken []int, err error) {
	with := *s
	with.debug, with.variables = false, maps.Clone(s.variables)
	used := identifiers(code)
	var names, copies, pointers []string
	for i, v := range locals {
		if v.code == "" || !used[v.Name] {
			continue
		}
		pointer := fmt.Sprintf("gocell_local_%d", i)
		with.variables[pointer] = v.pointer(pointer, number)
		taken, names = append(taken, i), append(names, v.Name)
		copies, pointers = append(copies, "*"+pointer), append(pointers, "&"+pointer)
	}
	body := fmt.Sprintf("/*line %s:1:1*/%s", cellName(number), code)
	if len(taken) > 0 {
		all, stars := strings.Join(names, ", "), strings.Join(copies, ", ")
		blanks := strings.Join(slices.Repeat([]string{"_"}, len(names)), ", ")
		body = fmt.Sprintf("%s.Locals(%d, %s); func() { %s := %s; %s = %s; defer func() { %s = %s }(); %s\n}();", hostName,
			number, strings.Join(pointers, ", "), all, stars, blanks, all, stars, all, body)
	} else {
		body = "func() { " + body + "\n}();"
	}
	p, err = with.Prepare(number, &gocell.Cell{Body: body}, text)
	return p, taken, err
}

// Source is the text of an execution, "" if there is none.
func (s *Session) Source(number int64) string { return s.sources[number] }

// Text is the source of the program's own cell.
func (p *Program) Text() string { return p.source }

// Stops lists the lines of a cell's text at which programs can stop for a
// debugger, in order and each once.
func Stops(code string) (lines []int, err error) {
	c := gocell.Parse(code).Sort()
	if c.Magic != "" {
		return nil, fmt.Errorf("the cell is no Go code")
	}
	found := map[int]bool{}
	for i, text := range []string{"package p\n/*line c:1:1*/" + c.Declarations,
		"package p\nfunc _() {/*line c:1:1*/" + c.Body + "\n}"} {
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, "", text, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("the cell is no Go code yet: %w", err)
		}
		for _, d := range file.Decls {
			_, function := d.(*ast.FuncDecl)
			stopLines(files, d, !function || i == 1, found)
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// FileStops is Stops of a file of a package.
func FileStops(text string) (lines []int, err error) {
	files, found := token.NewFileSet(), map[int]bool{}
	file, err := parser.ParseFile(files, "", text, parser.SkipObjectResolution|parser.ParseComments)
	if err != nil {
		return nil, fmt.Errorf("the file is no Go code yet: %w", err)
	}
	for _, d := range file.Decls {
		if _, ok := d.(*ast.FuncDecl); ok {
			stopLines(files, d, false, found)
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// stopLines finds the lines of a declaration at which programs can stop. The
// variables of a cell are statements of their own: values tells of such.
func stopLines(files *token.FileSet, d ast.Decl, values bool, found map[int]bool) {
	add := func(n ast.Node) { found[files.Position(n.Pos()).Line] = true }
	list := func(list []ast.Stmt) {
		for _, s := range list {
			if canStop(s) {
				add(s)
			}
		}
	}
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			return !special(n.Doc)
		case *ast.GenDecl:
			for _, spec := range n.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok && values && n.Tok == token.VAR && len(v.Values) > 0 {
					add(v.Values[0])
				}
			}
		case *ast.BlockStmt:
			list(n.List)
		case *ast.CaseClause:
			list(n.Body)
		case *ast.CommClause:
			list(n.Body)
		}
		return true
	})
}
