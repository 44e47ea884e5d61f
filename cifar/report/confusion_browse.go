package report

import (
	"cmp"
	"context"
	"fmt"
	"html"
	"image/color"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/layers/display"
)

// Taken returns the indices of the examples of one class, by its number, that
// were taken for another or the same one: those of a cell of the confusion
// matrix. Those of the highest probability come first. Grid shows them.
func (p *Predictions) Taken(actual, predicted int) []int {
	var indices []int
	for i := range p.Actual {
		if int(p.Actual[i]) == actual && int(p.Predicted[i]) == predicted {
			indices = append(indices, i)
		}
	}
	slices.SortStableFunc(indices, func(a, b int) int { return cmp.Compare(p.Probability[b], p.Probability[a]) })
	return indices
}

// BrowseConfusion shows the confusion matrix, and up to twelve pictures of the
// cell that is clicked, beginning with the two classes that are confused most.
// It waits as [Predictions.Browse] does; in a terminal and in a notebook that is
// executed headlessly it shows the matrix and these first pictures.
func (p *Predictions) BrowseConfusion(ctx context.Context) {
	m := p.Confusion()
	if len(m.Classes) == 0 {
		display.Show("There are no classes to browse.")
		return
	}
	first := m.mostConfusedCell()
	picked, err := display.Pick(ctx, m.page(), first, browseIdle, p.cell)
	switch {
	case err != nil:
		display.Show(err)
	case !picked:
		display.Show(m, p.cell(first))
	}
}

// cell shows pictures of the matrix's cell with a number, as page has it.
func (p *Predictions) cell(number int) display.Bundle {
	actual, predicted := number/len(p.Classes), number%len(p.Classes)
	if number < 0 || actual >= len(p.Classes) {
		return display.Bundle{Text: fmt.Sprintf("There is no cell %d among %d classes.", number, len(p.Classes))}
	}
	indices := p.Taken(actual, predicted)
	if len(indices) == 0 {
		return display.Bundle{Text: fmt.Sprintf("No picture of %s was taken for %s.", p.Classes[actual],
			p.Classes[predicted])}
	}
	return p.Grid(indices[:min(12, len(indices))]...).Display()
}

// mostConfusedCell is the number of the cell with the largest count beside the
// diagonal, 0 if all are right.
func (m *ConfusionMatrix) mostConfusedCell() int {
	number, most := 0, 0
	for a, row := range m.Counts {
		for p, count := range row {
			if a != p && count > most {
				number, most = a*len(m.Classes)+p, count
			}
		}
	}
	return number
}

// page is the matrix in HTML, in the colors of its picture. Its cells are
// numbered row by row.
func (m *ConfusionMatrix) page() string {
	colors, err := blues()
	if err != nil { // cannot be: the colors are constants
		colors = shades{color.White}
	}
	most := 1
	for _, row := range m.Counts {
		most = max(most, slices.Max(row))
	}
	var b strings.Builder
	b.WriteString("<table><caption>Click a cell for its pictures. Rows: actual, columns: predicted</caption>\n" +
		"<tr><th></th>")
	for _, class := range m.Classes {
		fmt.Fprintf(&b, "<th>%s</th>", html.EscapeString(class))
	}
	b.WriteString("</tr>\n")
	for a, row := range m.Counts {
		fmt.Fprintf(&b, "<tr><th>%s</th>", html.EscapeString(m.Classes[a]))
		for p, count := range row {
			ink := "#000"
			if float64(count) > darkFrom*float64(most) {
				ink = "#fff"
			}
			red, green, blue, _ := colors[count*(len(colors)-1)/most].RGBA()
			fmt.Fprintf(&b, `<td data-pick="%d" tabindex="0" title="%s taken for %s" `+
				`style="cursor:pointer;color:%s;background:#%02x%02x%02x">%d</td>`, a*len(m.Classes)+p,
				html.EscapeString(m.Classes[a]), html.EscapeString(m.Classes[p]), ink, red>>8, green>>8, blue>>8, count)
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</table>")
	return b.String()
}
