package report

import (
	"fmt"

	"github.com/gocifar/gocifar/internal/termtext"
)

// Observe says what the matrix shows: the accuracy, the classes with the
// highest and lowest recall and precision, and the pair that is confused most.
func (m *ConfusionMatrix) Observe() Observations {
	r := m.Report()
	all := r.Scores()
	examples := r.Macro().Support
	if examples == 0 || len(m.Classes) < 2 {
		return Observations{"Nothing was predicted, so there is nothing to say about it."}
	}
	o := Observations{fmt.Sprintf("Of %s pictures %.4f are predicted right.", termtext.Thousands(examples), r.Accuracy())}
	low, high := m.extremes(func(class int) float64 { return all[class].Recall })
	o = append(o, fmt.Sprintf("Recall runs from %.2f (%s) to %.2f (%s): the model finds so much of each class.",
		all[low].Recall, m.Classes[low], all[high].Recall, m.Classes[high]))
	low, high = m.extremes(func(class int) float64 { return all[class].Precision })
	o = append(o, fmt.Sprintf("Precision runs from %.2f (%s) to %.2f (%s): so much of what it takes for that class is "+
		"of it.",
		all[low].Precision, m.Classes[low], all[high].Precision, m.Classes[high]))
	if a, b, both := m.mostConfusedPair(); both > 0 {
		o = append(o, fmt.Sprintf("It confuses %s and %s most: %s of one were taken for the other.", m.Classes[a],
			m.Classes[b], termtext.Thousands(both)))
	}
	return o
}

// extremes returns the classes of the lowest and the highest value.
func (m *ConfusionMatrix) extremes(value func(class int) float64) (low, high int) {
	for class := range m.Classes {
		if value(class) < value(low) {
			low = class
		}
		if value(class) > value(high) {
			high = class
		}
	}
	return low, high
}

// mostConfusedPair returns two classes and how often either was taken for the
// other.
func (m *ConfusionMatrix) mostConfusedPair() (a, b, both int) {
	for i := range m.Classes {
		for j := range i {
			if n := m.Counts[i][j] + m.Counts[j][i]; n > both {
				a, b, both = j, i, n
			}
		}
	}
	return a, b, both
}
