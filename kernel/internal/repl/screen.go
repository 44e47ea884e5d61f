package repl

import (
	"fmt"
	"io"
	"strings"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/internal/repl/picture"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// screen shows the outputs of one cell in a terminal as a notebook would: text
// that returns to the line's start overwrites it, displays are updated where
// they stand, and outputs are cleared.
//
// It keeps a model of the rows that it has printed. To change something it
// computes all rows anew, goes up to the first that differs, and prints from
// there. What has scrolled off the top cannot be reached any more: an update of
// a display that is there is shown below.
type screen struct {
	out  io.Writer
	size func() (columns, rows int)
	view viewer

	items     []*item
	clearNext bool  // a clear_output that waits for the next output
	shown     []row // what stands in the terminal; the cursor is at the last one's end
	width     int   // the terminal's when shown was printed
	pictures  uint32
	erase     strings.Builder // takes away pictures that are shown no more
}

// row is one row of the terminal.
type row struct {
	text    string
	drawing *picture.Drawing // drawn from this row on, which has no text
	covered bool             // a drawing lies here
}

// item is one output: a stream, or something displayed.
type item struct {
	stream string // the stream's name
	text   *execute.StreamText
	wrap   wrapper
	whole  []row // rows of lines that are finished

	id    string // of a display
	rows  []row  // of a display
	count int    // of a result: its prompt's number
}

// keepRows is how much more than a terminal's rows is kept of the model.
const keepRows = 200

// event takes in a message that shows something. It becomes visible with flush.
func (s *screen) event(content jupyter.Content) {
	switch m := content.(type) {
	case *jupyter.Stream:
		s.write(m.Name, m.Text)
	case *jupyter.DisplayData:
		s.display(m.Data, m.Transient.DisplayID, 0)
	case *jupyter.ExecuteResult:
		s.display(m.Data, m.Transient.DisplayID, m.ExecutionCount)
	case *jupyter.UpdateDisplayData:
		s.update(m.Data, m.Transient.DisplayID)
	case *jupyter.ErrorOutput:
		s.add(&item{rows: s.textRows(errorText(m))})
	case *jupyter.ClearOutput:
		if m.Wait {
			s.clearNext = true
			return
		}
		s.clear()
	}
}

func (s *screen) write(name, text string) {
	if text == "" {
		return
	}
	s.clearIfWaiting()
	s.checkWidth()
	if n := len(s.items); n == 0 || s.items[n-1].stream != name {
		s.items = append(s.items, &item{stream: name, text: &execute.StreamText{}, wrap: wrapper{width: s.width}})
	}
	it := s.items[len(s.items)-1]
	it.text.Write(text)
	for line := range strings.Lines(it.text.Take()) {
		for _, text := range it.wrap.rows(strings.TrimSuffix(line, "\n")) {
			it.whole = append(it.whole, row{text: text})
		}
		if most := s.most(); len(it.whole) > 2*most { // one that prints without end
			s.flush()
		}
	}
}

func (s *screen) display(data jupyter.MIMEBundle, id string, count int) {
	s.clearIfWaiting()
	s.checkWidth()
	it := &item{id: id, count: count}
	it.rows = s.render(data, count)
	for _, other := range s.items { // a new display with an old id updates it, as in JupyterLab
		if id != "" && other.id == id {
			s.replace(other, data)
		}
	}
	s.add(it)
}

func (s *screen) update(data jupyter.MIMEBundle, id string) {
	s.checkWidth()
	found := false
	for _, it := range s.items {
		if id != "" && it.id == id {
			s.replace(it, data)
			found = true
		}
	}
	if !found {
		s.display(data, id, 0)
	}
}

func (s *screen) replace(it *item, data jupyter.MIMEBundle) {
	s.forget(it.rows)
	it.rows = s.render(data, it.count)
}

func (s *screen) add(it *item) {
	s.clearIfWaiting()
	s.items = append(s.items, it)
}

func (s *screen) clearIfWaiting() {
	if s.clearNext {
		s.clear()
	}
}

func (s *screen) clear() {
	for _, it := range s.items {
		s.forget(it.rows)
	}
	s.items, s.clearNext = nil, false
}

// forget takes away pictures that stay when the rows under them are erased.
func (s *screen) forget(rows []row) {
	for _, r := range rows {
		if r.drawing != nil {
			s.erase.WriteString(r.drawing.Erase)
		}
	}
}

// typed tells that the user typed a line, which the terminal has shown.
func (s *screen) typed(text string) {
	s.write("stdout", text+"\n")
	s.shown = s.all()
}

// render returns the rows of a bundle.
func (s *screen) render(data jupyter.MIMEBundle, count int) []row {
	columns, height := s.dimensions()
	s.pictures++
	v := s.view.view(data, columns, max(1, height-2), s.pictures)
	prefix := ""
	if count > 0 {
		prefix = fmt.Sprintf("Out[%d]: ", count)
		if s.view.color {
			prefix = "\x1b[31m" + prefix + resetStyle
		}
	}
	var rows []row
	if v.drawing != nil {
		if count > 0 {
			rows = append(rows, row{text: prefix})
			prefix = ""
		}
		rows = append(rows, drawingRows(v.drawing)...)
	}
	if v.text != "" || v.drawing == nil {
		text := v.text
		if prefix != "" && strings.Contains(text, "\n") {
			text = "\n" + text
		}
		rows = append(rows, s.textRows(prefix+text)...)
	}
	return rows
}

func drawingRows(d *picture.Drawing) []row {
	var rows []row
	if d.Lines != nil {
		for _, line := range d.Lines {
			rows = append(rows, row{text: line})
		}
		return rows
	}
	rows = append(rows, row{drawing: d})
	for range d.Rows - 1 {
		rows = append(rows, row{covered: true})
	}
	return rows
}

func (s *screen) textRows(text string) []row {
	w := wrapper{width: s.width}
	if w.width == 0 {
		w.width, _ = s.dimensions()
	}
	var rows []row
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		for _, text := range w.rows(line) {
			rows = append(rows, row{text: text})
		}
	}
	return rows
}

// all returns the rows that should stand in the terminal. The last is where the
// cursor waits.
func (s *screen) all() []row {
	var rows []row
	fresh := true // the cursor is at the start of an empty row
	for _, it := range s.items {
		if !fresh { // an output begins on a row of its own
			rows = append(rows, row{})
		}
		if len(rows) > 0 {
			rows = rows[:len(rows)-1]
		}
		if it.text == nil {
			rows = append(append(rows, it.rows...), row{})
			fresh = true
			continue
		}
		rows = append(rows, it.whole...)
		wrap := it.wrap // of the unfinished line only
		line := it.text.String()
		for _, text := range wrap.rows(line) {
			rows = append(rows, row{text: text})
		}
		fresh = line == ""
	}
	return rows
}
