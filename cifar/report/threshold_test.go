package report

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// predicted returns predictions of pictures of ten classes: for each picture
// the class that is predicted, and its probability.
func predicted(t *testing.T, classes []int, probabilities []float32) *Predictions {
	t.Helper()
	_, test := drawn(60, len(classes))
	rows := make([][]float32, len(classes))
	for i, class := range classes {
		rows[i] = make([]float32, len(ten))
		rows[i][class] = probabilities[i]
	}
	p, err := NewPredictions(test, ten, rows)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSure(t *testing.T) {
	p := predicted(t, []int{0, 1, 2, 2}, []float32{0.4, 0.6, 0.9, 0.2})
	if got, want := p.Sure(0), p.Confusion(); !reflect.DeepEqual(got, want) {
		t.Errorf("at least 0: %v, want all: %v", got, want)
	}
	m := p.Sure(0.6) // the bound itself counts
	for i, taken := range []bool{false, true, true, false} {
		want := 0
		if taken {
			want = 1
		}
		if got := m.Counts[p.Actual[i]][p.Predicted[i]]; got != want {
			t.Errorf("picture %d is counted %d times, want %d", i, got, want)
		}
	}
	if _, all := p.Sure(0.95).hits(); all != 0 {
		t.Errorf("%d predictions with at least 0.95, want none", all)
	}
}

// A picture of a matrix says how many predictions it is about, also when there
// are none.
func TestSurePicture(t *testing.T) {
	p := predicted(t, []int{0, 1, 2, 2}, []float32{0.4, 0.6, 0.9, 0.2})
	for least, want := range map[float32]string{
		0.5: "Probability at least 0.50: 2 pictures (50.0 %), ",
		1:   "Probability at least 1.00: 0 pictures (0.0 %)\n",
	} {
		b := p.sure(least)
		if !strings.HasPrefix(b.Text, want) || len(b.PNG) == 0 {
			t.Errorf("%q with %d bytes of PNG, want %q", b.Text, len(b.PNG), want)
		}
		wellFormedSVG(t, b.SVG)
		keep(t, fmt.Sprintf("threshold-%g.png", least), b.PNG)
	}
}

// In a terminal, BrowseThresholds shows a table and one matrix instead of a
// slider.
func ExamplePredictions_BrowseThresholds() {
	_, test := drawn(60, 4)
	rows := make([][]float32, 4)
	for i, probability := range []float32{0.4, 0.6, 0.92, 0.97} {
		rows[i] = make([]float32, 3)
		test.Labels[i] = int32(i % 3)
		rows[i][i%2] = probability
	}
	p, err := NewPredictions(test, []string{"cat", "dog", "frog"}, rows)
	if err != nil {
		fmt.Println(err)
		return
	}
	p.BrowseThresholds(context.Background())
	// Output:
	// probability at least  pictures   of all   right
	//                 0.00         4  100.0 %  0.5000
	//                 0.50         3   75.0 %  0.3333
	//                 0.60         3   75.0 %  0.3333
	//                 0.70         2   50.0 %  0.0000
	//                 0.80         2   50.0 %  0.0000
	//                 0.90         2   50.0 %  0.0000
	//                 0.95         1   25.0 %  0.0000
	//                 0.99         0    0.0 %       –
	// Probability at least 0.50: 3 pictures (75.0 %), 0.3333 right
	// rows: actual, columns: predicted
	//       cat  dog  frog
	// cat     0    1     0
	// dog     0    1     0
	// frog    1    0     0
}
