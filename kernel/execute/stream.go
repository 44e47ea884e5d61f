package execute

import (
	"bytes"
	"slices"
	"strings"
)

// StreamText is what a stream shows after carriage returns and backspaces, as
// JupyterLab 4 computes it (processText in its outputarea/src/model.ts): \r
// moves to the start of the line, text then overwrites what stands there, \b
// removes the character before the cursor but never a line break, and a line
// break is always added at the end.
//
// JupyterLab counts UTF-16 units where this counts code points: the two differ
// only when text overwrites a character outside the Basic Multilingual Plane.
type StreamText struct {
	text  []byte // whole lines, and the last one unless it is being edited
	start int    // where the last line begins

	// A line is edited from its first carriage return or backspace on.
	editing bool
	line    []rune
	cursor  int // position in line
}

// Write adds what the stream printed.
func (s *StreamText) Write(text string) {
	for text != "" {
		if !s.editing {
			at := indexEdit(text)
			s.plain(text[:at])
			if text = text[at:]; text == "" {
				return
			}
			s.edit()
		}
		at := strings.IndexAny(text, "\n\b\r")
		if at < 0 {
			s.overwrite(text)
			return
		}
		s.overwrite(text[:at])
		switch text[at] {
		case '\n':
			s.text = append(append(s.text, string(s.line)...), '\n')
			s.start, s.editing = len(s.text), false
		case '\r':
			s.cursor = 0
		case '\b':
			s.backspace()
		}
		text = text[at+1:]
	}
}

// indexEdit is where the first carriage return or backspace stands, len(text)
// if there is none.
func indexEdit(text string) int {
	at := len(text)
	for _, c := range []byte{'\r', '\b'} {
		if i := strings.IndexByte(text[:at], c); i >= 0 {
			at = i
		}
	}
	return at
}

// plain adds text that only ever moves forward: nearly all, perhaps 50 MB of
// it.
func (s *StreamText) plain(text string) {
	if last := strings.LastIndexByte(text, '\n'); last >= 0 {
		s.start = len(s.text) + last + 1
	}
	s.text = append(s.text, text...)
}

// edit begins to edit the last line, with the cursor at its end.
func (s *StreamText) edit() {
	s.line = append(s.line[:0], []rune(string(s.text[s.start:]))...)
	s.text = s.text[:s.start]
	s.cursor, s.editing = len(s.line), true
}

func (s *StreamText) overwrite(text string) {
	runes := []rune(text)
	end := min(s.cursor+len(runes), len(s.line))
	s.line = slices.Replace(s.line, s.cursor, end, runes...)
	s.cursor += len(runes)
}

// backspace drops the characters on both sides of the cursor, as JupyterLab
// does; the cursor is mostly at the end.
func (s *StreamText) backspace() {
	if s.cursor == 0 {
		return
	}
	end := min(s.cursor+1, len(s.line))
	s.line = slices.Delete(s.line, s.cursor-1, end)
	s.cursor--
}

// String is the text shown so far.
func (s *StreamText) String() string {
	if !s.editing {
		return string(s.text)
	}
	return string(s.text) + string(s.line)
}

// Take returns the whole lines shown so far and forgets them: a front end that
// has shown them need not keep them.
func (s *StreamText) Take() string {
	lines := string(s.text[:s.start])
	s.text, s.start = append(s.text[:0], s.text[s.start:]...), 0
	return lines
}

// Tail is the end of the text, about n lines of it.
func (s *StreamText) Tail(n int) string {
	from := len(s.text)
	for range n + 1 {
		if from = bytes.LastIndexByte(s.text[:max(from-1, 0)], '\n') + 1; from == 0 {
			break
		}
	}
	tail := s.text[from:]
	const most = 1 << 16 // lines may be long
	if len(tail) > most {
		tail = bytes.ToValidUTF8(tail[len(tail)-most:], nil)
	}
	if !s.editing {
		return string(tail)
	}
	return string(tail) + string(s.line)
}
