package layers

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/layers/display"
)

// Draw returns a drawing of the model's graph: an SVG with a box for each
// layer, the inputs on top, and as text a line for each layer with what it
// reads. It is Keras' plot_model. A model that is not built gives the reason.
func (m *Model) Draw() display.Bundle {
	if err := m.Ready(); err != nil {
		return display.Bundle{Text: err.Error()}
	}
	return display.Bundle{Text: m.drawText(), SVG: m.drawSVG()}
}

// drawText lists the layers from the inputs on: name, class, shape, sources.
func (m *Model) drawText() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Model %q\n", m.name)
	for _, n := range m.drawnNodes() {
		var sources []string
		for _, t := range n.inputs {
			sources = append(sources, t.node.layer.Name())
		}
		fmt.Fprintf(&b, "%s %s", describe(n.layer), n.shape())
		if len(sources) > 0 {
			fmt.Fprintf(&b, " <- %s", strings.Join(sources, ", "))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// drawnNodes lists the nodes by decreasing depth, as they stand from top to
// bottom.
func (m *Model) drawnNodes() []*node {
	all := slices.Clone(m.topology.nodes)
	slices.SortStableFunc(all, func(a, b *node) int { return cmp.Compare(m.topology.depths[b], m.topology.depths[a]) })
	return all
}

// slot is a place in a row of the drawing: a layer, or where a line to a later
// row passes.
type slot struct {
	node    *node
	sources []*slot
	column  float64
}

// Sizes of the drawing in pixels.
const (
	boxWidth, boxHeight   = 240, 40
	columnStep, rowStep   = 260, 64
	passageWidth, margins = 24, 12
)

// drawRows puts the nodes into rows by depth. A line that crosses a row gets a
// slot in it, so that no line runs through a box. Within a row slots are
// ordered by the mean place of what they read.
func (m *Model) drawRows() [][]*slot {
	top := 0
	for _, d := range m.topology.depths {
		top = max(top, d)
	}
	rows := make([][]*slot, top+1)
	slots := map[*node]*slot{}
	row := func(n *node) int { return top - m.topology.depths[n] }
	for _, n := range m.drawnNodes() {
		s := &slot{node: n}
		slots[n] = s
		for _, t := range n.inputs {
			from := slots[t.node]
			for r := row(t.node) + 1; r < row(n); r++ {
				passage := &slot{sources: []*slot{from}}
				rows[r] = append(rows[r], passage)
				from = passage
			}
			s.sources = append(s.sources, from)
		}
		rows[row(n)] = append(rows[row(n)], s)
	}
	for _, r := range rows {
		slices.SortStableFunc(r, func(a, b *slot) int { return cmp.Compare(a.wish(), b.wish()) })
		total := 0.0
		for _, s := range r {
			total += s.width()
		}
		x := -total / 2
		for _, s := range r {
			s.column = x + s.width()/2
			x += s.width()
		}
	}
	return rows
}

// wish is the mean place of what a slot reads.
func (s *slot) wish() float64 {
	sum := 0.0
	for _, from := range s.sources {
		sum += from.column
	}
	return sum / float64(max(1, len(s.sources)))
}

func (s *slot) width() float64 {
	if s.node == nil {
		return passageWidth
	}
	return columnStep
}

// drawSVG draws the rows.
func (m *Model) drawSVG() string {
	rows := m.drawRows()
	half := 0.0
	for _, r := range rows {
		last := r[len(r)-1]
		half = max(half, last.column+last.width()/2)
	}
	width, height := int(2*half)+2*margins, len(rows)*rowStep-(rowStep-boxHeight)+2*margins
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" `+
		`font-family="sans-serif" font-size="11" text-anchor="middle">`+"\n",
		width, height, width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n", html.EscapeString(m.name))
	x := func(s *slot) float64 { return s.column + float64(width)/2 }
	for i, r := range rows {
		y := float64(margins + i*rowStep)
		for _, s := range r {
			for _, from := range s.sources {
				above := y - rowStep + boxHeight
				fmt.Fprintf(&b, `<path d="M%.0f %.0fC%.0f %.0f %.0f %.0f %.0f %.0f" fill="none" stroke="#888"/>`+"\n",
					x(from), above, x(from), above+12, x(s), y-12, x(s), y)
			}
			if s.node == nil {
				fmt.Fprintf(&b, `<path d="M%.0f %.0fV%.0f" fill="none" stroke="#888"/>`+"\n", x(s), y, y+boxHeight)
				continue
			}
			l := s.node.layer
			fmt.Fprintf(&b, `<rect x="%.0f" y="%.0f" width="%d" height="%d" rx="4" fill="%s" stroke="#446"/>`+"\n",
				x(s)-boxWidth/2, y, boxWidth, boxHeight, boxColor(l))
			fmt.Fprintf(&b, `<text x="%.0f" y="%.0f" fill="#000">%s: %s</text>`,
				x(s), y+16, html.EscapeString(shortened(l.Name())), html.EscapeString(shortened(shortClass(l))))
			fmt.Fprintf(&b, `<text x="%.0f" y="%.0f" fill="#333">%s</text>`+"\n", x(s), y+32, s.node.shape())
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// boxColor tells inputs, layers that train, and the rest apart; a frozen layer
// with variables is gray.
func boxColor(l Layer) string {
	switch {
	case isInput(l):
		return "#e8f5e9"
	case len(l.Variables()) == 0:
		return "#fff"
	case !l.Trainable():
		return "#ddd"
	}
	return "#e3f2fd"
}

// shortened cuts a name so that name and class fit into a box.
func shortened(name string) string {
	if runes := []rune(name); len(runes) > 17 {
		return string(runes[:16]) + "…"
	}
	return name
}
