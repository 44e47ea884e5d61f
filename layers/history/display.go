package history

import (
	"fmt"
	"html"

	"github.com/gocifar/gocifar/layers/display"
)

// Display shows the history as a table: HTML for notebooks, and text. It makes
// *History a display.Displayer; [History.Curves] is the picture.
func (h *History) Display() display.Bundle {
	return display.Bundle{Text: h.Text(), HTML: h.html()}
}

// html is the history as a table with a row for each epoch.
func (h *History) html() string {
	t := display.Table{Model: h.Model, Head: append([]string{"epoch", "seconds"}, h.Order...)}
	for i, epoch := range h.Epochs {
		row := []string{fmt.Sprint(epoch), fmt.Sprintf("%.1f", h.Seconds[i])}
		for _, name := range h.Order {
			row = append(row, formatValue(h.Metrics[name][i]))
		}
		t.Rows = append(t.Rows, row)
	}
	page := t.Display().HTML
	if h.Note != "" {
		page += "\n<p>" + html.EscapeString(h.Note) + "</p>\n"
	}
	return page
}
