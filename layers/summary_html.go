package layers

import (
	"html"
	"strings"

	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/gocifar/gocifar/layers/display"
)

// Display shows the model: its summary as an HTML table for notebooks, and as
// text. It makes *Model a display.Displayer.
func (m *Model) Display() display.Bundle {
	return display.Bundle{Text: m.Summary(), HTML: m.summaryHTML()}
}

// summaryHTML is the summary as a table.
func (m *Model) summaryHTML() string {
	if m.modelErr != nil {
		return "<pre>" + html.EscapeString(m.modelErr.Error()) + "</pre>"
	}
	chain := m.isChain()
	t := display.Table{Model: m.name, Head: []string{"Layer (type)", "Output Shape", "Param #"}, Left: []int{0, 1, 3}}
	if !chain {
		t.Head = append(t.Head, "Connected to")
	}
	for _, r := range m.summaryRows(false, 0) {
		row := []string{r.name(), r.shape, termtext.Thousands(r.params)}
		if !chain {
			row = append(row, strings.Join(r.inputs, ", "))
		}
		t.Rows = append(t.Rows, row)
	}
	return t.Display().HTML + "\n<p>" + strings.Join(m.richTotals(), "<br>") + "</p>\n"
}
