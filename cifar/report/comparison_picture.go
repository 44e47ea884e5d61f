package report

import (
	"strings"

	"github.com/gocifar/gocifar/layers/display"
)

// Picture draws the accuracies of all models as bars. A diamond marks the
// validation accuracy of the other author (Beside). Its text form is the table.
func (c *Comparison) Picture() display.Displayer {
	b := display.Bundle{Text: c.Display().Text}
	if len(c.trained()) == 0 {
		return b
	}
	chart := bars{
		title: "Accuracy of all models",
		label: "Accuracy",
		series: []barSeries{{name: "Train", color: skyBlue}, {name: "Validation", color: amber},
			{name: "Test", color: bluishGreen}},
	}
	if c.beside != "" {
		chart.markNames = []string{strings.ToUpper(c.beside[:1]) + c.beside[1:] + "'s", "validation"}
	}
	for _, m := range c.Models {
		chart.names = append(chart.names, m.Run)
		for i, v := range []float64{m.Train, m.Validation, m.Test} {
			chart.series[i].values = append(chart.series[i].values, v)
		}
		chart.marks = append(chart.marks, m.Reference.Validation)
	}
	return chart.draw(b)
}
