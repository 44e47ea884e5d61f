package execute

import (
	"slices"
	"strings"
)

// StreamText is what a stream shows after carriage returns and backspaces, as JupyterLab 4 computes it (processText in
// its outputarea/src/model.ts): \r moves to the start of the line, text then overwrites what stands there, \b removes
// the character before the cursor but never a line break, and a line break is always added at the end.
//
// JupyterLab counts UTF-16 units where this counts code points: the two differ only when text overwrites a character
// outside the Basic Multilingual Plane.
type StreamText struct {
	finished strings.Builder // whole lines: nothing reaches back into them
	line     []rune          // the line that the cursor is in
	cursor   int             // position in line
}

// Write adds what the stream printed.
func (s *StreamText) Write(text string) {
	for text != "" {
		at := strings.IndexAny(text, "\n\b\r")
		if at < 0 {
			s.overwrite(text)
			return
		}
		if text[at] == '\n' && len(s.line) == 0 { // most text: whole lines on empty ones, perhaps of 50 MB
			s.finished.WriteString(text[:at+1])
			text = text[at+1:]
			continue
		}
		if at > 0 {
			s.overwrite(text[:at])
		}
		switch text[at] {
		case '\n':
			s.finished.WriteString(string(s.line))
			s.finished.WriteByte('\n')
			s.line, s.cursor = s.line[:0], 0
		case '\r':
			s.cursor = 0
		case '\b':
			s.backspace()
		}
		text = text[at+1:]
	}
}

func (s *StreamText) overwrite(text string) {
	runes := []rune(text)
	end := min(s.cursor+len(runes), len(s.line))
	s.line = slices.Replace(s.line, s.cursor, end, runes...)
	s.cursor += len(runes)
}

// backspace drops the characters on both sides of the cursor, as JupyterLab does; the cursor is mostly at the end.
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
	if s.finished.Len() == 0 {
		return string(s.line)
	}
	if len(s.line) == 0 {
		return s.finished.String()
	}
	return s.finished.String() + string(s.line)
}

// Take returns the whole lines shown so far and forgets them: a front end that has shown them need not keep them.
func (s *StreamText) Take() string {
	lines := s.finished.String()
	s.finished.Reset()
	return lines
}

// LastLine is the line that the cursor is in, or the one before when that is empty: what a progress line shows.
func (s *StreamText) LastLine() string {
	if len(s.line) > 0 {
		return string(s.line)
	}
	text := strings.TrimRight(s.finished.String(), "\n")
	return text[strings.LastIndexByte(text, '\n')+1:]
}
