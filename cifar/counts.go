package cifar

import (
	"fmt"
	"html"
	"strings"

	"github.com/gocifar/gocifar/layers/display"
)

// Counts shows how many training and test pictures each class has.
func (d *Dataset) Counts() display.Displayer {
	train, test := countLabels(d.Train.Labels, len(d.Classes)), countLabels(d.Test.Labels, len(d.Classes))
	rows := [][]string{{"label", "class", "training", "test"}}
	for label, class := range d.Classes {
		rows = append(rows, []string{fmt.Sprint(label), class, commas(train[label]), commas(test[label])})
	}
	rows = append(rows, []string{"", "all", commas(int64(d.Train.Len())), commas(int64(d.Test.Len()))})
	return table(rows, 1)
}

func countLabels(labels []int32, classes int) []int64 {
	counts := make([]int64, classes)
	for _, label := range labels {
		if label >= 0 && int(label) < classes {
			counts[label]++
		}
	}
	return counts
}

// table lays out rows, the first of which is the head; text columns are those
// numbered, the others are numbers and right-aligned.
func table(rows [][]string, textColumns ...int) display.Bundle {
	isText := map[int]bool{}
	for _, c := range textColumns {
		isText[c] = true
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for c, cell := range row {
			widths[c] = max(widths[c], len([]rune(cell)))
		}
	}
	var text, page strings.Builder
	page.WriteString("<table>")
	for i, row := range rows {
		tag := "td"
		if i == 0 {
			tag = "th"
		}
		line := ""
		page.WriteString("<tr>")
		for c, cell := range row {
			gap := strings.Repeat(" ", widths[c]-len([]rune(cell)))
			align := "right"
			if isText[c] {
				align = "left"
				line += cell + gap + "  "
			} else {
				line += gap + cell + "  "
			}
			fmt.Fprintf(&page, `<%s style="text-align:%s">%s</%s>`, tag, align, html.EscapeString(cell), tag)
		}
		page.WriteString("</tr>")
		text.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	page.WriteString("</table>")
	return display.Bundle{Text: strings.TrimSuffix(text.String(), "\n"), HTML: page.String()}
}
