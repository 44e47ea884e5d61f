package report

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/gocifar/gocifar/layers/display"
)

// Colors of bars, from Okabe and Ito's palette, which the color-blind tell
// apart.
var (
	skyBlue     = color.RGBA{86, 180, 233, 255}
	amber       = color.RGBA{230, 159, 0, 255}
	bluishGreen = color.RGBA{0, 158, 115, 255}
)

// Measures of a bar chart in points.
const (
	barWidth   vg.Length = 18
	barsHeight vg.Length = 280
	barsLegend vg.Length = 140
	barsAxis   vg.Length = 60 // room for the axis on the left
)

// bars is a chart of values from 0 to 1: a group of bars for each name, one of
// each series.
type bars struct {
	title, label string
	names        []string
	series       []barSeries
	marks        []float64 // a diamond over each name, none where it is 0
	markNames    []string  // lines of the legend that explain it
}

// A barSeries is one color of bars; what is no number has no bar.
type barSeries struct {
	name   string
	color  color.Color
	values []float64
}

// draw adds the chart to a bundle.
func (b bars) draw(to display.Bundle) display.Bundle {
	// Names stand side by side: the longest one decides.
	longest := 0
	for _, name := range b.names {
		longest = max(longest, len([]rune(name)))
	}
	group := max(barWidth*vg.Length(len(b.series))+vg.Points(16), vg.Points(6.6)*vg.Length(longest)+vg.Points(8))
	width := barsAxis + group*vg.Length(len(b.names)) + barsLegend
	return to.Draw(width, barsHeight, func(canvas draw.Canvas) error {
		p, err := b.plot()
		if err != nil {
			return err
		}
		key := p.Legend
		p.Legend = plot.NewLegend()
		p.Draw(draw.Crop(canvas, vg.Points(6), -barsLegend, vg.Points(6), vg.Points(-8)))
		key.Draw(draw.Crop(canvas, width-barsLegend+vg.Points(8), 0, 0, vg.Points(-40)))
		return nil
	})
}

func (b bars) plot() (*plot.Plot, error) {
	p := display.NewPlot()
	p.Title.Text, p.Y.Label.Text = b.title, b.label
	p.Y.Min, p.Y.Max = 0, 1
	p.Y.Tick.Marker = tenths{}
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.TextStyle.Font.Size, p.Legend.Padding = vg.Points(10), vg.Points(3)
	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	p.Add(grid)
	for i, series := range b.series {
		values := make(plotter.Values, len(series.values))
		for j, v := range series.values {
			if !math.IsNaN(v) {
				values[j] = v
			}
		}
		chart, err := plotter.NewBarChart(values, barWidth)
		if err != nil {
			return nil, err
		}
		chart.Color, chart.LineStyle.Width = series.color, 0
		chart.Offset = barWidth * (vg.Length(i) - vg.Length(len(b.series)-1)/2)
		p.Add(chart)
		p.Legend.Add(series.name, chart)
	}
	if err := b.addMarks(p); err != nil {
		return nil, err
	}
	p.NominalX(b.names...)
	p.X.Min, p.X.Max = -0.5, float64(len(b.names))-0.5
	return p, nil
}

func (b bars) addMarks(p *plot.Plot) error {
	var at plotter.XYs
	for i, y := range b.marks {
		if y > 0 {
			at = append(at, plotter.XY{X: float64(i), Y: y})
		}
	}
	if at == nil {
		return nil
	}
	diamonds, err := plotter.NewScatter(at)
	if err != nil {
		return err
	}
	diamonds.Shape, diamonds.Color, diamonds.Radius = diamond{}, ink, vg.Points(4.5)
	p.Add(diamonds)
	for i, name := range b.markNames {
		if i == 0 {
			p.Legend.Add(name, diamonds)
		} else {
			p.Legend.Add(name)
		}
	}
	return nil
}

// tenths marks 0 to 1, every other tenth with its number.
type tenths struct{}

func (tenths) Ticks(_, _ float64) []plot.Tick {
	labels := []string{"0", "", "0.2", "", "0.4", "", "0.6", "", "0.8", "", "1"}
	ticks := make([]plot.Tick, len(labels))
	for i, label := range labels {
		ticks[i] = plot.Tick{Value: float64(i) / 10, Label: label}
	}
	return ticks
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
