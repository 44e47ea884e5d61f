package repl

import (
	"context"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/gocifar/gocifar/kernel/internal/repl/picture"
)

// terminal is the device that the session runs in.
type terminal struct {
	in, out *os.File
	saved   *modes // as it was found
}

// isTerminal reports whether a file is one.
func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// size is the terminal's, in character cells.
func (t *terminal) size() (columns, rows int) {
	columns, rows, err := term.GetSize(int(t.out.Fd()))
	if err != nil || columns < 1 || rows < 1 {
		return 80, 24
	}
	return columns, rows
}

// answerWait is how long a terminal may take to answer. Over a slow line an
// answer that comes later would be taken for typing, so it is not too short.
const answerWait = 500 * time.Millisecond

// detect finds out what the terminal can do, and what the user typed meanwhile.
func (t *terminal) detect() (c picture.Capabilities, typed string) {
	c = picture.Detect(os.Getenv, func(query string) string {
		answer := t.ask(query)
		typed = picture.Typed(answer)
		return answer
	})
	if w, h := t.cell(); w > 0 && h > 0 {
		c.CellWidth, c.CellHeight = w, h
	}
	return c, typed
}

func (t *terminal) ask(query string) string {
	fd := int(t.in.Fd())
	old, err := term.MakeRaw(fd)
	if err != nil {
		return ""
	}
	defer term.Restore(fd, old)
	// Whatever a terminal printed of the query goes away with the line.
	io.WriteString(t.out, query+"\r\x1b[K")
	var answer []byte
	buffer := make([]byte, 256)
	for deadline := time.Now().Add(answerWait); time.Now().Before(deadline) && !picture.Answered(answer); {
		if !readable(t.in, time.Until(deadline)) {
			continue
		}
		n, err := t.in.Read(buffer)
		if err != nil {
			break
		}
		answer = append(answer, buffer[:n]...)
	}
	return string(answer)
}

// lineInput reads lines from a file and can stop waiting for one.
type lineInput struct {
	file *os.File
	rest []byte
	err  error
}

// waiting reports whether a line can be had at once.
func (l *lineInput) waiting() bool { return len(l.rest) > 0 || readable(l.file, 0) }

// pollEvery is how often a wait for input looks whether it should go on.
const pollEvery = 50 * time.Millisecond

// line returns the next line without its end, or the rest before the end of the
// file. It returns errCanceled when stop says so.
func (l *lineInput) line(ctx context.Context, stop <-chan struct{}) (string, error) {
	buffer := make([]byte, 4096)
	for {
		if before, after, ok := strings.Cut(string(l.rest), "\n"); ok {
			l.rest = []byte(after)
			return strings.TrimSuffix(before, "\r"), nil
		}
		if l.err != nil {
			line := string(l.rest)
			l.rest = nil
			if line != "" {
				return line, nil
			}
			return "", l.err
		}
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-stop:
			return "", errCanceled
		default:
		}
		if !readable(l.file, pollEvery) {
			continue
		}
		n, err := l.file.Read(buffer)
		l.rest = append(l.rest, buffer[:n]...)
		if err == nil && n == 0 {
			err = io.EOF
		}
		l.err = err
		if err == io.EOF && isTerminal(l.file) {
			l.err = nil // Ctrl-D ends one line, not the terminal
			if len(l.rest) == 0 {
				return "", io.EOF
			}
		}
	}
}
