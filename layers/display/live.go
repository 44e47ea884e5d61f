package display

import (
	"fmt"
	"strings"
	"sync"

	"github.com/janpfeifer/gonb/gonbui"
)

// Live is one output that changes in place, such as a progress line or a
// curve that grows. In a notebook it is one output cell updated by its
// display id; in a terminal it is redrawn; elsewhere each text that differs
// from the one before is written as lines, so update it there only as often
// as a line is wanted.
//
// A Live may be used from several goroutines.
type Live struct {
	mu     sync.Mutex
	screen *screen
	id     string
	last   string
	lines  int // lines that a terminal shows for this output now
}

// NewLive returns an output that shows nothing yet.
func NewLive() *Live { return newLive(standardScreen(), "gocifar-"+gonbui.UniqueId()) }

func newLive(s *screen, id string) *Live { return &Live{screen: s, id: id} }

// Terminal control sequences (ECMA-48, and DEC's auto-wrap mode, which is
// switched off while drawing so that a long line stays one line and the
// cursor can find its way back).
const (
	wrapOff     = "\x1b[?7l"
	wrapOn      = "\x1b[?7h"
	eraseToEnd  = "\x1b[0J"
	cursorUpFmt = "\x1b[%dA"
)

// Update shows b in place of what this output showed before.
func (l *Live) Update(b Bundle) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.screen.notebook != nil {
		return l.screen.notebook.send(b, l.id)
	}
	text := b.PlainText()
	if text == l.last {
		return nil
	}
	l.last = text
	out := text + "\n"
	if l.screen.terminal {
		out = l.rewind() + wrapOff + out + wrapOn
		l.lines = strings.Count(text, "\n") + 1
	}
	if _, err := fmt.Fprint(l.screen.out, out); err != nil {
		return fmt.Errorf("display: writing to the terminal: %w", err)
	}
	return nil
}

// Clear takes the output away from a terminal, so that lines can be written
// above the next update. It does nothing elsewhere: a notebook's outputs do
// not move, and plain lines cannot be taken back.
func (l *Live) Clear() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.screen.terminal || l.lines == 0 {
		return nil
	}
	out := l.rewind()
	l.lines, l.last = 0, ""
	if _, err := fmt.Fprint(l.screen.out, out); err != nil {
		return fmt.Errorf("display: writing to the terminal: %w", err)
	}
	return nil
}

// Close leaves the output as it stands and waits until a notebook has
// received it.
func (l *Live) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = 0
	if l.screen.notebook != nil {
		return l.screen.notebook.sync()
	}
	return nil
}

// rewind returns the sequence that brings the cursor to this output's first
// line and erases from there.
func (l *Live) rewind() string {
	if l.lines == 0 {
		return ""
	}
	return fmt.Sprintf("\r"+cursorUpFmt+eraseToEnd, l.lines)
}
