package fuzzsession

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Kind tells items apart.
type Kind int

// The kinds of items.
const (
	Constant Kind = iota
	Type
	Method
	Function
	Variable   // declared at package level
	Definition // a variable that a statement defines
	Statement
)

// Item is a declaration or a statement. Package-level names in its texts are
// marked.
type Item struct {
	Kind Kind
	// Names are what it declares, unmarked; for a method the receiver's type.
	Names []string
	// Text is the whole declaration or statement, of a variable its value,
	// which may be missing.
	Text string
	// Type is a variable's.
	Type string
	// Bare says that the cell leaves the variable's type to its value.
	Bare bool
}

// Session is a list of cells.
type Session struct {
	// Suffix makes its names differ from those of other sessions in a process.
	Suffix string
	Cells  [][]Item
}

var (
	mark = regexp.MustCompile(`‹([^›]*)›`)
	// plainMark is around names that are no package-level names, but look like
	// one: of fields and parameters.
	plainMark = regexp.MustCompile(`«([^»]*)»`)
)

// marked lists the names in a text.
func marked(texts ...string) (names []string) {
	for _, text := range texts {
		for _, m := range mark.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(names, m[1]) {
				names = append(names, m[1])
			}
		}
	}
	return names
}

// unmark replaces names by what they are called.
func unmark(text string, call func(name string) string) string {
	return mark.ReplaceAllStringFunc(text, func(m string) string {
		return call(strings.TrimSuffix(strings.TrimPrefix(m, "‹"), "›"))
	})
}

// Notebook returns the texts of the cells.
func (s *Session) Notebook() []string {
	call := func(name string) string { return name + s.Suffix }
	var cells []string
	for i, items := range s.Cells {
		var b strings.Builder
		body := false
		// Half of the cells have a mark in front of their statements, and those
		// whose statements have a var, which could be a declaration.
		mark := i%2 == 0 || slices.ContainsFunc(items, func(item Item) bool {
			return item.Kind == Definition &&
				!(item.Bare && item.Text != "")
		})
		for _, item := range items {
			if item.Kind >= Definition && !body && mark {
				b.WriteString("%%\n")
			}
			body = body || item.Kind >= Definition
			b.WriteString(s.plain(unmark(item.source(), call)) + "\n")
		}
		cells = append(cells, strings.TrimSuffix(b.String(), "\n"))
	}
	return cells
}

func (s *Session) plain(text string) string {
	return plainMark.ReplaceAllString(text, "${1}"+s.Suffix)
}

// source is what a cell has.
func (i Item) source() string {
	switch {
	case i.Kind == Definition && i.Text == "", i.Kind == Variable && i.Text == "":
		return fmt.Sprintf("var ‹%s› %s", i.Names[0], i.Type)
	case i.Kind == Definition && i.Bare:
		return fmt.Sprintf("‹%s› := %s", i.Names[0], i.Text)
	case (i.Kind == Variable || i.Kind == Definition) && i.Bare:
		return fmt.Sprintf("var ‹%s› = %s", i.Names[0], i.Text)
	case i.Kind == Variable || i.Kind == Definition:
		return fmt.Sprintf("var ‹%s› %s = %s", i.Names[0], i.Type, i.Text)
	}
	return i.Text
}
