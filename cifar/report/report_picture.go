package report

import "github.com/gocifar/gocifar/layers/display"

// Picture draws precision and recall of each class as bars. Its text form is
// the report.
func (r *Report) Picture() display.Displayer {
	b := display.Bundle{Text: r.Text()}
	if len(r.matrix.Classes) == 0 {
		return b
	}
	chart := bars{
		title:  "Precision and recall of each class",
		names:  r.matrix.Classes,
		series: []barSeries{{name: "Precision", color: skyBlue}, {name: "Recall", color: amber}},
	}
	for _, s := range r.Scores() {
		chart.series[0].values = append(chart.series[0].values, s.Precision)
		chart.series[1].values = append(chart.series[1].values, s.Recall)
	}
	return chart.draw(b)
}
