package report

import (
	"regexp"
	"strings"
	"unicode"
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
