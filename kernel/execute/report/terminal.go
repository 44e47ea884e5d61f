package report

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"github.com/gocifar/gocifar/kernel/execute"
)

// sequence is a terminal's control sequence; colour is one that only changes how text looks.
var (
	sequence = regexp.MustCompile("\x1b(?:\\[[0-9;?]*[ -/]*[@-~]|[@-Z\\\\-_])")
	colour   = regexp.MustCompile("^\x1b\\[[0-9;]*m$")
)

// terminalText is what may be printed on a terminal of a kernel's text: colours stay, nothing else gets through that
// could move the cursor or change the terminal.
func terminalText(text string) string {
	coloured := false
	text = strings.ReplaceAll(text, "\x00", "") // it marks colours below
	text = sequence.ReplaceAllStringFunc(text, func(s string) string {
		if colour.MatchString(s) {
			coloured = true
			return "\x00" + s[1:]
		}
		return ""
	})
	text = strings.Map(func(r rune) rune {
		switch {
		case r == 0:
			return '\x1b'
		case r == '\n', r == '\t', !unicode.IsControl(r):
			return r
		}
		return -1
	}, text)
	if coloured {
		text = strings.TrimRight(text, "\n") + "\x1b[0m\n"
	}
	return text
}

// fit cuts a line to a number of columns, with an ellipsis; tabs become spaces, colours go.
func fit(line string, columns int) string {
	var b strings.Builder
	used := 0
	for _, r := range execute.PlainText(line) {
		n := runeColumns(r)
		if r == '\t' {
			r, n = ' ', 1
		}
		if n < 0 {
			continue
		}
		if used+n > columns-1 {
			b.WriteRune('…')
			break
		}
		b.WriteRune(r)
		used += n
	}
	return b.String()
}

// runeColumns is how many columns a terminal gives a character; -1 for one that it does not show.
func runeColumns(r rune) int {
	switch {
	case unicode.IsControl(r):
		return -1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
