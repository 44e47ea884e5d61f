package report

import (
	"fmt"
	"slices"

	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/gocifar/gocifar/layers/display"
)

// A ConfusedPair says how often one class was taken for another.
type ConfusedPair struct {
	Actual, Predicted string
	// Count is how many examples of Actual were taken for Predicted, Share
	// which part of Actual's examples that is, 0 to 1.
	Count int
	Share float64
}

// ConfusedPairs are pairs of classes, those confused most often first.
type ConfusedPairs []ConfusedPair

// MostConfused returns up to n pairs of different classes that were confused
// at least once, the most frequent first, equals in the order of the labels.
func (m *ConfusionMatrix) MostConfused(n int) ConfusedPairs {
	var pairs ConfusedPairs
	for a, row := range m.Counts {
		for p, count := range row {
			if a != p && count > 0 {
				pairs = append(pairs, ConfusedPair{m.Classes[a], m.Classes[p], count, m.Share(a, p)})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b ConfusedPair) int { return b.Count - a.Count })
	return pairs[:max(0, min(n, len(pairs)))]
}

// Display lists the pairs in a table.
func (pairs ConfusedPairs) Display() display.Bundle {
	if len(pairs) == 0 {
		return display.Bundle{Text: "No class was taken for another."}
	}
	t := display.Table{Head: []string{"actual", "predicted", "pictures", "of its class"}, Left: []int{0, 1}}
	for _, p := range pairs {
		t.Rows = append(t.Rows,
			[]string{p.Actual, p.Predicted, termtext.Thousands(p.Count), fmt.Sprintf("%.1f %%", 100*p.Share)})
	}
	return t.Display()
}
