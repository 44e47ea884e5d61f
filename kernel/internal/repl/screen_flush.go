package repl

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// flush makes the terminal show what was taken in.
func (s *screen) flush() {
	s.checkWidth()
	_, height := s.dimensions()
	rows := s.all()
	first := s.firstChange(rows)
	if first == len(s.shown) && first == len(rows) {
		return
	}
	var b strings.Builder
	b.WriteString(s.erase.String())
	s.erase.Reset()
	if last := len(s.shown) - 1; first == last && appends(s.shown[last], rows, last) {
		b.WriteString(strings.TrimPrefix(rows[last].text, s.shown[last].text))
		first++
		if first < len(rows) {
			b.WriteString("\r\n")
		}
	} else {
		first = s.goTo(&b, first, len(rows), height)
	}
	print := rows[min(first, len(rows)):]
	for i, r := range print {
		if i > 0 {
			b.WriteString("\r\n")
		}
		r.print(&b)
	}
	io.WriteString(s.out, wrapOff+b.String()+wrapOn) // nothing to do if the terminal is gone
	s.shown = rows
	s.trim()
}

// firstChange is the first row that the terminal does not show yet.
func (s *screen) firstChange(rows []row) int {
	first := 0
	for first < len(s.shown) && first < len(rows) && s.shown[first] == rows[first] {
		first++
	}
	return first
}

// appends reports whether a row only grew at its end.
func appends(old row, rows []row, at int) bool {
	return at < len(rows) && old.drawing == nil && rows[at].drawing == nil && !strings.Contains(rows[at].text, "\x1b") &&
		strings.HasPrefix(rows[at].text, old.text)
}

// Terminal control sequences. Auto-wrap is off while rows are printed: the
// terminal may think a character wider than this program does.
const (
	wrapOff    = "\x1b[?7l"
	wrapOn     = "\x1b[?7h"
	eraseBelow = "\x1b[0J"
)

// goTo moves the cursor to the start of a row that is shown, or to the top of
// the screen if it has scrolled off, and erases from there. It returns from
// which row on the total is to be printed.
func (s *screen) goTo(b *strings.Builder, first, total, height int) int {
	if len(s.shown) == 0 {
		return first
	}
	if first == len(s.shown) {
		b.WriteString("\r\n")
		return first
	}
	for first > 0 && s.shown[first].covered { // a picture is printed as a whole
		first--
	}
	up := len(s.shown) - 1 - first
	if top := len(s.shown) - height; first < top {
		up = height - 1
		first = min(top, max(0, total-height)) // fill the screen, and leave nothing new out
	}
	if up > 0 {
		fmt.Fprintf(b, "\x1b[%dA", up)
	}
	b.WriteString("\r" + eraseBelow)
	return first
}

// print writes a row. The rows that a drawing needs are made first, so that
// nothing scrolls while it is drawn.
func (r row) print(b *strings.Builder) {
	if r.drawing == nil {
		b.WriteString(r.text)
		return
	}
	if down := r.drawing.Rows - 1; down > 0 {
		b.WriteString(strings.Repeat("\r\n", down))
		fmt.Fprintf(b, "\x1b[%dA", down)
	}
	b.WriteString("\r\x1b7" + r.drawing.Escape + "\x1b8")
}

// trim drops rows that have long scrolled off from the model.
func (s *screen) trim() {
	excess := len(s.shown) - s.most()
	if excess <= 0 {
		return
	}
	for excess > 0 && len(s.items) > 0 {
		it := s.items[0]
		n := min(excess, len(it.whole))
		it.whole = slices.Clone(it.whole[n:])
		s.shown = s.shown[n:]
		excess -= n
		last := it.lastRows()
		if len(s.items) == 1 || last > excess {
			break
		}
		s.shown = s.shown[last:]
		excess -= last
		s.items = s.items[1:]
	}
	s.shown = slices.Clone(s.shown)
}

// lastRows is how many rows an item takes besides its finished lines, when
// another follows.
func (it *item) lastRows() int {
	if it.text == nil {
		return len(it.rows)
	}
	line := it.text.String()
	if line == "" {
		return 0
	}
	wrap := it.wrap
	return len(wrap.rows(line))
}

func (s *screen) most() int {
	_, height := s.dimensions()
	return height + keepRows
}

// checkWidth starts a new model when the terminal's width has changed: it has
// moved what stood there.
func (s *screen) checkWidth() {
	width, _ := s.dimensions()
	if s.width != 0 && s.width != width && len(s.items) > 0 {
		s.end()
	}
	s.width = width
}

// dimensions are the terminal's, at least a little.
func (s *screen) dimensions() (columns, rows int) {
	columns, rows = s.size()
	return max(columns, 10), max(rows, 3)
}

// end leaves the outputs as they stand, with the cursor at the start of an
// empty row. What comes later is not part of them.
func (s *screen) end() {
	if width, _ := s.dimensions(); s.width == 0 || s.width == width {
		s.flush()
	} else {
		s.printRest()
	}
	if n := len(s.shown); n > 0 && s.shown[n-1] != (row{}) {
		io.WriteString(s.out, "\r\n")
	}
	s.items, s.shown, s.clearNext = nil, nil, false
}

// printRest prints what is new below what stands there, wherever that is now.
func (s *screen) printRest() {
	rows := s.all()
	first := s.firstChange(rows)
	var b strings.Builder
	for _, r := range rows[first:] {
		b.WriteString("\r\n")
		r.print(&b)
	}
	io.WriteString(s.out, wrapOff+b.String()+wrapOn)
	s.shown = rows
}
