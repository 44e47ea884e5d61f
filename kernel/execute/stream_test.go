package execute

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// naiveStream is what StreamText must show, character by character.
func naiveStream(text string) string {
	var done strings.Builder
	var line []rune
	cursor := 0
	for _, r := range text {
		switch {
		case r == '\n':
			done.WriteString(string(line) + "\n")
			line, cursor = nil, 0
		case r == '\r':
			cursor = 0
		case r == '\b' && cursor > 0:
			line = append(line[:cursor-1:cursor-1], line[min(cursor+1, len(line)):]...)
			cursor--
		case r == '\b':
		case cursor < len(line):
			line[cursor] = r
			cursor++
		default:
			line = append(line, r)
			cursor++
		}
	}
	return done.String() + string(line)
}

func FuzzStreamText(f *testing.F) {
	for _, s := range []string{"10%\r20%\n", "ab\b\bc\r\n\rx", "\b\n\b", "ü\r日\b本", "a\rb\nc"} {
		f.Add(s, 1)
	}
	f.Fuzz(func(t *testing.T, text string, cut int) {
		if !utf8.ValidString(text) || len(text) == 0 {
			return
		}
		cut = max(cut, -cut, 0) % len(text)
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		var s, taken StreamText
		s.Write(text[:cut])
		s.Write(text[cut:])
		want := naiveStream(text)
		if s.String() != want {
			t.Errorf("%q cut at %d shows %q, want %q", text, cut, s.String(), want)
		}
		taken.Write(text[:cut])
		got := taken.Take()
		taken.Write(text[cut:])
		if got += taken.String(); got != want {
			t.Errorf("%q taken at %d shows %q, want %q", text, cut, got, want)
		}
		if tail := s.Tail(1); !strings.HasSuffix(want, tail) && len(tail) < 1000 {
			t.Errorf("%q ends with %q, not %q", text, want, tail)
		}
	})
}
