package widgets

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"strings"
)

// This file draws widgets where there is nobody to draw them: as text for
// terminals and logs, as HTML that needs no script for pages such as code hosts
// show.

// draw returns a widget's text and its HTML, which may be empty.
func draw(m *Model) (text, page string) {
	if m.render != nil {
		return m.render()
	}
	if value, ok := m.Get("children").([]Widget); ok {
		return drawChildren(m, value)
	}
	label := attribute(m, "description", "")
	switch m.class {
	case "Button":
		return "[" + label + "]", "<button disabled>" + html.EscapeString(label) + "</button>"
	case "Checkbox", "ToggleButton", "Valid":
		return drawFlag(label, attribute(m, "value", false))
	case "HTML", "HTMLMath":
		value := attribute(m, "value", "")
		return strings.TrimSpace(html.UnescapeString(tag.ReplaceAllString(value, ""))), value
	case "Label":
		value := attribute(m, "value", "")
		return value, "<span>" + html.EscapeString(value) + "</span>"
	case "Image":
		return drawImage(m)
	case "IntProgress", "FloatProgress":
		return drawProgress(m, label)
	case "Layout":
		return "Layout", ""
	}
	return drawValue(m, label)
}

var tag = regexp.MustCompile(`<[^>]*>`)

func drawFlag(label string, on bool) (text, page string) {
	mark, checked := " ", ""
	if on {
		mark, checked = "x", " checked"
	}
	return "[" + mark + "] " + label,
		`<label><input type="checkbox" disabled` + checked + "> " + html.EscapeString(label) + "</label>"
}

func drawImage(m *Model) (text, page string) {
	b, _ := m.Get("value").([]byte)
	format := attribute(m, "format", "png")
	text = fmt.Sprintf("[image/%s, %d bytes]", format, len(b))
	if len(b) == 0 {
		return text, ""
	}
	return text, fmt.Sprintf(`<img src="data:image/%s;base64,%s">`, html.EscapeString(format),
		base64.StdEncoding.EncodeToString(b))
}

func drawProgress(m *Model, label string) (text, page string) {
	low, high, value := attribute(m, "min", 0.0), attribute(m, "max", 100.0), attribute(m, "value", 0.0)
	share := 0.0
	if high > low {
		share = within((value-low)/(high-low), 0, 1)
	}
	const wide = 30
	full := int(share*wide + 0.5)
	text = fmt.Sprintf("[%s%s] %g of %g", strings.Repeat("#", full), strings.Repeat(".", wide-full), value, high)
	page = fmt.Sprintf(`<progress max="1" value="%.4f"></progress> %g of %g`, share, value, high)
	return withLabel(label, text), withLabel(html.EscapeString(label), page)
}

func withLabel(label, text string) string {
	if label == "" {
		return text
	}
	return label + " " + text
}

// drawValue is for controls that have a value or an index, with bounds or without.
func drawValue(m *Model, label string) (text, page string) {
	var parts []string
	for _, name := range []string{"value", "index"} {
		if v := m.Get(name); v != nil {
			parts = append(parts, compact(m.display(name, v)))
		}
	}
	value := strings.Join(parts, " ")
	text = m.class
	if label != "" {
		text += " " + label
	}
	if value != "" {
		text += ": " + value
	}
	low, high := attribute[any](m, "min", nil), attribute[any](m, "max", nil)
	if low != nil && high != nil {
		text += fmt.Sprintf(" (%s to %s)", compact(low), compact(high))
	}
	if labels := attribute[[]string](m, "_options_labels", nil); len(labels) > 0 {
		text += fmt.Sprintf(" (of %s)", shortList(labels))
	}
	switch {
	case strings.HasSuffix(m.class, "Slider") && low != nil && !strings.Contains(m.class, "Range"):
		page = fmt.Sprintf(`<input type="range" disabled min="%s" max="%s" step="any" value="%s"> %s`, compact(low),
			compact(high), html.EscapeString(value), html.EscapeString(value))
	case m.class == "Password":
		return strings.TrimSuffix(m.class+" "+label, " "), ""
	default:
		page = `<input disabled value="` + html.EscapeString(value) + `">`
	}
	return text, "<label>" + withLabel(html.EscapeString(label), page) + "</label>"
}

// display is an attribute as its reader knows it: a label for an index.
func (m *Model) display(name string, v any) any {
	labels := attribute[[]string](m, "_options_labels", nil)
	if name != "index" || len(labels) == 0 {
		return v
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return v
	}
	var one int
	var several []int
	switch {
	case json.Unmarshal(raw, &one) == nil && one >= 0 && one < len(labels):
		return labels[one]
	case json.Unmarshal(raw, &several) == nil:
		chosen := []string{}
		for _, i := range several {
			if i >= 0 && i < len(labels) {
				chosen = append(chosen, labels[i])
			}
		}
		return strings.Join(chosen, ", ")
	}
	return v
}

// compact is a value in a line.
func compact(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	if b, ok := v.([]byte); ok {
		return fmt.Sprintf("%d bytes", len(b))
	}
	raw, err := json.Marshal(pack(map[string]any{"v": v}).State["v"])
	if err != nil {
		return fmt.Sprint(v)
	}
	if len(raw) > 200 {
		return string(raw[:200]) + "…"
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// shortList names the first of many.
func shortList(labels []string) string {
	const most = 8
	if len(labels) > most {
		return strings.Join(labels[:most], ", ") + fmt.Sprintf(" … %d in all", len(labels))
	}
	return strings.Join(labels, ", ")
}

func drawChildren(m *Model, children []Widget) (text, page string) {
	titles := attribute[[]string](m, "titles", nil)
	var lines []string
	var b strings.Builder
	style := "display:flex;flex-direction:column"
	if m.class == "HBox" {
		style = "display:flex;gap:8px"
	}
	fmt.Fprintf(&b, `<div style="%s">`, style)
	for i, child := range children {
		t, p := draw(child.model())
		if p == "" {
			p = "<pre>" + html.EscapeString(t) + "</pre>"
		}
		if i < len(titles) {
			t = titles[i] + ":\n  " + strings.ReplaceAll(t, "\n", "\n  ")
			p = "<b>" + html.EscapeString(titles[i]) + "</b> " + p
		}
		lines = append(lines, t)
		fmt.Fprintf(&b, "<div>%s</div>", p)
	}
	b.WriteString("</div>")
	separator := "\n"
	if m.class == "HBox" {
		separator = "   "
	}
	return strings.Join(lines, separator), b.String()
}
