package session

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/gocell"
)

// packageUse is a name in a draft that may be a package's.
type packageUse struct {
	exported map[string]bool // what is selected from it
	typed    string          // the selected name that is being written
	alone    int             // how often it stands without a selector
	asked    bool            // the cursor is at it
}

// draftImports finds packages that a draft uses without importing them. A cell
// that runs finds them by the type checker's errors; a draft is often no Go
// yet, so here its words have to tell. A name that also stands without a
// selector may be a variable that the draft declares, and is left alone.
func (s *Session) draftImports(c *gocell.Cell, inBody bool, place int, v *view) []*importSpec {
	uses := map[string]*packageUse{}
	at := func(own bool) int {
		if own {
			return place
		}
		return -1
	}
	readUses(c.Declarations, at(!inBody), uses)
	readUses(c.Body, at(inBody), uses)
	imported := importedNames(c.Declarations)
	var found []*importSpec
	for _, name := range slices.Sorted(maps.Keys(uses)) {
		use := uses[name]
		declared := v.imports[name] != nil || v.variables[name] != nil || v.byName[name] != nil || imported[name] ||
			types.Universe.Lookup(name) != nil
		mentioned := use.alone > 0 && !(use.asked && use.alone == 1)
		if declared || mentioned || len(use.exported) == 0 && !use.asked {
			continue
		}
		if path := s.draftPackage(name, use); path != "" {
			found = append(found, &importSpec{name: name, path: path})
		}
	}
	return found
}

// readUses collects the uses of names in a part of a cell. place is the
// cursor's, or -1.
func readUses(text string, place int, uses map[string]*packageUse) {
	files := token.NewFileSet()
	file := files.AddFile("", files.Base(), len(text))
	var s scanner.Scanner
	s.Init(file, []byte(text), func(token.Position, string) {}, 0)
	var last token.Token // the token before
	for at, t, literal := s.Scan(); t != token.EOF; {
		if t != token.IDENT || last == token.PERIOD {
			last = t
			at, t, literal = s.Scan()
			continue
		}
		use := uses[literal]
		if use == nil {
			use = &packageUse{exported: map[string]bool{}}
			uses[literal] = use
		}
		here := func() bool {
			start := files.Position(at).Offset
			return place >= start && place <= start+len(literal)
		}
		use.asked = use.asked || here()
		last = t
		if at, t, literal = s.Scan(); t != token.PERIOD {
			use.alone++
			continue
		}
		end := files.Position(at).Offset + 1
		last = t
		at, t, literal = s.Scan()
		switch {
		case t == token.IDENT && here():
			use.asked, use.typed = true, literal
		case t == token.IDENT:
			use.exported[literal] = true
		default: // nothing is written behind the point yet
			use.asked = use.asked || place == end
		}
	}
}

// importedNames are the names of packages that a draft imports itself, also
// where the rest of it is no Go.
func importedNames(declarations string) map[string]bool {
	names := map[string]bool{}
	file, _ := parser.ParseFile(token.NewFileSet(), "", "package main\n"+declarations, parser.ImportsOnly)
	if file == nil {
		return names
	}
	for _, i := range file.Imports {
		if i.Name != nil {
			names[i.Name.Name] = true
			continue
		}
		if p, err := strconv.Unquote(i.Path.Value); err == nil {
			names[path.Base(p)] = true
		}
	}
	return names
}

// draftPackage chooses a package as for a cell that runs. The selected name
// that the cursor is at may be only the beginning of one.
func (s *Session) draftPackage(name string, use *packageUse) string {
	exported := slices.Sorted(maps.Keys(use.exported))
	if use.typed == "" {
		return s.choosePackage(name, exported)
	}
	if path := s.choosePackage(name, append(slices.Clone(exported), use.typed)); path != "" {
		return path
	}
	if path := s.choosePackage(name, exported); path == "" || s.goesOn(path, use.typed) != "" {
		return path
	}
	for _, path := range slices.Sorted(maps.Keys(s.toolchain.Named(name))) {
		if whole := s.goesOn(path, use.typed); whole != "" {
			return s.choosePackage(name, append(slices.Clone(exported), whole))
		}
	}
	return ""
}

// goesOn is an exported name of a package that begins with typed, in any case
// of letters.
func (s *Session) goesOn(path, typed string) string {
	imported, err := s.importer.Import(path)
	if err != nil {
		return ""
	}
	for _, name := range imported.Scope().Names() {
		if ast.IsExported(name) && len(name) >= len(typed) && strings.EqualFold(name[:len(typed)], typed) {
			return name
		}
	}
	return ""
}
