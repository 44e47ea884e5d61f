package profile

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
)

// mostRows is how long the tables are.
const mostRows = 20

// tables are those that people see, with their titles.
func (p *Profile) tables() (titles []string, tables [][]Row) {
	functions := p.rows(func(f frame) (string, bool) { return p.label(f), !hostFrame(f) })
	functions = slices.DeleteFunc(functions, func(r Row) bool { return r.Flat == 0 && r.Cum == 0 })
	titles, tables = append(titles, "function"), append(tables, functions)
	lines := p.Lines()
	slices.SortStableFunc(lines, func(a, b Row) int { return int(min(1, max(-1, b.Cum-a.Cum))) })
	if len(lines) > 0 {
		titles, tables = append(titles, "line"), append(tables, lines)
	}
	return titles, tables
}

// PlainText shows the tables.
func (p *Profile) PlainText() string {
	var b strings.Builder
	titles, tables := p.tables()
	for i, rows := range tables {
		w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintf(w, "flat\tflat%%\tcum\tcum%%\t\t%s\n", titles[i])
		for _, r := range rows[:min(len(rows), mostRows)] {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t\t%s\n", p.text(r.Flat), p.percent(r.Flat), p.text(r.Cum),
				p.percent(r.Cum), r.Name)
		}
		_ = w.Flush()
		if len(rows) > mostRows {
			fmt.Fprintf(&b, "… %d more\n", len(rows)-mostRows)
		}
		b.WriteString("\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

// HTML shows the flame graph, and the tables below it.
func (p *Profile) HTML() string {
	var b strings.Builder
	b.WriteString(p.Flame())
	titles, tables := p.tables()
	for i, rows := range tables {
		fmt.Fprintf(&b, "<table><thead><tr><th>flat</th><th>flat%%</th><th>cum</th><th>cum%%</th>"+
			`<th style="text-align:left">%s</th></tr></thead><tbody>`, titles[i])
		for _, r := range rows[:min(len(rows), mostRows)] {
			fmt.Fprintf(&b, `<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td style="text-align:left">%s</td></tr>`,
				p.text(r.Flat), p.percent(r.Flat), p.text(r.Cum), p.percent(r.Cum), html.EscapeString(r.Name))
		}
		b.WriteString("</tbody></table>")
	}
	return b.String()
}

// callsCell is the library of a cell, in which only that function has no name
// that calls the statements.
var callsCell = regexp.MustCompile(`^\[cell\d+\.so\]$`)

// hostFrame tells of functions that only call the cell.
func hostFrame(f frame) bool {
	return callsCell.MatchString(f.function) || f.function == "runtime.goexit" ||
		strings.HasSuffix(f.function, ".gocell_main") ||
		strings.Contains(f.function, "kernel/internal/engine/host.call") ||
		strings.HasSuffix(f.function, "kernel/internal/engine/host.guarded")
}
