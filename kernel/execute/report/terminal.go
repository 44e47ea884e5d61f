package report

import (
	"strings"
	"unicode"

	"github.com/gocifar/gocifar/internal/termtext"
)

// terminalText is what may be printed on a terminal of a kernel's text: colors
// stay, nothing else gets through that could move the cursor or change the
// terminal.
func terminalText(text string) string {
	var shown strings.Builder
	colored := false
	for text != "" {
		plain, escape := text, ""
		if i := strings.IndexByte(text, '\x1b'); i >= 0 {
			plain, escape = text[:i], text[i:]
		}
		for _, r := range plain {
			if r == '\n' || r == '\t' || !unicode.IsControl(r) {
				shown.WriteRune(r)
			}
		}
		var sequence string
		sequence, text = termtext.CutEscape(escape)
		if termtext.IsColor(sequence) {
			colored = true
			shown.WriteString(sequence)
		}
	}
	if colored {
		return strings.TrimRight(shown.String(), "\n") + "\x1b[0m\n"
	}
	return shown.String()
}
