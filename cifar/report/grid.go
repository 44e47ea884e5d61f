package report

import (
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"strings"

	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/display"
)

// channels are a picture's: red, green and blue.
const channels = 3

// gridColumns is the walkthrough's: three rows of four.
const gridColumns = 4

// Grid shows pictures in rows of four, each under the name of its class; its
// text form is a table of indices and classes (Thumbnail draws a picture in a
// terminal). Without indices it shows twelve random ones, always the same.
func Grid(examples *layers.Examples, classes []string, indices ...int) display.Displayer {
	if len(indices) == 0 {
		indices = Pick(examples, 12, 42)
	}
	return tiles{examples: examples, indices: indices, caption: func(index int) []line {
		return []line{{text: labelName(examples, classes, index), color: ink, bold: true}}
	}}.bundle()
}

// Pick returns n different random indices of examples in random order (all of
// them if there are fewer). The same seed picks the same ones.
func Pick(examples *layers.Examples, n int, seed uint64) []int {
	order := rand.New(rand.NewPCG(seed, 0)).Perm(examples.Len())
	return order[:max(0, min(n, len(order)))]
}

// labelName returns the class of an example, "?" if it has none.
func labelName(examples *layers.Examples, classes []string, index int) string {
	if index >= len(examples.Labels) {
		return "?"
	}
	return className(classes, int(examples.Labels[index]))
}

func className(classes []string, label int) string {
	if label < 0 || label >= len(classes) {
		return fmt.Sprint(label)
	}
	return classes[label]
}

// A line is one line of a caption.
type line struct {
	text  string
	color color.Color
	bold  bool
}

// tiles are pictures with captions.
type tiles struct {
	examples *layers.Examples
	indices  []int
	caption  func(index int) []line
	width    int // pixels for a caption's line; 0: as wide as the picture
}

// Measures of a tile in pixels of the card.
const (
	tilePhoto  = 160
	tileGap    = 14
	lineHeight = 19
	textSize   = 15
)

// bundle draws the tiles. What is wrong with examples or indices is said
// instead.
func (t tiles) bundle() display.Bundle {
	photos := make([]image.Image, len(t.indices))
	for i, index := range t.indices {
		photo, err := Photo(t.examples, index)
		if err != nil {
			return display.Bundle{Text: err.Error()}
		}
		photos[i] = photo
	}
	if len(photos) == 0 {
		return display.Bundle{Text: "There are no pictures to show."}
	}
	out := display.Bundle{Text: t.table()}
	data, err := t.draw(photos)
	if err != nil {
		out.Text += "\n(no picture: " + err.Error() + ")"
		return out
	}
	out.PNG = data
	return out
}

// draw returns all tiles as one PNG.
func (t tiles) draw(photos []image.Image) ([]byte, error) {
	lines := 0
	for _, index := range t.indices {
		lines = max(lines, len(t.caption(index)))
	}
	columns := max(1, min(gridColumns, len(t.indices)))
	rows := (len(t.indices) + columns - 1) / columns
	width := max(tilePhoto, t.width)
	stepX, stepY := width+tileGap, tilePhoto+lines*lineHeight+tileGap
	card := newPicture(columns*stepX+tileGap, rows*stepY+tileGap)
	regular, err := card.pen(typeface{size: textSize})
	if err != nil {
		return nil, err
	}
	bold, err := card.pen(typeface{size: textSize, bold: true})
	if err != nil {
		return nil, err
	}
	for i, index := range t.indices {
		x, y := tileGap+i%columns*stepX, tileGap/2+i/columns*stepY
		for k, l := range t.caption(index) {
			pen := regular
			if l.bold {
				pen = bold
			}
			pen.write(pen.fit(l.text, stepX-4), x+width/2, y+(k+1)*lineHeight-5, 0.5, l.color)
		}
		card.photo(photos[i], x+(width-tilePhoto)/2, y+lines*lineHeight, tilePhoto)
	}
	return card.encode()
}

// table lists the tiles as text, one a line.
func (t tiles) table() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%6s  %s", "index", "picture")
	for _, index := range t.indices {
		var captions []string
		for _, l := range t.caption(index) {
			captions = append(captions, l.text)
		}
		fmt.Fprintf(&out, "\n%6d  %s", index, strings.Join(captions, ", "))
	}
	return out.String()
}
