package profile

import (
	"fmt"
	"hash/fnv"
	"html"
	"slices"
	"strings"
	"unicode/utf8"
)

// node is a call in the flame graph: all stacks that begin with the same calls.
type node struct {
	label    string
	cell     bool
	value    int64
	children []*node
}

// tree puts the stacks together, outermost call first.
func (p *Profile) tree() *node {
	root := &node{label: "all"}
	for _, s := range p.samples {
		if s.value <= 0 {
			continue
		}
		root.value += s.value
		at := root
		for _, f := range slices.Backward(s.stack) {
			if hostFrame(f) {
				continue
			}
			at = at.child(p.label(f), f)
			at.value += s.value
		}
	}
	root.sort()
	return root
}

func (n *node) child(label string, f frame) *node {
	for _, c := range n.children {
		if c.label == label {
			return c
		}
	}
	_, cell := cellOf(f)
	c := &node{label: label, cell: cell}
	n.children = append(n.children, c)
	return c
}

func (n *node) sort() {
	slices.SortFunc(n.children, func(a, b *node) int { return strings.Compare(a.label, b.label) })
	for _, c := range n.children {
		c.sort()
	}
}

// Measures of the picture.
const (
	flameWidth  = 1000.0
	rowHeight   = 17
	letterWidth = 6.2
	narrowest   = 0.4
	deepest     = 80
)

// Flame draws the profile: each call as wide as its value, above what it calls.
// A call says more when the pointer is on it.
func (p *Profile) Flame() string {
	root := p.tree()
	if root.value <= 0 {
		return ""
	}
	var b strings.Builder
	depth := p.draw(&b, root, 0, 0, root.value)
	height := (depth + 1) * rowHeight
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="100%%" viewBox="0 0 %g %d" `+
		`font-family="monospace" font-size="10.5">%s</svg>`, flameWidth, height, b.String())
}

// draw draws a call and those in it, and returns the lowest row.
func (p *Profile) draw(b *strings.Builder, n *node, x float64, row int, total int64) (lowest int) {
	width := float64(n.value) / float64(total) * flameWidth
	if width < narrowest || row > deepest {
		return row - 1
	}
	fmt.Fprintf(b, `<g><title>%s: %s, %s</title><rect x="%.2f" y="%d" width="%.2f" height="%d" fill="%s" stroke="#fff" `+
		`stroke-width=".5"/>`, html.EscapeString(n.label), p.text(n.value), p.percent(n.value), x, row*rowHeight, width,
		rowHeight-1, n.color())
	if text := shorten(n.label, int((width-4)/letterWidth)); text != "" {
		fmt.Fprintf(b, `<text x="%.2f" y="%d" fill="#111">%s</text>`, x+2, row*rowHeight+12, html.EscapeString(text))
	}
	b.WriteString("</g>")
	lowest = row
	for _, c := range n.children {
		lowest = max(lowest, p.draw(b, c, x, row+1, total))
		x += float64(c.value) / float64(total) * flameWidth
	}
	return lowest
}

// shorten leaves out the path of a name's package, and then its end.
func shorten(name string, most int) string {
	if utf8.RuneCountInString(name) > most {
		name = name[strings.LastIndexByte(name, '/')+1:]
	}
	if utf8.RuneCountInString(name) <= most {
		return name
	}
	if most < 3 {
		return ""
	}
	return string([]rune(name)[:most-1]) + "…"
}

// color tells cells from what they call, and Go's runtime from the rest.
func (n *node) color() string {
	h := fnv.New32a()
	h.Write([]byte(n.label))
	shade := int(h.Sum32() % 20)
	switch {
	case n.cell:
		return fmt.Sprintf("hsl(%d,85%%,62%%)", 20+shade)
	case strings.HasPrefix(n.label, "runtime."):
		return fmt.Sprintf("hsl(210,10%%,%d%%)", 75+shade/2)
	}
	return fmt.Sprintf("hsl(%d,45%%,72%%)", 190+2*shade)
}
