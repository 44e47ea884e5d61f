package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/gocifar/gocifar/layers/display"
)

// Report lists precision, recall, F1 and support of each class and their
// averages. Its text is scikit-learn's classification_report to the byte, with
// labels=range(len(classes)) and target_names=classes.
type Report struct {
	matrix    *ConfusionMatrix
	digits    int
	undefined float64
	numbered  bool
}

// Report returns the predictions' classification report.
func (p *Predictions) Report() *Report { return p.Confusion().Report() }

// Report returns the classification report of what the matrix counts.
func (m *ConfusionMatrix) Report() *Report { return &Report{matrix: m, digits: 2} }

// Digits sets how many digits are shown after the point. Default 2. It returns
// the report.
func (r *Report) Digits(n int) *Report {
	r.digits = max(0, n)
	return r
}

// ZeroDivision sets what stands for a figure that is no number because a class
// was never predicted or does not occur: 0, 1 or NaN, which averages leave
// out. Default 0. It returns the report.
func (r *Report) ZeroDivision(v float64) *Report {
	r.undefined = v
	return r
}

// Numbered shows labels instead of class names, as scikit-learn does without
// target_names. It returns the report.
func (r *Report) Numbered() *Report {
	r.numbered = true
	return r
}

// Scores returns each class' figures.
func (r *Report) Scores() []Scores { return r.matrix.scores(r.undefined) }

// Macro returns the mean over classes, all of them counting the same.
func (r *Report) Macro() Scores { return macro(r.Scores()) }

// Weighted returns the mean over classes, each counting by its support.
func (r *Report) Weighted() Scores { return weighted(r.Scores()) }

// Accuracy returns the part of examples that are predicted right.
func (r *Report) Accuracy() float64 {
	hits, all := r.matrix.hits()
	return ratio(hits, all, r.undefined)
}

// A reportRow is one line: three figures, of which accuracy has only the last.
type reportRow struct {
	name    string
	cells   [3]string
	support int
}

func (r *Report) rows() (classes, averages []reportRow) {
	for i, s := range r.Scores() {
		name := r.matrix.Classes[i]
		if r.numbered {
			name = fmt.Sprint(i)
		}
		classes = append(classes, r.row(name, s))
	}
	macro, weighted := r.Macro(), r.Weighted()
	return classes, []reportRow{
		{"accuracy", [3]string{"", "", r.figure(r.Accuracy())}, macro.Support},
		r.row("macro avg", macro),
		r.row("weighted avg", weighted),
	}
}

func (r *Report) row(name string, s Scores) reportRow {
	return reportRow{name, [3]string{r.figure(s.Precision), r.figure(s.Recall), r.figure(s.F1)}, s.Support}
}

func (r *Report) figure(v float64) string {
	if math.IsNaN(v) {
		return "nan" // as Python writes it
	}
	return fmt.Sprintf("%.*f", r.digits, v)
}

// Text returns what scikit-learn's classification_report returns, with the line
// break at its end.
func (r *Report) Text() string {
	classes, averages := r.rows()
	width := max(len("weighted avg"), r.digits)
	for _, row := range classes {
		width = max(width, len([]rune(row.name)))
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%*s  %9s %9s %9s %9s\n", width, "", "precision", "recall", "f1-score", "support")
	for _, group := range [][]reportRow{classes, averages} {
		out.WriteString("\n")
		for _, row := range group {
			fmt.Fprintf(&out, "%*s  %9s %9s %9s %9d\n", width, row.name, row.cells[0], row.cells[1], row.cells[2], row.support)
		}
	}
	return out.String()
}

// Display shows the report as a table, and as text.
func (r *Report) Display() display.Bundle {
	classes, averages := r.rows()
	t := display.Table{Head: []string{"", "precision", "recall", "f1-score", "support"}, Left: []int{0}}
	for _, row := range append(classes, averages...) {
		t.Rows = append(t.Rows, append(append([]string{row.name}, row.cells[:]...), fmt.Sprint(row.support)))
	}
	return display.Bundle{Text: r.Text(), HTML: t.Display().HTML}
}
