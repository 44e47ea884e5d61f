package markup

import (
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	extension "github.com/yuin/goldmark/extension/ast"

	"github.com/gocifar/gocifar/internal/termtext"
)

// Styles of a terminal, as parameters of ECMA-48's SGR.
const (
	bold      = "1"
	italic    = "3"
	underline = "4"
	struck    = "9"
	code      = "36"

	reset = "\x1b[0m"
)

// inline is the text within a block, with its styles. A line break in it is one
// that the writer asked for.
func (w *textWriter) inline(n ast.Node, style string) string {
	s := styled{on: w.styles}
	if style != "" {
		s.wanted = []string{style}
	}
	w.words(n, &s)
	s.wanted = nil
	s.restyle()
	return strings.Trim(s.b.String(), "\n")
}

func (w *textWriter) words(n ast.Node, s *styled) {
	for child := n.FirstChild(); child != nil; child = child.NextSibling() {
		switch c := child.(type) {
		case *ast.Text:
			if c.IsRaw() {
				s.write(string(c.Value(w.source)))
			} else {
				s.write(unescaped(c.Value(w.source)))
			}
			if c.HardLineBreak() {
				s.write("\n")
			} else if c.SoftLineBreak() {
				s.write(" ")
			}
		case *ast.String:
			s.write(string(c.Value))
		case *ast.CodeSpan:
			s.inStyle(code, func() {
				for part := c.FirstChild(); part != nil; part = part.NextSibling() {
					if text, ok := part.(*ast.Text); ok {
						s.write(strings.ReplaceAll(string(text.Value(w.source)), "\n", " "))
					}
				}
			})
		case *ast.Emphasis:
			style := italic
			if c.Level > 1 {
				style = bold
			}
			s.inStyle(style, func() { w.words(c, s) })
		case *extension.Strikethrough:
			s.inStyle(struck, func() { w.words(c, s) })
		case *ast.Link:
			start := s.length
			s.inStyle(underline, func() { w.words(c, s) })
			s.address(unescaped(c.Destination), start)
		case *ast.AutoLink:
			s.inStyle(underline, func() { s.write(string(c.Label(w.source))) })
		case *ast.Image:
			start := s.length
			s.write("[")
			w.words(c, s)
			s.write("]")
			s.address(unescaped(c.Destination), start)
		case *ast.RawHTML:
			if isBreak(c, w.source) {
				s.write("\n")
			}
		case *extension.TaskCheckBox:
			if c.IsChecked {
				s.write("[x] ")
			} else {
				s.write("[ ] ")
			}
		default:
			w.words(c, s)
		}
	}
}

// styled collects text and its styles.
type styled struct {
	on     bool
	b      strings.Builder
	length int // of the text without styles
	plain  strings.Builder
	wanted []string // styles of what comes
	given  string   // what the terminal was told
}

func (s *styled) write(text string) {
	if text == "" {
		return
	}
	s.restyle()
	s.b.WriteString(text)
	s.plain.WriteString(text)
	s.length += len(text)
}

func (s *styled) inStyle(style string, do func()) {
	if slices.Contains(s.wanted, style) {
		do()
		return
	}
	s.wanted = append(s.wanted, style)
	do()
	s.wanted = s.wanted[:len(s.wanted)-1]
}

// restyle tells the terminal the styles of what comes, from none on: a terminal
// has no stack of them.
func (s *styled) restyle() {
	wanted := strings.Join(s.wanted, ";")
	if !s.on || wanted == s.given {
		return
	}
	if s.given != "" {
		s.b.WriteString(reset)
	}
	if wanted != "" {
		s.b.WriteString("\x1b[" + wanted + "m")
	}
	s.given = wanted
}

// address adds where a link leads to behind its text, which begins at start.
// Only addresses in the web mean something outside of the document.
func (s *styled) address(address string, start int) {
	web := strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://")
	if web && s.plain.String()[start:] != address {
		s.write(" (" + address + ")")
	}
}

var sequence = regexp.MustCompile("\x1b\\[[0-9;]*m")

// wrapped breaks lines between words where they would be longer than width. A
// word that is longer stays whole.
func wrapped(text string, width int) []string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if width <= 0 {
			lines = append(lines, line)
			continue
		}
		var b strings.Builder
		column := 0
		for i, word := range strings.Split(line, " ") {
			n := termtext.Width(word)
			switch {
			case i == 0:
			case column+1+n > width:
				lines = append(lines, strings.TrimRight(b.String(), " "))
				b.Reset()
				column = 0
			default:
				b.WriteByte(' ')
				column++
			}
			b.WriteString(word)
			column += n
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	return closed(lines)
}

// closed ends styles at the end of each line and goes on with them in the next,
// so that they do not lie on what the line is indented by.
func closed(lines []string) []string {
	open := ""
	for i, line := range lines {
		line = open + line
		if all := sequence.FindAllString(line, -1); len(all) > 0 {
			if open = all[len(all)-1]; open == reset {
				open = ""
			} else {
				line += reset
			}
		}
		lines[i] = line
	}
	return lines
}
