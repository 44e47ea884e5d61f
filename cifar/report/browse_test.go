package report

import (
	"context"
	"fmt"
)

// In a terminal, Browse shows a table of the first twelve instead of a slider.
func ExamplePredictions_Browse() {
	_, all := drawn(60, 30)
	test, err := all.Slice(0, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	rows := make([][]float32, 3)
	for i := range rows {
		rows[i] = make([]float32, 10)
		rows[i][test.Labels[i]] = 0.75
	}
	p, err := NewPredictions(test, ten, rows)
	if err != nil {
		fmt.Println(err)
		return
	}
	p.Browse(context.Background(), 2, 0)
	// Output:
	//  index  picture
	//      2  actual: deer, predicted: deer, probability: 0.750
	//      0  actual: airplane, predicted: airplane, probability: 0.750
}
