package report

import (
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The picture of a sweep: each recorded number over each parameter, a dot for a
// notebook, as Optuna's slice plot has it. A parameter whose values are numbers
// has an axis of numbers, a logarithmic one if they are spread over decades;
// any other has a place for each value.

// mostRows and mostColumns bound the picture; the table has it all.
const (
	mostRows    = 4
	mostColumns = 6
)

// Sizes of a panel, in SVG's units.
const (
	panelWidth, panelHeight = 200, 140
	marginLeft, marginTop   = 62, 14
	gapRight, gapBelow      = 18, 40
)

// Picture is the picture as an SVG element, "" if there is nothing to draw.
func (x *Index) Picture() template.HTML {
	parameters := x.drawn(x.ParameterNames(), mostColumns,
		func(values []json.RawMessage) bool { return distinct(values) > 1 },
		func(n IndexNotebook) []IndexValue { return n.Parameters })
	recorded := x.drawn(x.RecordNames(), mostRows, allNumbers,
		func(n IndexNotebook) []IndexValue { return n.Records })
	if len(parameters) == 0 || len(recorded) == 0 {
		return ""
	}
	const stepX, stepY = marginLeft + panelWidth + gapRight, marginTop + panelHeight + gapBelow
	var b strings.Builder
	fmt.Fprintf(&b, `<svg role="img" aria-label="recorded values over parameters" viewBox="0 0 %d %d" `+
		`width="%d" xmlns="http://www.w3.org/2000/svg" font-size="11" fill="#222">`+"\n",
		len(parameters)*stepX, len(recorded)*stepY, len(parameters)*stepX)
	for row, record := range recorded {
		for column, parameter := range parameters {
			fmt.Fprintf(&b, `<g transform="translate(%d %d)">`, column*stepX+marginLeft, row*stepY+marginTop)
			x.panel(&b, parameter, record)
			b.WriteString("</g>\n")
		}
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

// drawn are the first names whose values can be drawn.
func (x *Index) drawn(
	names []string, most int, can func([]json.RawMessage) bool, of func(IndexNotebook) []IndexValue,
) (some []string) {
	for _, name := range names {
		var values []json.RawMessage
		for _, n := range x.Notebooks {
			if v := valueOf(of(n), name); v != nil {
				values = append(values, v)
			}
		}
		if len(some) < most && can(values) {
			some = append(some, name)
		}
	}
	return some
}

// dot is a notebook in a panel.
type dot struct {
	name string
	x    json.RawMessage
	y    float64
}

// panel draws one record over one parameter.
func (x *Index) panel(b *strings.Builder, parameter, record string) {
	var dots []dot
	var xs []json.RawMessage
	var ys []float64
	for _, n := range x.Notebooks {
		y, ok := finite(valueOf(n.Records, record))
		d := dot{n.Name, valueOf(n.Parameters, parameter), y}
		if !ok || d.x == nil {
			continue
		}
		dots, xs, ys = append(dots, d), append(xs, d.x), append(ys, y)
	}
	fmt.Fprintf(b, `<rect width="%d" height="%d" fill="none" stroke="#bbb"/>`, panelWidth, panelHeight)
	text := func(x, y float64, anchor, s string) {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, x, y, anchor, html.EscapeString(s))
	}
	text(panelWidth/2, panelHeight+32, "middle", parameter)
	text(-marginLeft+4, -4, "start", record)
	if len(dots) == 0 {
		return
	}
	placeX, ticks := axis(xs)
	for _, t := range ticks {
		text(placeX(t)*panelWidth, panelHeight+16, "middle", short(t))
	}
	low, high := slices.Min(ys), slices.Max(ys)
	placeY := func(y float64) float64 { return panelHeight * (1 - place(y, low, high)) }
	text(-6, placeY(high)+4, "end", number(high))
	if high > low {
		text(-6, placeY(low)+4, "end", number(low))
	}
	for _, d := range dots {
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="4" fill="#1f6fb2" fill-opacity=".6"><title>%s</title></circle>`,
			placeX(d.x)*panelWidth, placeY(d.y), html.EscapeString(d.name+"\n"+record+" "+number(d.y)))
	}
}

// axis places values between 0 and 1, and chooses those that are named.
func axis(values []json.RawMessage) (at func(json.RawMessage) float64, ticks []json.RawMessage) {
	if !allNumbers(values) {
		seen := map[string]int{}
		for _, v := range values {
			if _, known := seen[string(v)]; !known {
				seen[string(v)] = len(seen)
				ticks = append(ticks, v)
			}
		}
		return func(v json.RawMessage) float64 { return (float64(seen[string(v)]) + 0.5) / float64(len(seen)) }, ticks
	}
	slices.SortFunc(values, func(a, b json.RawMessage) int {
		x, _ := finite(a)
		y, _ := finite(b)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	low, _ := finite(values[0])
	high, _ := finite(values[len(values)-1])
	scale := func(f float64) float64 { return f }
	if low > 0 && high/low >= 20 {
		scale = math.Log
	}
	at = func(v json.RawMessage) float64 {
		f, _ := finite(v)
		return place(scale(f), scale(low), scale(high))
	}
	const apart = 0.18 // of the names of values, in widths of the panel
	for _, v := range values {
		if len(ticks) == 0 || at(v)-at(ticks[len(ticks)-1]) >= apart {
			ticks = append(ticks, v)
		}
	}
	return at, ticks
}

// place is where between 0 and 1 a number is drawn: not quite at the borders.
func place(f, low, high float64) float64 {
	if high == low {
		return 0.5
	}
	return 0.07 + 0.86*(f-low)/(high-low)
}

// finite is a JSON number's value.
func finite(v json.RawMessage) (float64, bool) {
	var f *float64
	err := json.Unmarshal(v, &f)
	if err != nil || f == nil {
		return 0, false
	}
	return *f, true
}

func allNumbers(values []json.RawMessage) bool {
	return !slices.ContainsFunc(values, func(v json.RawMessage) bool { _, ok := finite(v); return !ok })
}

func distinct(values []json.RawMessage) int {
	seen := map[string]bool{}
	for _, v := range values {
		seen[string(v)] = true
	}
	return len(seen)
}

// short is a value as an axis names it.
func short(v json.RawMessage) string {
	if f, ok := finite(v); ok {
		return number(f)
	}
	text := []rune(words(v))
	if len(text) > 12 {
		return string(text[:11]) + "…"
	}
	return string(text)
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', 5, 64) }
