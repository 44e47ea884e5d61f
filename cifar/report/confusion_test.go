package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// confused returns a matrix like a real model's.
func confused(classes []string, each int) *ConfusionMatrix {
	random := rand.New(rand.NewPCG(5, 0))
	m := &ConfusionMatrix{Classes: classes}
	for i := range classes {
		row := make([]int, len(classes))
		for range each {
			j := i
			if random.Float64() > 0.7 {
				j = random.IntN(len(classes))
			}
			row[j]++
		}
		m.Counts = append(m.Counts, row)
	}
	return m
}

func TestConfusionPicture(t *testing.T) {
	for _, test := range []struct {
		name    string
		classes []string
		numbers bool
	}{
		{"confusion.png", ten, true},
		{"confusion-2.png", []string{"cat", "dog"}, true},
		{"confusion-100.png", many(100), false},
	} {
		m := confused(test.classes, 1000)
		b := m.Display()
		keep(t, test.name, b.PNG)
		keep(t, "shares-"+test.name, m.Shares().Display().PNG)
		wellFormedSVG(t, b.SVG)
		for _, class := range test.classes {
			if strings.Count(b.SVG, ">"+class+"<") != 2 {
				t.Errorf("%s: %q is not on both axes", test.name, class)
			}
		}
		if got := strings.Contains(b.SVG, fmt.Sprintf(">%d<", m.Counts[0][0])); got != test.numbers {
			t.Errorf("%s: counts written: %v, want %v", test.name, got, test.numbers)
		}
		if b.HTML != "" {
			t.Error("an HTML form would hide the picture")
		}
		for _, line := range strings.Split(b.Text, "\n") {
			if len(test.classes) <= 10 && len(line) > widestMatrix {
				t.Errorf("line of %d columns: %s", len(line), line)
			}
		}
	}
}

// wellFormedSVG checks that all of an SVG is well-formed XML.
func wellFormedSVG(t *testing.T, svg string) {
	t.Helper()
	if !strings.HasPrefix(svg, "<svg") {
		t.Fatalf("not an <svg> element: %.60s", svg)
	}
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func many(n int) []string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("class_%d", i))
	}
	return names
}

func TestConfusionOfBadLabels(t *testing.T) {
	if _, err := NewConfusionMatrix([]int32{0}, nil, ten); err == nil ||
		!strings.Contains(err.Error(), "0 predicted labels for 1 actual") {
		t.Error(err)
	}
	for _, label := range []int32{-1, 10} {
		if _, err := NewConfusionMatrix([]int32{0}, []int32{label}, ten); err == nil ||
			!strings.Contains(err.Error(), "want 0 to 9") {
			t.Errorf("label %d: %v", label, err)
		}
	}
}

func TestObserveConfusion(t *testing.T) {
	m := &ConfusionMatrix{Classes: []string{"cat", "dog", "ship"}, Counts: [][]int{{6, 4, 0}, {3, 7, 0}, {1, 0, 9}}}
	text := strings.Join(m.Observe(), "\n")
	for _, want := range []string{"Of 30 pictures 0.7333", "from 0.60 (cat) to 0.90 (ship)",
		"from 0.60 (cat) to 1.00 (ship)", "cat and dog most: 7 of one"} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in:\n%s", want, text)
		}
	}
	nothing := &ConfusionMatrix{Classes: []string{"a", "b"}, Counts: [][]int{{0, 0}, {0, 0}}}
	if o := nothing.Observe(); len(o) != 1 || !strings.Contains(o[0], "Nothing was predicted") {
		t.Error(o)
	}
}
