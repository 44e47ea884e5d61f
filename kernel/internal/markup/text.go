package markup

import (
	"fmt"
	"strings"

	"github.com/yuin/goldmark/ast"
	extension "github.com/yuin/goldmark/extension/ast"

	"github.com/gocifar/gocifar/internal/termtext"
)

// Options say how Markdown becomes text.
type Options struct {
	// Styles marks emphasis, code and links by the terminal's styles; without
	// it there are plain words.
	Styles bool
	// Width is where lines are broken, between words; 0 is nowhere.
	Width int
}

// MarkdownText lays Markdown out as text: blocks with an empty line between
// them, code indented, tables in columns, links as their text with the address
// behind it where it leads out into the web.
func MarkdownText(source string, o Options) string {
	w := textWriter{source: []byte(source), styles: o.Styles}
	return strings.Join(w.blocks(parse(w.source), o.Width, 0), "\n")
}

const (
	codeIndent = "    "
	quoteMark  = "│ "
	// deepest bounds how far blocks within blocks are indented, and leastWidth
	// how narrow they become.
	deepest, leastWidth = 50, 20
)

// textWriter makes lines of blocks.
type textWriter struct {
	source []byte
	styles bool
}

// blocks are the lines of all blocks in n.
func (w *textWriter) blocks(n ast.Node, width, depth int) []string {
	var lines []string
	for child := n.FirstChild(); child != nil; child = child.NextSibling() {
		own := w.block(child, width, depth)
		if len(lines) > 0 && len(own) > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, own...)
	}
	return lines
}

func (w *textWriter) block(n ast.Node, width, depth int) []string {
	switch n := n.(type) {
	case *ast.Paragraph, *ast.TextBlock:
		text := w.inline(n, "")
		if text == "" { // definitions of references alone
			return nil
		}
		return wrapped(text, width)
	case *ast.Heading:
		return wrapped(w.inline(n, bold), width)
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		return prefixed(codeLines(lineText(n, w.source)), codeIndent, codeIndent)
	case *ast.HTMLBlock:
		text := HTMLText(htmlSource(n, w.source))
		if strings.TrimSpace(text) == "" {
			return nil
		}
		return strings.Split(text, "\n")
	case *ast.ThematicBreak:
		return nil // there is an empty line between blocks anyway
	case *ast.Blockquote:
		return w.within(n, quoteMark, quoteMark, width, depth)
	case *ast.List:
		return w.list(n, width, depth)
	case *extension.Table:
		return w.table(n)
	}
	return w.blocks(n, width, depth)
}

// within are the blocks in n, indented.
func (w *textWriter) within(n ast.Node, first, rest string, width, depth int) []string {
	if depth >= deepest {
		first, rest = "", ""
	}
	return prefixed(w.blocks(n, narrower(width, rest), depth+1), first, rest)
}

func narrower(width int, prefix string) int {
	if width <= 0 {
		return 0
	}
	return max(min(width, leastWidth), width-termtext.Width(prefix))
}

func prefixed(lines []string, first, rest string) []string {
	for i, line := range lines {
		prefix := rest
		if i == 0 {
			prefix = first
		}
		lines[i] = prefix + line
		if line == "" {
			lines[i] = strings.TrimRight(prefix, " ")
		}
	}
	return lines
}

func codeLines(code string) []string {
	return strings.Split(strings.ReplaceAll(strings.Trim(code, "\n"), "\t", codeIndent), "\n")
}

func (w *textWriter) list(n *ast.List, width, depth int) []string {
	var lines []string
	number := n.Start
	for item := n.FirstChild(); item != nil; item = item.NextSibling() {
		marker := "- "
		if n.IsOrdered() {
			marker = fmt.Sprintf("%d%c ", number, n.Marker)
			number++
		}
		own := w.within(item, marker, strings.Repeat(" ", len(marker)), width, depth)
		if len(own) == 0 {
			own = []string{strings.TrimRight(marker, " ")}
		}
		if n.IsTight {
			own = withoutGaps(item, own)
		} else if len(lines) > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, own...)
	}
	return lines
}

// withoutGaps closes up a tight item's list under its text.
func withoutGaps(item ast.Node, lines []string) []string {
	for child := item.FirstChild(); child != nil; child = child.NextSibling() {
		switch child.(type) {
		case *ast.TextBlock, *ast.List:
		default:
			return lines
		}
	}
	kept := lines[:0]
	for _, line := range lines {
		if strings.TrimSpace(line) != "" {
			kept = append(kept, line)
		}
	}
	return kept
}

// table lays cells out in columns, two spaces apart.
func (w *textWriter) table(n *extension.Table) []string {
	var rows [][]string
	var widths []int
	for row := n.FirstChild(); row != nil; row = row.NextSibling() {
		var cells []string
		style := ""
		if _, head := row.(*extension.TableHeader); head {
			style = bold
		}
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			text := strings.ReplaceAll(w.inline(cell, style), "\n", " ")
			if len(cells) == len(widths) {
				widths = append(widths, 0)
			}
			widths[len(cells)] = max(widths[len(cells)], termtext.Width(text))
			cells = append(cells, text)
		}
		rows = append(rows, cells)
	}
	var lines []string
	for _, cells := range rows {
		var line strings.Builder
		for i, text := range cells {
			gap := strings.Repeat(" ", widths[i]-termtext.Width(text))
			if i < len(n.Alignments) && n.Alignments[i] == extension.AlignRight {
				line.WriteString(gap + text + "  ")
			} else {
				line.WriteString(text + gap + "  ")
			}
		}
		lines = append(lines, strings.TrimRight(line.String(), " "))
	}
	return lines
}
