package session

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
)

// constantsHead makes a file of a declaration's text.
const constantsHead = "package p;const(\n"

// constants is the text of a group of constants for a cell after the one that
// declared it. Constants keep their values even if other names of the group, or
// iota, have been declared again since.
func (d *declaration) constants(iotaHidden bool) string {
	// A group that saw an iota of the notebook's has it as any other name.
	iotaHidden = iotaHidden && d.sequence > 0 && !d.ownIota
	if len(d.gone) == 0 && !iotaHidden {
		return d.text
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", constantsHead+d.text+"\n)", parser.SkipObjectResolution)
	if err != nil {
		return d.text // the compiler will say what is wrong with it
	}
	offset := func(p token.Pos) int { return files.Position(p).Offset - len(constantsHead) }
	w := constantsWriter{d: d, iotaHidden: iotaHidden, offset: offset}
	w.specs(file.Decls[0].(*ast.GenDecl).Specs)
	return w.edits.render(d.text, 0, len(d.text))
}

type constantsWriter struct {
	d          *declaration
	iotaHidden bool
	offset     func(token.Pos) int
	edits      edits
}

func (w *constantsWriter) specs(specs []ast.Spec) {
	used := map[string]bool{}
	for _, spec := range specs {
		for _, value := range spec.(*ast.ValueSpec).Values {
			for _, ident := range freeNames(value) {
				used[ident.Name] = true
			}
		}
	}
	var last *ast.ValueSpec // the one that others repeat
	for i, one := range specs {
		spec := one.(*ast.ValueSpec)
		for _, name := range spec.Names {
			switch {
			case !w.d.gone[name.Name]:
			case used[name.Name]:
				w.edits.replace(w.offset(name.Pos()), w.offset(name.End()), w.earlier(name.Name))
			default:
				w.edits.replace(w.offset(name.Pos()), w.offset(name.End()), "_")
			}
		}
		if len(spec.Values) > 0 {
			last = spec
			w.values(&w.edits, spec, i)
			continue
		}
		if last == nil || !w.iotaHidden {
			continue
		}
		// The repetition would repeat the number that iota had.
		start := w.offset(last.Names[len(last.Names)-1].End())
		end := w.offset(last.Values[len(last.Values)-1].End())
		var repeated edits
		w.values(&repeated, last, i)
		w.edits.insert(w.offset(spec.Names[len(spec.Names)-1].End()), repeated.render(w.d.text, start, end))
	}
}

// values edits the values of the line with the given number.
func (w *constantsWriter) values(e *edits, spec *ast.ValueSpec, number int) {
	for _, value := range spec.Values {
		for _, ident := range freeNames(value) {
			start, end := w.offset(ident.Pos()), w.offset(ident.End())
			switch {
			case ident.Name == "iota" && w.iotaHidden:
				e.replace(start, end, strconv.Itoa(number))
			case w.d.gone[ident.Name] && slices.Contains(w.d.names, ident.Name):
				e.replace(start, end, w.earlier(ident.Name))
			}
		}
	}
}

// earlier is the name that a constant keeps within its group when the notebook
// has given its own to something else.
func (w *constantsWriter) earlier(name string) string {
	return fmt.Sprintf("gocell_earlier%d_%s", w.d.sequence, name)
}

// freeNames are the identifiers of an expression that can be those of
// constants.
func freeNames(e ast.Expr) (names []*ast.Ident) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			names = append(names, freeNames(n.X)...)
			return false
		case *ast.Field:
			names = append(names, freeNames(n.Type)...)
			return false
		case *ast.Ident:
			names = append(names, n)
		}
		return true
	})
	return names
}

// noteIota writes down which iota the constants of a program have seen.
func (s *Session) noteIota(p *Program) {
	own := s.declared("iota") != nil || s.variables["iota"] != nil || s.dormant["iota"] != nil
	for _, d := range p.declarations {
		d.ownIota = own
	}
}
