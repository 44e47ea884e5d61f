package peek

import (
	"fmt"
	"html"
	"reflect"
	"strings"
)

// mostRows is how many parts of a value its page shows.
const mostRows = 20

// Page describes a value for a person: what it is, the numbers in it as a line,
// and its first parts as a table.
func Page(t reflect.Type, at uintptr, v Variable) string {
	var b strings.Builder
	facts := []string{v.Type, Bytes(v.Size, v.Partial)}
	for _, fact := range []struct{ name, value string }{{"shape ", v.Shape}, {"", v.DType}, {"on ", v.Device}} {
		if fact.value != "" {
			facts = append(facts, fact.name+fact.value)
		}
	}
	fmt.Fprintf(&b, "<div><b>%s</b> %s</div>", html.EscapeString(v.Name), html.EscapeString(strings.Join(facts, " · ")))
	if data := bytes(at, min(int(t.Size()), 1<<12)); data != nil {
		b.WriteString(curve(samples(t, data, 200)))
	}
	limits := Limits{Text: 100, Elements: 10, Blocks: 50}
	parts := Parts(t, at, mostRows+1, limits)
	if len(parts) == 0 {
		fmt.Fprintf(&b, "<pre>%s</pre>", html.EscapeString(v.Text))
		return b.String()
	}
	if columns := columnsOf(parts); columns != nil {
		rows(&b, columns, parts, limits)
	} else {
		list(&b, parts)
	}
	if len(parts) > mostRows {
		b.WriteString("<div>…</div>")
	}
	return b.String()
}

// list is a table with a row for each part.
func list(b *strings.Builder, parts []Part) {
	b.WriteString("<table><tbody>")
	for _, p := range parts[:min(len(parts), mostRows)] {
		fmt.Fprintf(b, "<tr><th>%s</th><td>%s</td><td><code>%s</code> %s</td></tr>", html.EscapeString(p.Name),
			html.EscapeString(p.Type), html.EscapeString(p.Text), p.Line)
	}
	b.WriteString("</tbody></table>")
}

// columnsOf are the fields of parts that are structs of one type, or pointers to
// such: a list of them is a table with a column for each field.
func columnsOf(parts []Part) reflect.Type {
	t := parts[0].Of
	if !strings.HasPrefix(parts[0].Name, "[") {
		return nil
	}
	for _, p := range parts {
		if p.Of != t {
			return nil
		}
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t.NumField() == 0 || t.NumField() > 30 {
		return nil
	}
	return t
}

func rows(b *strings.Builder, columns reflect.Type, parts []Part, limits Limits) {
	b.WriteString("<table><thead><tr><th></th>")
	for i := range columns.NumField() {
		fmt.Fprintf(b, "<th>%s</th>", html.EscapeString(columns.Field(i).Name))
	}
	b.WriteString("</tr></thead><tbody>")
	for _, p := range parts[:min(len(parts), mostRows)] {
		fmt.Fprintf(b, "<tr><th>%s</th>", html.EscapeString(p.Name))
		fields := Parts(p.Of, p.At, columns.NumField(), limits)
		for i := range columns.NumField() {
			cell := ""
			if i < len(fields) {
				cell = fields[i].Text
			}
			fmt.Fprintf(b, "<td>%s</td>", html.EscapeString(cell))
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</tbody></table>")
}

// curve draws numbers.
func curve(values []float64) string {
	low, high := extent(values)
	if len(values) < 3 || low >= high {
		return ""
	}
	const width, height = 300, 40
	var points strings.Builder
	for i, x := range values {
		if x >= low && x <= high {
			across, up := float64(i)/float64(len(values)-1), (x-low)/(high-low)
			fmt.Fprintf(&points, "%.1f,%.1f ", across*width, height-up*height)
		}
	}
	return fmt.Sprintf(`<svg width="%d" height="%d" viewBox="0 -2 %d %d"><polyline fill="none" stroke="currentColor" `+
		`points="%s"/></svg><div>%g … %g</div>`, width, height+4, width, height+4, strings.TrimSpace(points.String()),
		low, high)
}

// Bytes writes a size.
func Bytes(n int64, partial bool) string {
	sign := ""
	if partial {
		sign = "≥ "
	}
	if n < 1000 {
		return fmt.Sprintf("%s%d B", sign, n)
	}
	x := float64(n)
	for _, unit := range []string{"kB", "MB", "GB", "TB"} {
		if x /= 1000; x < 999.95 {
			return fmt.Sprintf("%s%.1f %s", sign, x, unit)
		}
	}
	return fmt.Sprintf("%s%.0f TB", sign, x)
}
