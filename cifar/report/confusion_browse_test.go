package report

import (
	"context"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestTaken(t *testing.T) {
	p := predicted(t, []int{3, 3, 3, 5}, []float32{0.4, 0.9, 0.6, 0.7})
	for i := range p.Actual {
		p.Actual[i] = 2
	}
	for cell, want := range map[[2]int][]int{{2, 3}: {1, 2, 0}, {2, 5}: {3}, {3, 2}: nil} {
		if got := p.Taken(cell[0], cell[1]); !slices.Equal(got, want) {
			t.Errorf("cell %v has the pictures %v, want %v", cell, got, want)
		}
	}
	m := p.Confusion()
	if got := m.mostConfusedCell(); got != 2*10+3 {
		t.Errorf("the most confused cell is %d, want that of 2 taken for 3", got)
	}
	for number, want := range map[int]string{
		23: "     1  actual: bird, predicted: cat, probability: 0.900\n",
		0:  "No picture of airplane was taken for airplane.",
		-1: "There is no cell -1 among 10 classes.", 100: "There is no cell 100 among 10 classes.",
	} {
		if b := p.cell(number); !strings.Contains(b.Text, want) {
			t.Errorf("cell %d: %q, want %q", number, b.Text, want)
		}
	}
}

// TestConfusionPage: every cell can be picked by the number under which cell
// shows its pictures, and names are text, whatever they contain.
func TestConfusionPage(t *testing.T) {
	names := []string{"<cat>", `"dog"`, "a & b"}
	m := confused(names, 50)
	var page struct {
		Rows []struct {
			Heads []string `xml:"th"`
			Cells []struct {
				Pick  int    `xml:"data-pick,attr"`
				Title string `xml:"title,attr"`
				Count int    `xml:",chardata"`
			} `xml:"td"`
		} `xml:"tr"`
	}
	if err := xml.Unmarshal([]byte(m.page()), &page); err != nil {
		t.Fatalf("%v in %s", err, m.page())
	}
	for a, row := range page.Rows[1:] {
		if row.Heads[0] != names[a] || len(row.Cells) != len(names) {
			t.Fatalf("row %d is %+v", a, row)
		}
		for p, cell := range row.Cells {
			title := names[a] + " taken for " + names[p]
			if cell.Pick != a*len(names)+p || cell.Count != m.Counts[a][p] || cell.Title != title {
				t.Errorf("cell %d, %d is %+v, want %d examples", a, p, cell, m.Counts[a][p])
			}
		}
	}
}

// In a terminal, BrowseConfusion shows the matrix and the pictures of the cell
// beside the diagonal that has most.
func ExamplePredictions_BrowseConfusion() {
	_, test := drawn(60, 3)
	test.Labels = []int32{0, 0, 1}
	rows := [][]float32{{0.1, 0.9}, {0.4, 0.6}, {0.2, 0.8}}
	p, err := NewPredictions(test, []string{"cat", "dog"}, rows)
	if err != nil {
		fmt.Println(err)
		return
	}
	p.BrowseConfusion(context.Background())
	// Output:
	// rows: actual, columns: predicted
	//      cat  dog
	// cat    0    2
	// dog    0    1
	//  index  picture
	//      0  actual: cat, predicted: dog, probability: 0.900
	//      1  actual: cat, predicted: dog, probability: 0.600
}
