package report

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/gocifar/gocifar/layers/display"
)

// annotated is the most classes whose cells are written into; more are too
// many.
const annotated = 25

// darkFrom is the part of the largest value from which a cell is so dark that
// its writing is white.
const darkFrom = 0.45

// measures returns the size of the classes' names, and the
// whole picture's width and height.
func (m *ConfusionMatrix) measures() (names vg.Length, width, height vg.Length) {
	n := vg.Length(len(m.Classes))
	side := max(vg.Points(36), vg.Points(240)/n)
	names = vg.Points(10)
	if len(m.Classes) > annotated {
		side, names = vg.Points(11), vg.Points(7)
	}
	longest := 0
	for _, class := range m.Classes {
		longest = max(longest, len([]rune(class)))
	}
	// A letter is about half as wide as it is high.
	room := names*0.55*vg.Length(longest) + vg.Points(40)
	return names, side*n + room, side*n + room*0.75 + vg.Points(24)
}

// Display draws the matrix as a heat map with its counts in the cells; the
// text form is a table.
func (m *ConfusionMatrix) Display() display.Bundle {
	return m.heatMap("Confusion matrix", m.count)
}

// count is a cell's value and writing.
func (m *ConfusionMatrix) count(actual, predicted int) (float64, string) {
	n := m.Counts[actual][predicted]
	return float64(n), fmt.Sprint(n)
}

// Shares returns the same picture with the part of each actual class in percent
// instead of the counts: the diagonal is the recall. It compares classes of
// different sizes.
func (m *ConfusionMatrix) Shares() display.Displayer {
	return m.heatMap("Confusion matrix, % of each row", func(a, p int) (float64, string) {
		share := 100 * m.Share(a, p)
		return share, fmt.Sprintf("%.0f", share)
	})
}

// heatMap draws the value and the writing that cell returns.
func (m *ConfusionMatrix) heatMap(title string,
	cell func(actual, predicted int) (value float64, text string)) display.Bundle {
	b := display.Bundle{Text: m.Text()}
	n := len(m.Classes)
	if n == 0 {
		return b
	}
	names, width, height := m.measures()
	return b.Draw(width, height, func(c draw.Canvas) error {
		p, err := m.plot(title, cell, names)
		if err != nil {
			return err
		}
		p.Draw(draw.Crop(c, vg.Points(4), vg.Points(-10), vg.Points(4), vg.Points(-8)))
		return nil
	})
}

func (m *ConfusionMatrix) plot(title string, cell func(int, int) (float64, string), names vg.Length) (*plot.Plot,
	error) {
	n := len(m.Classes)
	heat := cells{n: n, value: func(a, p int) float64 { v, _ := cell(a, p); return v }}
	colors, err := blues()
	if err != nil {
		return nil, err
	}
	grid := plotter.NewHeatMap(heat, colors)
	grid.Min, grid.Max = 0, max(1, heat.largest())
	p := display.NewPlot()
	p.Title.Text = title
	p.X.Label.Text, p.Y.Label.Text = "Predicted", "Actual"
	p.Add(grid)
	if n <= annotated {
		labels, err := m.labels(cell, grid)
		if err != nil {
			return nil, err
		}
		p.Add(labels)
	}
	nameAxis(&p.X, m.Classes, names, false)
	nameAxis(&p.Y, m.Classes, names, true)
	return p, nil
}

// labels writes into each cell, in white where the cell is dark.
func (m *ConfusionMatrix) labels(cell func(int, int) (float64, string), grid *plotter.HeatMap) (*plotter.Labels,
	error) {
	n := len(m.Classes)
	var at plotter.XYLabels
	var dark []bool
	for a := range n {
		for p := range n {
			value, text := cell(a, p)
			at.XYs = append(at.XYs, plotter.XY{X: float64(p), Y: float64(n - 1 - a)})
			at.Labels = append(at.Labels, text)
			dark = append(dark, value > darkFrom*grid.Max)
		}
	}
	labels, err := plotter.NewLabels(at)
	if err != nil {
		return nil, err
	}
	for i := range labels.TextStyle {
		style := &labels.TextStyle[i]
		style.Font.Variant, style.Font.Size = "Sans", vg.Points(10)
		style.XAlign, style.YAlign = draw.XCenter, draw.YCenter
		style.Color = ink
		if dark[i] {
			style.Color = color.White
		}
	}
	return labels, nil
}

// nameAxis names each class on an axis; from the top down if reversed.
func nameAxis(axis *plot.Axis, classes []string, size vg.Length, reversed bool) {
	var ticks []plot.Tick
	for i, class := range classes {
		at := float64(i)
		if reversed {
			at = float64(len(classes) - 1 - i)
		}
		ticks = append(ticks, plot.Tick{Value: at, Label: class})
	}
	axis.Tick.Marker = plot.ConstantTicks(ticks)
	axis.Tick.Length, axis.Tick.LineStyle.Width, axis.LineStyle.Width = vg.Points(4), 0, 0
	axis.Padding = 0
	axis.Tick.Label.Font.Size = size
	if !reversed {
		axis.Tick.Label.Rotation = math.Pi / 4
		axis.Tick.Label.XAlign, axis.Tick.Label.YAlign = draw.XRight, draw.YTop
	}
}

// shades are colors from the lowest value to the highest.
type shades []color.Color

func (s shades) Colors() []color.Color { return s }

// blues run from nearly white to dark blue with evenly rising luminance, so
// that they also tell values apart without color.
func blues() (shades, error) {
	m, err := moreland.NewLuminance([]color.Color{
		color.RGBA{8, 48, 107, 255}, color.RGBA{66, 146, 198, 255}, color.RGBA{247, 251, 255, 255},
	})
	if err != nil {
		return nil, err
	}
	m.SetMin(0)
	m.SetMax(1)
	colors := m.Palette(255).Colors()
	slices.Reverse(colors)
	return colors, nil
}

// cells is the matrix as gonum wants it: y upwards, the first class on top.
type cells struct {
	n     int
	value func(actual, predicted int) float64
}

func (c cells) Dims() (columns, rows int) { return c.n, c.n }
func (c cells) Z(column, row int) float64 { return c.value(c.n-1-row, column) }
func (c cells) X(column int) float64      { return float64(column) }
func (c cells) Y(row int) float64         { return float64(row) }
func (c cells) largest() (largest float64) {
	for a := range c.n {
		for p := range c.n {
			largest = max(largest, c.value(a, p))
		}
	}
	return largest
}
