package display

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// Line is a curve of a [Sketch].
type Line struct {
	Label string
	Color string // CSS's
	X, Y  []float64
}

// Measures of a sketch, in pixels.
const (
	sketchWidth, sketchHeight = 560, 260
	sketchLeft, sketchBottom  = 56, 28
	sketchTop, sketchRight    = 12, 110
)

// maxSketchPoints is how many points of a line are drawn: there are no more
// pixels.
const maxSketchPoints = 300

// Sketch draws curves as a small SVG, fast enough to be drawn anew many times a
// second. Points that are no numbers are left out. It is for pictures that change;
// what stays is drawn by [Bundle.Draw].
func Sketch(lines []Line) string {
	x0, x1, y0, y1 := bounds(lines)
	px := func(x float64) float64 {
		return sketchLeft + (x-x0)/(x1-x0)*(sketchWidth-sketchLeft-sketchRight)
	}
	py := func(y float64) float64 {
		return sketchHeight - sketchBottom - (y-y0)/(y1-y0)*(sketchHeight-sketchBottom-sketchTop)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" style="background:white" `+
		`font-family="sans-serif" font-size="11" fill="#333">`, sketchWidth, sketchHeight)
	const ticks = 4
	for i := range ticks + 1 {
		share := float64(i) / ticks
		x, y := x0+share*(x1-x0), y0+share*(y1-y0)
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%.3g</text>`,
			sketchLeft, py(y), sketchWidth-sketchRight, sketchLeft-6, py(y)+4, y)
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%.3g</text>`, px(x), sketchHeight-8, x)
	}
	var point []byte
	for i, l := range lines {
		fmt.Fprintf(&b, `<polyline fill="none" stroke="%s" stroke-width="1.5" points="`, html.EscapeString(l.Color))
		n := min(len(l.X), len(l.Y))
		for k := 0; k < n; k += max(1, n/maxSketchPoints) {
			if finite(l.X[k]) && finite(l.Y[k]) {
				point = strconv.AppendFloat(point[:0], px(l.X[k]), 'f', 1, 64)
				point = strconv.AppendFloat(append(point, ','), py(l.Y[k]), 'f', 1, 64)
				b.Write(append(point, ' '))
			}
		}
		fmt.Fprintf(&b, `"/><text x="%d" y="%d" style="fill:%s">%s</text>`, sketchWidth-sketchRight+8,
			sketchTop+14*(i+1), html.EscapeString(l.Color), html.EscapeString(l.Label))
	}
	b.WriteString("</svg>")
	return b.String()
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// bounds are those of the points, never empty.
func bounds(lines []Line) (x0, x1, y0, y1 float64) {
	x0, x1, y0, y1 = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		for i := range min(len(l.X), len(l.Y)) {
			if finite(l.X[i]) && finite(l.Y[i]) {
				x0, x1 = math.Min(x0, l.X[i]), math.Max(x1, l.X[i])
				y0, y1 = math.Min(y0, l.Y[i]), math.Max(y1, l.Y[i])
			}
		}
	}
	if x0 > x1 {
		return 0, 1, 0, 1
	}
	return x0, math.Max(x1, x0+1e-9), y0, math.Max(y1, y0+1e-9)
}
