package termtext

import (
	"strings"

	"github.com/rivo/uniseg"
)

// Width is how many columns a text takes.
func Width(text string) int { return uniseg.StringWidth(Plain(text)) }

// Fit cuts a line to a number of columns, with an ellipsis. Tabs become spaces,
// escape sequences and control characters go.
func Fit(line string, columns int) string {
	var b strings.Builder
	used := 0
	clusters := uniseg.NewGraphemes(strings.ReplaceAll(Plain(line), "\t", " "))
	for clusters.Next() {
		if IsControl(clusters.Str()) {
			continue
		}
		if used += clusters.Width(); used > columns-1 {
			b.WriteRune('…')
			break
		}
		b.WriteString(clusters.Str())
	}
	return b.String()
}
