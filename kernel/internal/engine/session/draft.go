package session

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gocifar/gocifar/kernel/internal/gocell"
)

// Draft makes a Go file of a cell that is being written, for a language server.
// It returns the byte offset in that file of the byte offset in the cell. ok is
// false if the cell is not Go.
func (s *Session) Draft(code string, offset int) (file string, place int, ok bool) {
	c := gocell.Parse(code).Sort()
	if c.Magic != "" || offset < 0 || offset > len(code) || strings.Contains(code, "\r") {
		return "", 0, false
	}
	used := identifiers(code)
	v := s.viewWith(&parts{}, nil, nil)
	// What the cell declares itself must not be there twice.
	if p, err := s.read(0, c); err == nil {
		if len(s.nameImports(p)) == 0 {
			v = s.viewWith(p, nil, nil)
			for _, d := range p.declarations {
				delete(v.declarations, d.key)
				for _, name := range d.names {
					delete(v.byName, name)
				}
			}
			for _, i := range p.imports {
				delete(v.imports, i.key())
			}
		}
	}
	line := strings.Count(code[:offset], "\n")
	column := offset - strings.LastIndexByte(code[:offset], '\n') - 1
	body := inBody(c, line, column)
	part := c.Declarations
	if body {
		part = c.Body
	}
	place = offsetIn(part, line, column)
	for _, i := range s.draftImports(c, body, place, v) {
		v.imports[i.key()] = i
	}
	var b strings.Builder
	b.WriteString("package main\n\n")
	for _, key := range slices.Sorted(maps.Keys(v.imports)) {
		if i := v.imports[key]; i.name != "_" && (used[i.name] || i.name == ".") {
			fmt.Fprintf(&b, "import %s %q\n", i.name, i.path)
		}
	}
	aliases := map[string]string{}
	var rest strings.Builder
	variables := maps.Clone(v.dormant)
	maps.Copy(variables, v.variables)
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		variable := variables[name]
		if variable.initial == "" {
			maps.Copy(aliases, variable.imports)
			fmt.Fprintf(&rest, "var %s %s\n\n", name, typeText(variable.code, nil))
		}
	}
	for _, d := range ordered(setOf(v.declarations)) {
		switch d.kind {
		case constant:
			fmt.Fprintf(&rest, "const (\n%s\n)\n\n", d.constants(v.declares("iota", nil)))
		case typeName:
			fmt.Fprintf(&rest, "type %s\n\n", d.text)
		default:
			fmt.Fprintf(&rest, "%s\n\n", d.text)
		}
		for name := range d.idents {
			if i := v.imports[name]; i != nil && !used[name] && i.name == name {
				used[name] = true
				fmt.Fprintf(&b, "import %s %q\n", i.name, i.path)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(aliases)) {
		fmt.Fprintf(&b, "import %s %q\n", name, aliases[name])
	}
	// The cell's own imports have to stand with the others, so its declarations
	// go before the session's.
	b.WriteByte('\n')
	declarations := b.Len()
	b.WriteString(c.Declarations + "\n\n" + rest.String() + "func main() {\n")
	statements := b.Len()
	b.WriteString(c.Body + "\n}\n")
	if body {
		return b.String(), statements + place, true
	}
	return b.String(), declarations + place, true
}

func setOf(m map[string]*declaration) map[*declaration]bool {
	set := map[*declaration]bool{}
	for _, d := range m {
		set[d] = true
	}
	return set
}

// offsetIn finds a line, from 0, and a column of it in a part of a cell.
func offsetIn(part string, line, column int) int {
	offset := 0
	for range line {
		i := strings.IndexByte(part[offset:], '\n')
		if i < 0 {
			return len(part)
		}
		offset += i + 1
	}
	end := strings.IndexByte(part[offset:], '\n')
	if end < 0 {
		end = len(part) - offset
	}
	return offset + min(column, end)
}

// inBody tells in which part of a cell the code before a place is.
func inBody(c *gocell.Cell, line, column int) bool {
	declarations, body := strings.Split(c.Declarations, "\n"), strings.Split(c.Body, "\n")
	for i := line; i >= 0; i-- {
		filled := func(lines []string) bool {
			if i >= len(lines) {
				return false
			}
			text := lines[i]
			// The word that begins at the place counts as well: it is what is
			// asked about.
			if at := min(column, len(text)); i == line && !beginsWord(text[at:]) {
				text = text[:at]
			}
			return strings.TrimSpace(text) != ""
		}
		switch {
		case filled(body):
			return true
		case filled(declarations):
			return false
		}
	}
	return c.Marked
}

func beginsWord(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return r == '_' || unicode.IsLetter(r)
}
