package report

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gocifar/gocifar/layers/display"
)

// ConfusionMatrix counts what was taken for what: Counts[actual][predicted],
// as scikit-learn's confusion_matrix does.
type ConfusionMatrix struct {
	Classes []string
	Counts  [][]int
}

// NewConfusionMatrix counts labels, which are indices of classes. It needs as
// many predicted as actual ones.
func NewConfusionMatrix(actual, predicted []int32, classes []string) (*ConfusionMatrix, error) {
	if len(actual) != len(predicted) {
		return nil, fmt.Errorf("report: got %d predicted labels for %d actual ones, want as many", len(predicted),
			len(actual))
	}
	m := &ConfusionMatrix{Classes: classes, Counts: make([][]int, len(classes))}
	for i := range m.Counts {
		m.Counts[i] = make([]int, len(classes))
	}
	for i, a := range actual {
		for _, label := range []int32{a, predicted[i]} {
			if label < 0 || int(label) >= len(classes) {
				return nil, fmt.Errorf("report: example %d has label %d, want 0 to %d", i, label, len(classes)-1)
			}
		}
		m.Counts[a][predicted[i]]++
	}
	return m, nil
}

// Confusion returns the predictions' confusion matrix.
func (p *Predictions) Confusion() *ConfusionMatrix {
	m, err := NewConfusionMatrix(p.Actual, p.Predicted, p.Classes)
	if err != nil { // cannot be: NewPredictions checked the labels
		return &ConfusionMatrix{}
	}
	return m
}

// Support returns how many examples are of a class.
func (m *ConfusionMatrix) Support(class int) int {
	n := 0
	for _, count := range m.Counts[class] {
		n += count
	}
	return n
}

// Predicted returns how many examples were taken for a class.
func (m *ConfusionMatrix) Predicted(class int) int {
	n := 0
	for _, row := range m.Counts {
		n += row[class]
	}
	return n
}

// hits counts the examples that are predicted right, and all examples.
func (m *ConfusionMatrix) hits() (right, all int) {
	for i := range m.Classes {
		right += m.Counts[i][i]
		all += m.Support(i)
	}
	return right, all
}

// Share returns the part, 0 to 1, of a class' examples that was taken for
// another (or the same) one; 0 if there are none.
func (m *ConfusionMatrix) Share(actual, predicted int) float64 {
	return float64(m.Counts[actual][predicted]) / float64(max(1, m.Support(actual)))
}

// widestMatrix is how many columns of a terminal a matrix with class names
// over its columns may take.
const widestMatrix = 110

// Text returns the matrix as a table: a row for each actual class, a column
// for each predicted one. Where names do not fit over the columns, the labels'
// numbers stand there.
func (m *ConfusionMatrix) Text() string {
	text := m.table(m.Classes, m.Classes)
	head, _, _ := strings.Cut(text, "\n")
	if utf8.RuneCountInString(head) > widestMatrix {
		numbers, names := make([]string, len(m.Classes)), make([]string, len(m.Classes))
		for i, class := range m.Classes {
			numbers[i], names[i] = fmt.Sprint(i), fmt.Sprintf("%d %s", i, class)
		}
		text = m.table(numbers, names)
	}
	return "rows: actual, columns: predicted\n" + text
}

// table lays out the counts under the headings, a row for each name.
func (m *ConfusionMatrix) table(headings, names []string) string {
	t := display.Table{Head: append([]string{""}, headings...), Left: []int{0}}
	for i, name := range names {
		row := []string{name}
		for _, count := range m.Counts[i] {
			row = append(row, fmt.Sprint(count))
		}
		t.Rows = append(t.Rows, row)
	}
	return t.Display().Text
}
