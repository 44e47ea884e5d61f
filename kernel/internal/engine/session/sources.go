package session

import (
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
)

// Source is a file of the notebook's program.
type Source struct{ Name, Text string }

// Sources writes the notebook as a program that the go command can build, vet
// and test. What does not compile any more is left out, with a comment that
// says why.
func (s *Session) Sources() []Source {
	v := s.viewWith(&parts{}, nil, nil)
	w := &sourcesWriter{s: s, view: v, pieces: s.pieces(v), unneeded: map[string]bool{}}
	for range rounds {
		if w.write(); !w.check() {
			break
		}
	}
	var list []Source
	for _, f := range w.files {
		text := f.text
		if f.parsed != nil {
			text = w.complete(f)
		}
		if formatted, err := format.Source([]byte(text)); err == nil {
			text = string(formatted)
		}
		list = append(list, Source{f.name, text})
	}
	return list
}

type sourceFile struct {
	name, text string
	test       bool
	parsed     *ast.File
}

// sourcesWriter finds out by trial what compiles and which imports are needed.
type sourcesWriter struct {
	s        *Session
	view     *view
	pieces   []*piece
	unneeded map[string]bool // imports, by file and name
	files    []*sourceFile
	set      *token.FileSet
	info     *types.Info
	unused   map[token.Pos]bool
}

// write makes the files' texts.
func (w *sourcesWriter) write() {
	w.files = []*sourceFile{{name: "main.go"}}
	if slices.ContainsFunc(w.pieces, func(p *piece) bool { return p.test }) {
		w.files = append(w.files, &sourceFile{name: "main_test.go", test: true})
	}
	for _, f := range w.files {
		var body strings.Builder
		imports := map[string]string{}
		for _, i := range w.view.imports {
			if i.name == "." || i.name == "_" && !f.test {
				imports[i.name+" "+i.path] = i.path
			}
		}
		for _, p := range w.pieces {
			if p.test != f.test {
				continue
			}
			if p.leftOut != "" {
				fmt.Fprintf(&body, "// %s is left out: %s\n\n", p.about, strings.ReplaceAll(p.leftOut, "\n", " "))
				continue
			}
			for name := range identifiers(p.text) {
				if i := w.view.imports[name]; i != nil {
					imports[name] = i.path
				}
			}
			maps.Copy(imports, p.imports)
			p.start = body.Len()
			body.WriteString(p.text)
			p.end = body.Len()
			body.WriteString("\n\n")
		}
		head := "package main\n\n" + w.imports(f, imports)
		for _, p := range w.pieces {
			if p.test == f.test {
				p.start, p.end = p.start+len(head), p.end+len(head)
			}
		}
		f.text = head + body.String()
	}
}

// imports writes an import declaration; the keys are names, for some with the
// path.
func (w *sourcesWriter) imports(f *sourceFile, imports map[string]string) string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(imports)) {
		name, _, _ := strings.Cut(key, " ")
		path := library.GivenPath(imports[key])
		if w.unneeded[f.name+" "+key] {
			continue
		}
		if own, ok := w.s.toolchain.PackageName(path); ok && own == name {
			fmt.Fprintf(&b, "\t%q\n", path)
			continue
		}
		fmt.Fprintf(&b, "\t%s %q\n", name, path)
	}
	if b.Len() == 0 {
		return ""
	}
	return "import (\n" + b.String() + ")\n\n"
}

// check leaves out what is wrong and imports that nothing uses, and tells
// whether there was any.
func (w *sourcesWriter) check() (changed bool) {
	w.set, w.unused = token.NewFileSet(), map[token.Pos]bool{}
	w.info = &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	var parsed []*ast.File
	for _, f := range w.files {
		file, err := parser.ParseFile(w.set, f.name, f.text, parser.SkipObjectResolution|parser.ParseComments)
		var list scanner.ErrorList
		if errors.As(err, &list) {
			return w.leaveOut(list[0].Pos, list[0].Msg)
		}
		f.parsed = file
		parsed = append(parsed, file)
	}
	config := types.Config{Importer: w.s.importer, GoVersion: w.s.toolchain.Language(), Error: func(err error) {
		var e types.Error
		if !errors.As(err, &e) {
			return
		}
		if !e.Soft || !strings.Contains(e.Msg, "not used") && !strings.Contains(e.Msg, "imported as") {
			at := w.set.Position(e.Pos)
			changed = strings.HasSuffix(e.Msg, " is not used") && w.discard(at) || w.leaveOut(at, e.Msg) || changed
			return
		}
		w.unused[e.Pos] = true
	}}
	_, _ = config.Check("main", w.set, parsed, w.info)
	for i, file := range parsed {
		for _, spec := range file.Imports {
			if w.unused[spec.Pos()] {
				changed = w.withoutImport(w.files[i], spec) || changed
			}
		}
	}
	return changed
}

func (w *sourcesWriter) withoutImport(f *sourceFile, spec *ast.ImportSpec) bool {
	path := strings.Trim(spec.Path.Value, "\"`")
	key, _ := w.s.toolchain.PackageName(path)
	if spec.Name != nil {
		key = spec.Name.Name
	}
	if key == "." {
		key += " " + path
	}
	again := w.unneeded[f.name+" "+key]
	w.unneeded[f.name+" "+key] = true
	return !again
}

// discard assigns a value that the cell shows to nothing, where Go wants it
// used.
func (w *sourcesWriter) discard(at token.Position) bool {
	p := w.pieceAt(at)
	if p == nil || strings.HasPrefix(p.text[at.Offset-p.start:], "_ = ") {
		return false
	}
	p.text = p.text[:at.Offset-p.start] + "_ = " + p.text[at.Offset-p.start:]
	return true
}

func (w *sourcesWriter) pieceAt(at token.Position) *piece {
	for _, p := range w.pieces {
		name := "main.go"
		if p.test {
			name = "main_test.go"
		}
		if p.leftOut == "" && at.Filename == name && at.Offset >= p.start && at.Offset < p.end {
			return p
		}
	}
	return nil
}

func (w *sourcesWriter) leaveOut(at token.Position, why string) bool {
	p := w.pieceAt(at)
	if p == nil {
		return false
	}
	p.leftOut = why
	if strings.HasPrefix(p.text, "func main()") && p.text != emptyMain {
		// A program needs one.
		w.pieces = append(w.pieces, &piece{about: "main", text: emptyMain})
	}
	return true
}

const emptyMain = "func main() {}"

// complete uses the variables that are not used: in a notebook they are no
// mistake.
func (w *sourcesWriter) complete(f *sourceFile) string {
	c := &checked{unit: &unit{text: f.text}, files: w.set, file: f.parsed, info: w.info, unused: w.unused}
	e := &emitter{checked: c}
	e.useVariables()
	return e.edits.render(f.text, 0, len(f.text))
}
