package cifar

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/gocifar/gocifar/layers/display"
)

// Colours of the bars, from Okabe and Ito's palette, which the colour-blind
// tell apart.
var (
	trainBlue   = color.RGBA{86, 180, 233, 255}
	validOrange = color.RGBA{230, 159, 0, 255}
	testGreen   = color.RGBA{0, 158, 115, 255}
)

// Measures of the picture in points.
const (
	barWidth   vg.Length = 18
	barGroup   vg.Length = 88 // room for one model and its name
	barsHeight vg.Length = 280
)

// Picture draws the accuracies of all models as bars; a diamond marks the
// walkthrough's own validation accuracy. Its text form is the table.
func (c *Comparison) Picture() display.Displayer {
	b := display.Bundle{Text: c.Display().Text}
	if len(c.trained()) == 0 {
		return b
	}
	legend := vg.Points(140)
	width := barGroup*vg.Length(len(c.Models)) + vg.Points(60) + legend
	return b.Draw(width, barsHeight, func(canvas draw.Canvas) error {
		p, err := c.plot()
		if err != nil {
			return err
		}
		key := p.Legend
		p.Legend = plot.NewLegend()
		p.Draw(draw.Crop(canvas, vg.Points(6), -legend, vg.Points(6), vg.Points(-8)))
		key.Draw(draw.Crop(canvas, width-legend+vg.Points(8), 0, 0, vg.Points(-40)))
		return nil
	})
}

func (c *Comparison) plot() (*plot.Plot, error) {
	p := display.NewPlot()
	p.Title.Text = "Accuracy of all models"
	p.Y.Label.Text = "Accuracy"
	p.Y.Min, p.Y.Max = 0, 1
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.TextStyle.Font.Size, p.Legend.Padding = vg.Points(10), vg.Points(3)
	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	p.Add(grid)
	for i, series := range []struct {
		name   string
		color  color.Color
		figure func(ComparedModel) float64
	}{
		{"Train", trainBlue, func(m ComparedModel) float64 { return m.Train }},
		{"Validation", validOrange, func(m ComparedModel) float64 { return m.Validation }},
		{"Test", testGreen, func(m ComparedModel) float64 { return m.Test }},
	} {
		values := make(plotter.Values, len(c.Models))
		for j, m := range c.Models {
			if v := series.figure(m); !math.IsNaN(v) {
				values[j] = v
			}
		}
		bars, err := plotter.NewBarChart(values, barWidth)
		if err != nil {
			return nil, err
		}
		bars.Color, bars.LineStyle.Width = series.color, 0
		bars.Offset = barWidth * vg.Length(i-1)
		p.Add(bars)
		p.Legend.Add(series.name, bars)
	}
	var names []string
	var marks plotter.XYs
	for i, m := range c.Models {
		names = append(names, m.Run)
		if m.Walkthrough.Validation > 0 {
			marks = append(marks, plotter.XY{X: float64(i), Y: m.Walkthrough.Validation})
		}
	}
	if marks != nil {
		diamonds, err := plotter.NewScatter(marks)
		if err != nil {
			return nil, err
		}
		diamonds.Shape, diamonds.Color, diamonds.Radius = diamond{}, ink, vg.Points(4.5)
		p.Add(diamonds)
		p.Legend.Add("Walkthrough's", diamonds)
		p.Legend.Add("validation")
	}
	p.NominalX(names...)
	p.X.Min, p.X.Max = -0.5, float64(len(names))-0.5
	return p, nil
}

// diamond is a filled mark with a white rim, so that it shows on any bar.
type diamond struct{}

// DrawGlyph draws the mark.
func (diamond) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	for _, layer := range []struct {
		color  color.Color
		radius vg.Length
	}{{color.White, style.Radius + vg.Points(1.5)}, {style.Color, style.Radius}} {
		var path vg.Path
		path.Move(vg.Point{X: at.X, Y: at.Y + layer.radius})
		path.Line(vg.Point{X: at.X + layer.radius, Y: at.Y})
		path.Line(vg.Point{X: at.X, Y: at.Y - layer.radius})
		path.Line(vg.Point{X: at.X - layer.radius, Y: at.Y})
		path.Close()
		c.SetColor(layer.color)
		c.Fill(path)
	}
}
