package history

import (
	"fmt"
	"html"
	"strings"

	"github.com/gocifar/gocifar/layers/display"
)

// Display shows the history as a table: HTML for notebooks, and text. It makes
// *History a display.Displayer; [History.Curves] is the picture.
func (h *History) Display() display.Bundle {
	return display.Bundle{Text: h.Text(), HTML: h.html()}
}

// html is the history as a table with a row for each epoch.
func (h *History) html() string {
	var b strings.Builder
	right := func(tag, text string) {
		fmt.Fprintf(&b, "<%s style=\"text-align:right\">%s</%s>", tag, html.EscapeString(text), tag)
	}
	fmt.Fprintf(&b, "<table><caption>Model: <b>%s</b></caption>\n<thead><tr>", html.EscapeString(h.Model))
	for _, name := range append([]string{"epoch", "seconds"}, h.Order...) {
		right("th", name)
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	for i, epoch := range h.Epochs {
		b.WriteString("<tr>")
		right("td", fmt.Sprint(epoch))
		right("td", fmt.Sprintf("%.1f", h.Seconds[i]))
		for _, name := range h.Order {
			right("td", formatValue(h.Metrics[name][i]))
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody></table>\n")
	if h.Note != "" {
		fmt.Fprintf(&b, "<p>%s</p>\n", html.EscapeString(h.Note))
	}
	return b.String()
}
