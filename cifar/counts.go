package cifar

import (
	"fmt"

	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/gocifar/gocifar/layers/display"
)

// Counts shows how many training and test pictures each class has.
func (d *Dataset) Counts() display.Displayer {
	train, test := countLabels(d.Train.Labels, len(d.Classes)), countLabels(d.Test.Labels, len(d.Classes))
	t := display.Table{Head: []string{"label", "class", "training", "test"}, Left: []int{1}}
	for label, class := range d.Classes {
		t.Rows = append(t.Rows,
			[]string{fmt.Sprint(label), class, termtext.Thousands(train[label]), termtext.Thousands(test[label])})
	}
	t.Rows = append(t.Rows, []string{"", "all", termtext.Thousands(d.Train.Len()), termtext.Thousands(d.Test.Len())})
	return t.Display()
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
