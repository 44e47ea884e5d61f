package layers

import (
	"bytes"
	"fmt"
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

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

// title is a metric's name as a heading: "val_loss" becomes "Val Loss".
func heading(metric string) string {
	words := strings.Split(metric, "_")
	for i, w := range words {
		if w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, " ")
}

// curveColors are Okabe and Ito's, which the colour-blind tell apart.
var curveColors = []color.RGBA{{0, 114, 178, 255}, {230, 159, 0, 255}, {0, 158, 115, 255}, {213, 94, 0, 255}, {204, 121, 167, 255}, {86, 180, 233, 255}}

func (c *Curves) plot() (*plot.Plot, error) {
	p := plot.New()
	p.BackgroundColor = color.White // readable on any theme
	p.Title.Text = "Model " + heading(c.metric)
	p.X.Label.Text, p.Y.Label.Text = "Epoch", heading(c.metric)
	p.Legend.Top, p.Legend.Left = true, true
	p.Title.Padding, p.Legend.XOffs, p.Legend.YOffs = vg.Points(6), vg.Points(8), vg.Points(-6)
	p.Add(plotter.NewGrid())
	n := 0
	for _, h := range c.runs {
		for i, series := range []struct{ key, label string }{{c.metric, "Train"}, {"val_" + c.metric, "Validation"}} {
			var points plotter.XYs
			for j, v := range h.Metrics[series.key] {
				if v-v == 0 {
					points = append(points, plotter.XY{X: float64(h.Epochs[j]), Y: v})
				}
			}
			if points == nil {
				continue
			}
			line, dots, err := plotter.NewLinePoints(points)
			if err != nil {
				return nil, err
			}
			line.Width = vg.Points(1.8)
			line.Color = curveColors[n%len(curveColors)]
			dots.Color, dots.Radius = line.Color, vg.Points(2)
			if len(c.runs) > 1 && i == 1 {
				line.Dashes = []vg.Length{vg.Points(5), vg.Points(3)}
			}
			p.Add(line, dots)
			label := series.label
			if len(c.runs) > 1 {
				label = h.Model + " " + label
			}
			p.Legend.Add(label, line, dots)
			n++
		}
	}
	return p, nil
}

// Display draws the plot; its text form lists the values. There is no HTML form:
// front ends prefer it to a picture, and take drawings out of the HTML of a
// notebook that is not trusted yet.
func (c *Curves) Display() display.Bundle {
	var texts []string
	for _, h := range c.runs {
		texts = append(texts, "Model "+heading(c.metric)+": "+h.Model+"\n"+h.Text())
	}
	b := display.Bundle{Text: strings.Join(texts, "\n\n")}
	p, err := c.plot()
	if err != nil {
		b.Text += fmt.Sprintf("\n(no plot: %v)", err)
		return b
	}
	draw := func(format string) []byte {
		w, err := p.WriterTo(6.4*vg.Inch, 4.4*vg.Inch, format)
		if err != nil {
			return nil
		}
		var out bytes.Buffer
		if _, err := w.WriteTo(&out); err != nil {
			return nil
		}
		return out.Bytes()
	}
	b.PNG = draw("png")
	svg := string(draw("svg"))
	if i := strings.Index(svg, "<svg"); i >= 0 {
		b.SVG = svg[i:]
	}
	return b
}
