package session

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/gocell"
)

// On GoNB every cell is a program, whose main.go lies in a folder where shell
// commands can work with it: `!*go vet`. Here no such program exists, so it is
// written when somebody asks for it: what the notebook has declared, and the
// last cell's statements as its main function.

// piece is a declaration in the notebook's program.
type piece struct {
	about string // for a person
	text  string
	test  bool // of main_test.go
	// imports are the packages that the text names, beside the notebook's.
	imports    map[string]string
	start, end int // in the file
	leftOut    string
}

// lastCell is what the latest cell of the notebook ran.
type lastCell struct {
	number int64
	cell   *gocell.Cell
	main   *declaration // its own main function, or nil
}

// remember keeps what a program has run and nothing else has to know.
func (s *Session) remember(p *Program) {
	s.last = &lastCell{number: p.number, cell: p.cell}
	for _, d := range p.initializers {
		if d.key == "main" {
			s.last.main = d
			continue
		}
		s.initializers[d.key] = d
	}
}

// pieces lists the declarations in the order of GoNB's main.go.
func (s *Session) pieces(v *view) (list []*piece) {
	byKind := map[kind][]*piece{}
	for _, d := range ordered(setOf(v.declarations)) {
		p := &piece{about: fmt.Sprintf("%s of cell [%d]", d.key, d.cell), text: d.text, test: d.role != noTest}
		k := d.kind
		switch d.kind {
		case constant:
			p.text = "const (\n" + d.constants(v.declares("iota", nil)) + "\n)"
		case typeName:
			p.text = "type " + d.text
		case method:
			k = function
		}
		byKind[k] = append(byKind[k], p)
	}
	list = slices.Concat(byKind[typeName], byKind[constant], s.variablePieces(v), byKind[function])
	for _, name := range slices.Sorted(maps.Keys(s.initializers)) {
		d := s.initializers[name]
		text := d.text[:d.places[0]] + "init" + d.text[d.places[0]+len(name):]
		list = append(list, &piece{about: fmt.Sprintf("%s of cell [%d]", name, d.cell), text: text})
	}
	return append(list, s.mainPiece())
}

func (s *Session) variablePieces(v *view) (list []*piece) {
	all := maps.Clone(v.dormant)
	maps.Copy(all, v.variables)
	written := map[*variableSpec]bool{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		variable := all[name]
		p := &piece{about: fmt.Sprintf("%s of cell [%d]", name, variable.Cell)}
		switch spec := variable.spec; {
		case spec != nil && written[spec]:
			continue
		case spec != nil:
			written[spec] = true
			gone := func(name string) bool { return all[name] == nil || all[name].spec != spec }
			p.text = "var " + blanked(spec.text, spec.names, spec.places, gone)
		case variable.initial != "":
			p.text = "var " + variable.initial
		default:
			code := typeText(variable.code, nil)
			p.imports = map[string]string{}
			for alias, path := range variable.imports {
				name := packageAlias.ReplaceAllString(alias, "$1")
				if i := v.imports[name]; i != nil && i.path != path || i == nil && v.declares(name, nil) {
					name = alias // its own means something else in the notebook
				}
				code = strings.ReplaceAll(code, alias+".", name+".")
				p.imports[name] = path
			}
			p.text = "var " + name + " " + code
		}
		list = append(list, p)
	}
	return list
}

// mainPiece is the program's main function.
func (s *Session) mainPiece() *piece {
	p := &piece{about: "main", text: emptyMain}
	if s.last == nil {
		return p
	}
	p.about = fmt.Sprintf("what cell [%d] runs", s.last.number)
	c := s.last.cell
	switch {
	case s.last.main != nil:
		p.text = s.last.main.text
		return p
	case !c.Marked && c.Exec == "" && strings.TrimSpace(c.Body) == "":
		return p
	}
	var b strings.Builder
	b.WriteString("func main() {\n")
	if c.Marked || c.Exec != "" {
		b.WriteString("flag.Parse()\n")
		p.imports = map[string]string{"flag": "flag"}
	}
	b.WriteString(strings.Trim(runnable(c.Body), "\n"))
	if c.Exec != "" {
		fmt.Fprintf(&b, "\n%s()", c.Exec)
	}
	b.WriteString("\n}")
	p.text = b.String()
	return p
}

// runnable makes Go of statements that end in expressions to show.
func runnable(body string) string {
	start, values := 0, 1
	if s, ok := expressionList(body); ok {
		_, commas := lastStatement(body)
		start, values = s.start, commas+1
	} else {
		const head = "package p;func _(){"
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, "", head+body+"\n}", parser.SkipObjectResolution)
		if err != nil || len(file.Decls) != 1 {
			return body
		}
		f, ok := file.Decls[0].(*ast.FuncDecl)
		if !ok || len(f.Body.List) == 0 {
			return body
		}
		last, ok := f.Body.List[len(f.Body.List)-1].(*ast.ExprStmt)
		if !ok {
			return body
		}
		if _, isCall := ast.Unparen(last.X).(*ast.CallExpr); isCall {
			return body
		}
		start = files.PositionFor(last.Pos(), false).Offset - len(head)
	}
	return body[:start] + strings.Repeat("_, ", values-1) + "_ = " + body[start:]
}
