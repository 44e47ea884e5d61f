package repl

import (
	"strings"

	"github.com/rivo/uniseg"

	"github.com/gocifar/gocifar/internal/termtext"
)

// A kernel's text goes to the terminal only through this file. What it may
// contain is what Jupyter's front ends show: characters, line breaks, tabs, and
// colors (SGR). Any other control sequence could move the cursor, write into
// the clipboard or make the terminal type, and is dropped.

const (
	tabWidth   = 8
	resetStyle = "\x1b[0m"
	// maxStyle bounds the colors that are carried on from row to row.
	maxStyle = 256
)

// wrapper cuts text into rows of the terminal. A row begins with the colors
// that the text had before it and ends without any, so that each can be printed
// alone.
type wrapper struct {
	width int
	style string // SGR sequences in force
}

// rows returns the rows that one line takes, at least one.
func (w *wrapper) rows(line string) []string {
	if len(line) <= w.width && w.style == "" && printableASCII(line) {
		return []string{line}
	}
	// Halves of a character could join to a control character when what stands
	// between them is dropped, and some terminals take single bytes for one.
	line = strings.ToValidUTF8(line, "\uFFFD")
	var rows []string
	var row strings.Builder
	column := 0
	row.WriteString(w.style)
	end := func() {
		if w.style != "" {
			row.WriteString(resetStyle)
		}
		rows = append(rows, row.String())
		row.Reset()
		column = 0
	}
	put := func(text string, width int) {
		if column+width > w.width && column > 0 {
			end()
			row.WriteString(w.style)
		}
		row.WriteString(text)
		column += width
	}
	state := -1
	parted := true // from the character before: an accent may not go back to it and make it wider
	for line != "" {
		if line[0] == '\x1b' {
			sequence, rest := termtext.CutEscape(line)
			line, state, parted = rest, -1, true
			if termtext.IsColor(sequence) {
				w.restyle(sequence)
				row.WriteString(sequence)
			}
			continue
		}
		if line[0] == '\t' {
			n := min(tabWidth-column%tabWidth, w.width)
			put(strings.Repeat(" ", n), n)
			line, state, parted = line[1:], -1, true
			continue
		}
		var cluster string
		var width int
		cluster, line, width, state = uniseg.FirstGraphemeClusterInString(line, state)
		if termtext.IsControl(cluster) || width == 0 && parted {
			parted = true
			continue
		}
		parted = false
		put(cluster, width)
	}
	end()
	return rows
}

// restyle notes a change of colors.
func (w *wrapper) restyle(sequence string) {
	parameters := sequence[2 : len(sequence)-1]
	last := parameters[strings.LastIndexByte(parameters, ';')+1:]
	first, _, _ := strings.Cut(parameters, ";")
	switch {
	case parameters == "", strings.Trim(parameters, "0;") == "":
		w.style = ""
	case strings.Trim(first, "0") == "":
		w.style = sequence // a reset and more
	case len(w.style)+len(sequence) > maxStyle:
		w.style = sequence
	case last == "0" && !strings.Contains(parameters, "8;"):
		w.style = ""
	default:
		w.style += sequence
	}
}

func printableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}
