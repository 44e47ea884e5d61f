package display

import (
	"fmt"
	"html"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Table shows rows of cells: in a notebook as an HTML table, elsewhere as
// text in aligned columns, two spaces apart.
type Table struct {
	// Model, if not empty, names the model that the table is about. The text
	// leaves it out.
	Model string
	// Head names the columns; every row has as many cells.
	Head []string
	Rows [][]string
	// Left lists the columns of words, by number from 0. They are aligned to
	// the left, the others, which hold numbers, to the right.
	Left []int
}

// Display returns the table as text and as HTML.
func (t Table) Display() Bundle {
	rows := append([][]string{t.Head}, t.Rows...)
	widths := make([]int, len(t.Head))
	for _, row := range rows {
		for c, cell := range row {
			widths[c] = max(widths[c], utf8.RuneCountInString(cell))
		}
	}
	var lines []string
	var page strings.Builder
	page.WriteString("<table>")
	if t.Model != "" {
		fmt.Fprintf(&page, "<caption>Model: <b>%s</b></caption>", html.EscapeString(t.Model))
	}
	page.WriteString("\n")
	tag := "th"
	for _, row := range rows {
		line := ""
		page.WriteString("<tr>")
		for c, cell := range row {
			gap := strings.Repeat(" ", widths[c]-utf8.RuneCountInString(cell))
			align := "right"
			if slices.Contains(t.Left, c) {
				align = "left"
				line += cell + gap + "  "
			} else {
				line += gap + cell + "  "
			}
			fmt.Fprintf(&page, `<%s style="text-align:%s">%s</%s>`, tag, align, html.EscapeString(cell), tag)
		}
		page.WriteString("</tr>\n")
		lines = append(lines, strings.TrimRight(line, " "))
		tag = "td"
	}
	page.WriteString("</table>")
	return Bundle{Text: strings.Join(lines, "\n"), HTML: page.String()}
}
