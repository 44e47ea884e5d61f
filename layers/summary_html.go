package layers

import (
	"fmt"
	"html"
	"strings"

	"github.com/gocifar/gocifar/layers/display"
)

// Display shows the model: its summary as an HTML table for notebooks, and as
// text. It makes *Model a display.Displayer.
func (m *Model) Display() display.Bundle {
	return display.Bundle{Text: m.Summary(), HTML: m.summaryHTML()}
}

// summaryHTML is the summary as a table.
func (m *Model) summaryHTML() string {
	var b strings.Builder
	if m.modelErr != nil {
		return "<pre>" + html.EscapeString(m.modelErr.Error()) + "</pre>"
	}
	chain := m.isChain()
	fmt.Fprintf(&b, "<table><caption>Model: <b>%s</b></caption>\n<thead><tr><th style=\"text-align:left\">Layer (type)</th>"+
		"<th style=\"text-align:left\">Output Shape</th><th style=\"text-align:right\">Param #</th>", html.EscapeString(m.name))
	if !chain {
		b.WriteString("<th style=\"text-align:left\">Connected to</th>")
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	for _, r := range m.summaryRows(false, 0) {
		fmt.Fprintf(&b, "<tr><td style=\"text-align:left\">%s</td><td style=\"text-align:left\">%s</td><td style=\"text-align:right\">%s</td>",
			html.EscapeString(r.name()), html.EscapeString(r.shape), thousands(r.params))
		if !chain {
			fmt.Fprintf(&b, "<td style=\"text-align:left\">%s</td>", html.EscapeString(strings.Join(r.inputs, ", ")))
		}
		b.WriteString("</tr>\n")
	}
	fmt.Fprintf(&b, "</tbody></table>\n<p>%s</p>\n", strings.Join(m.richTotals(), "<br>"))
	return b.String()
}
