package layers

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
)

// svgElements counts the elements of a drawing, which must be well-formed.
func svgElements(t *testing.T, svg string) map[string]int {
	t.Helper()
	count := map[string]int{}
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return count
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
		if e, ok := token.(xml.StartElement); ok {
			count[e.Name.Local]++
		}
	}
}

func TestDrawEveryModel(t *testing.T) {
	for name, c := range goldenModels(t) {
		m, err := ModelFromConfig(c.Config)
		if err != nil {
			t.Fatal(err)
		}
		b := m.Draw()
		edges := 0
		for _, n := range m.topology.nodes {
			edges += len(n.inputs)
		}
		got := svgElements(t, b.SVG)
		if got["rect"] != len(m.topology.nodes) || got["path"] < edges {
			t.Errorf("%s: %d boxes and %d lines for %d nodes and %d edges", name, got["rect"], got["path"],
				len(m.topology.nodes), edges)
		}
		for _, l := range m.Layers() {
			if !strings.Contains(b.Text, describe(l)) {
				t.Errorf("%s: the text lacks %s:\n%s", name, l.Name(), b.Text)
			}
		}
	}
}

// No two boxes or passing lines of a row overlap.
func TestDrawingKeepsSlotsApart(t *testing.T) {
	m, err := ModelFromConfig(goldenModels(t)["branched"].Config)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range m.drawRows() {
		for j := 1; j < len(r); j++ {
			if r[j].column-r[j-1].column < (r[j].width()+r[j-1].width())/2-1e-9 {
				t.Errorf("row %d: slots %d and %d overlap", i, j-1, j)
			}
		}
	}
}

func TestDrawEscapes(t *testing.T) {
	in := Input(2)
	m := Functional("a<b", Symbols{in}, Symbols{Dense(1).Named("x&y").Apply(in)})
	svgElements(t, m.Draw().SVG)
	if text := Sequential("later", Dense(1)).Draw().Text; !strings.Contains(text, "no input shape yet") {
		t.Errorf("got %q", text)
	}
}

func ExampleModel_Draw() {
	in := Input(8, 8, 3)
	a := Conv2D(4, 3).Padding(Same).Apply(in)
	b := Conv2D(4, 1).Apply(in)
	m := Functional("two_branches", Symbols{in}, Symbols{Add().Apply(a, b)})
	fmt.Print(m.Draw().Text)
	// Output:
	// Model "two_branches"
	// input_layer (InputLayer) (None, 8, 8, 3)
	// conv2d (Conv2D) (None, 8, 8, 4) <- input_layer
	// conv2d_1 (Conv2D) (None, 8, 8, 4) <- input_layer
	// add (Add) (None, 8, 8, 4) <- conv2d, conv2d_1
}
