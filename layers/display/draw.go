package display

import (
	"bytes"
	"fmt"
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// NewPlot returns an empty plot with the looks that all pictures share: a
// white card, which reads the same on a light and on a dark page, and a font
// without serifs.
func NewPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.White
	for _, style := range []*text.Style{
		&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle,
	} {
		style.Font.Variant = "Sans"
	}
	p.Title.Padding = vg.Points(8)
	p.X.Padding, p.Y.Padding = vg.Points(4), vg.Points(4)
	return p
}

// Draw returns the bundle with a drawing as PNG and as SVG: paint is called
// once for each, on a white card of that size. A drawing that fails is said in
// the text form instead.
func (b Bundle) Draw(width, height vg.Length, paint func(draw.Canvas) error) Bundle {
	png := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseBackgroundColor(color.White))}
	svg := vgsvg.New(width, height)
	var encoded, drawn bytes.Buffer
	err := paint(draw.New(png))
	if err == nil {
		err = paint(draw.New(svg))
	}
	if err == nil {
		_, err = png.WriteTo(&encoded)
	}
	if err == nil {
		_, err = svg.WriteTo(&drawn)
	}
	if err != nil {
		b.Text = strings.TrimPrefix(b.Text+fmt.Sprintf("\n(no picture: %v)", err), "\n")
		return b
	}
	b.PNG = encoded.Bytes()
	// Without the XML declaration, which has no place inside a page.
	if _, after, ok := strings.Cut(drawn.String(), "<svg"); ok {
		b.SVG = "<svg" + after
	}
	return b
}
