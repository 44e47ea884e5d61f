package history

import (
	"fmt"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/gocifar/gocifar/layers/display"
)

// Curves is a plot of one metric over the epochs, in training and validation,
// of one run or of several.
type Curves struct {
	metric string
	runs   []*History
}

// Curves plots a metric, by default accuracy, or loss if that was not
// measured.
func (h *History) Curves(metric ...string) *Curves {
	c := &Curves{metric: "loss", runs: []*History{h}}
	if _, ok := h.Metrics["accuracy"]; ok {
		c.metric = "accuracy"
	}
	if len(metric) > 0 {
		c.metric = metric[0]
	}
	return c
}

// With lays other runs over the plot.
func (c *Curves) With(runs ...*History) *Curves {
	c.runs = append(c.runs, runs...)
	return c
}

// heading is a metric's name as a heading: "val_loss" becomes "Validation
// Loss".
func heading(metric string) string {
	words := strings.Split(metric, "_")
	for i, w := range words {
		switch w {
		case "":
		case "val":
			words[i] = "Validation"
		default:
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, " ")
}

// curveColors are Okabe and Ito's, which the color-blind tell apart.
var curveColors = []color.RGBA{{0, 114, 178, 255}, {230, 159, 0, 255}, {0, 158, 115, 255},
	{213, 94, 0, 255}, {204, 121, 167, 255}, {86, 180, 233, 255}, {120, 120, 120, 255}}

// A curve is one line of the plot.
type curve struct {
	label      string
	points     plotter.XYs
	color      color.RGBA
	validation bool
}

// curves lists the lines. One run has a color for training and one for
// validation, as the walkthrough's; of several, each has its color.
func (c *Curves) curves() []curve {
	var all []curve
	for i, h := range c.runs {
		for j, key := range []string{c.metric, "val_" + c.metric} {
			line := curve{validation: j == 1, color: curveColors[i%len(curveColors)]}
			for k, v := range h.Metrics[key] {
				if v-v == 0 { // neither NaN nor infinite
					line.points = append(line.points, plotter.XY{X: float64(h.Epochs[k]), Y: v})
				}
			}
			if line.points == nil {
				continue
			}
			switch {
			case len(c.runs) == 1:
				line.color = curveColors[j]
				line.label = []string{"Train", "Validation"}[j]
			case strings.HasPrefix(c.metric, "val_"):
				line.label = h.Model
			default:
				line.label = h.Model + []string{" train", " validation"}[j]
			}
			all = append(all, line)
		}
	}
	return all
}

func (c *Curves) plot() (*plot.Plot, error) {
	p := display.NewPlot()
	p.Title.Text = "Model " + heading(c.metric)
	p.X.Label.Text, p.Y.Label.Text = "Epoch", heading(c.metric)
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.TextStyle.Font.Size = vg.Points(10)
	p.Legend.Padding = vg.Points(3)
	p.X.Tick.Marker, p.Y.Tick.Marker = wholeTicks{}, fineTicks{}
	p.Add(plotter.NewGrid())
	for _, curve := range c.curves() {
		line, dots, err := plotter.NewLinePoints(curve.points)
		if err != nil {
			return nil, err
		}
		line.Width, line.Color = vg.Points(1.8), curve.color
		dots.Color, dots.Radius, dots.Shape = curve.color, vg.Points(2), draw.CircleGlyph{}
		if len(c.runs) > 1 && curve.validation {
			line.Dashes = []vg.Length{vg.Points(5), vg.Points(3)}
		}
		p.Add(line, dots)
		p.Legend.Add(curve.label, line, dots)
	}
	if p.X.Min == p.X.Max { // one epoch would stand at the axis, over its name
		p.X.Min, p.X.Max = p.X.Min-0.5, p.X.Max+0.5
	}
	return p, nil
}

// wholeTicks marks whole numbers only: there is no epoch 1.5.
type wholeTicks struct{}

func (wholeTicks) Ticks(from, to float64) []plot.Tick {
	step := max(1, int(math.Ceil((to-from)/10)))
	var ticks []plot.Tick
	for i := int(math.Ceil(from)); i <= int(math.Floor(to)); i++ {
		if i%step == 0 || step == 1 {
			ticks = append(ticks, plot.Tick{Value: float64(i), Label: fmt.Sprint(i)})
		}
	}
	return ticks
}

// fineTicks are gonum's, with as many digits as tell them apart.
type fineTicks struct{}

func (fineTicks) Ticks(from, to float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(from, to)
	for i, tick := range ticks {
		if tick.Label != "" {
			ticks[i].Label = fmt.Sprintf("%.4g", tick.Value)
		}
	}
	return ticks
}

// paint draws the plot with its legend to the right of it, where it hides no
// curve.
func (c *Curves) paint(canvas draw.Canvas) error {
	p, err := c.plot()
	if err != nil {
		return err
	}
	legend := p.Legend
	p.Legend = plot.NewLegend()
	_, width := c.size()
	p.Draw(draw.Crop(canvas, vg.Points(6), -width, vg.Points(6), vg.Points(-8)))
	legend.Draw(draw.Crop(canvas, canvas.Max.X-canvas.Min.X-width+vg.Points(6), 0, 0, vg.Points(-40)))
	return nil
}

// size returns the picture's width, and that of the legend in it.
func (c *Curves) size() (width, legend vg.Length) {
	longest := 0
	for _, curve := range c.curves() {
		longest = max(longest, len([]rune(curve.label)))
	}
	legend = vg.Points(40) + vg.Points(5.6)*vg.Length(longest)
	return 5.4*vg.Inch + legend, legend
}

// Display draws the plot; its text form lists the values. There is no HTML
// form: front ends prefer it to a picture, and take drawings out of the HTML of
// a notebook that is not trusted yet.
func (c *Curves) Display() display.Bundle {
	var texts []string
	for _, h := range c.runs {
		texts = append(texts, "Model "+heading(c.metric)+": "+h.Model+"\n"+h.Text())
	}
	b := display.Bundle{Text: strings.Join(texts, "\n\n")}
	width, _ := c.size()
	return b.Draw(width, max(4.2*vg.Inch, vg.Points(60)+vg.Points(16)*vg.Length(len(c.curves()))), c.paint)
}
