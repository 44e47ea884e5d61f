package layers

import (
	"math"
	"regexp"
	"strings"
	"unicode/utf8"
)

// richTable draws a table as Python's rich does with its HEAVY_HEAD box, lines
// between rows and columns of given widths: what Keras 3's summary uses.
type richTable struct {
	width  int
	header []string
	rows   [][]string
	align  string // l, r or c for each column
	widths []int  // of the columns, with one space of padding on each side
}

// setPositions turns the relative right ends of the columns into widths. Keras
// asks for more than fits between the borders; rich takes the excess from the
// columns in equal parts (its ratio_reduce).
func (t *richTable) setPositions(ends []float64) {
	total, current := 0, 0
	t.widths = nil
	for _, end := range ends {
		w := int(end*float64(t.width)) - current
		current += w
		t.widths = append(t.widths, w+2)
		total += w + 2
	}
	excess := total - (t.width - len(ends) - 1)
	for i := range t.widths {
		share := min(t.widths[i], int(math.RoundToEven(float64(excess)/float64(len(ends)-i))))
		t.widths[i] -= share
		excess -= share
	}
}

func (t *richTable) write(b *strings.Builder) {
	t.rule(b, "┏", "━", "┳", "┓")
	t.row(b, t.header, "┃")
	t.rule(b, "┡", "━", "╇", "┩")
	for i, cells := range t.rows {
		if i > 0 {
			t.rule(b, "├", "─", "┼", "┤")
		}
		t.row(b, cells, "│")
	}
	t.rule(b, "└", "─", "┴", "┘")
}

func (t *richTable) rule(b *strings.Builder, left, line, cross, right string) {
	b.WriteString(left)
	for i, w := range t.widths {
		if i > 0 {
			b.WriteString(cross)
		}
		b.WriteString(strings.Repeat(line, w))
	}
	b.WriteString(right + "\n")
}

func (t *richTable) row(b *strings.Builder, cells []string, border string) {
	lines := make([][]string, len(cells))
	height := 1
	for i, cell := range cells {
		lines[i] = wrapCell(cell, t.widths[i]-2)
		height = max(height, len(lines[i]))
	}
	for y := range height {
		for i := range cells {
			text := ""
			if y < len(lines[i]) {
				text = lines[i][y]
			}
			b.WriteString(border + " " + alignCell(text, t.widths[i]-2, t.align[i]) + " ")
		}
		b.WriteString(border + "\n")
	}
}

var wordWithSpaces = regexp.MustCompile(`\s*\S+\s*`)

// wrapCell breaks a text at spaces; a word that does not fit a line is cut and
// ends in an ellipsis.
func wrapCell(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range wordWithSpaces.FindAllString(text, -1) {
		bare := strings.TrimRight(word, " ")
		if line != "" && utf8.RuneCountInString(line)+utf8.RuneCountInString(bare) > width {
			lines = append(lines, line)
			line = ""
		}
		line += word
	}
	lines = append(lines, line)
	for i, l := range lines {
		l = strings.TrimRight(l, " ")
		if utf8.RuneCountInString(l) > width {
			l = string([]rune(l)[:max(0, width-1)]) + "…"
		}
		lines[i] = l
	}
	return lines
}

func alignCell(text string, width int, align byte) string {
	space := max(0, width-utf8.RuneCountInString(text))
	left := 0
	switch align {
	case 'r':
		left = space
	case 'c':
		left = space / 2
	}
	return strings.Repeat(" ", left) + text + strings.Repeat(" ", space-left)
}
