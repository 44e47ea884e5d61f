package engine

import (
	"cmp"
	"errors"
	"fmt"
	"html"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/gocifar/gocifar/kernel/internal/engine/host/peek"
)

// magicWho shows the notebook's variables as a table, all or some.
func (r *run) magicWho(args []string) error {
	r.noteVisible()
	list, err := r.Variables(r.ctx)
	if err != nil {
		if r.ctx.Err() != nil {
			return errInterrupted
		}
		var died *diedError
		if errors.As(err, &died) {
			return r.died(err)
		}
		return magicErrorf("%%who: %v", err)
	}
	for _, name := range args {
		if !slices.ContainsFunc(list, func(v Variable) bool { return v.Name == name }) {
			return magicErrorf("%%who: there is no variable %s; %%who alone lists them", name)
		}
	}
	if len(args) > 0 {
		list = slices.DeleteFunc(list, func(v Variable) bool { return !slices.Contains(args, v.Name) })
	}
	if len(list) == 0 {
		r.stdout("there are no variables\n")
		return nil
	}
	r.show("text/html", variablesPage(list), variablesText(list))
	return nil
}

// columns of a variable in a table.
func columns(v Variable) []string {
	empty := func(s string) bool { return s == "" }
	shape := strings.Join(slices.DeleteFunc([]string{v.Shape, v.DType, v.Device}, empty), " ")
	cell := "–"
	if v.Cell > 0 {
		cell = fmt.Sprintf("[%d]", v.Cell)
	}
	size := "–"
	if v.Size > 0 || v.Partial {
		size = peek.Bytes(v.Size, v.Partial)
	}
	return []string{v.Name, v.Type, size, cmp.Or(shape, "–"), cell}
}

func variablesText(list []Variable) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "name\ttype\tsize\tshape\tcell\tvalue")
	for _, v := range list {
		fmt.Fprintf(w, "%s\t%s\n", strings.Join(columns(v), "\t"), strings.TrimSpace(v.Text+" "+v.Line))
	}
	_ = w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}

func variablesPage(list []Variable) string {
	var b strings.Builder
	b.WriteString("<table><thead><tr><th>name</th><th>type</th><th>size</th><th>shape</th><th>cell</th><th>value</th>" +
		"</tr></thead><tbody>")
	for _, v := range list {
		b.WriteString("<tr>")
		for _, column := range columns(v) {
			fmt.Fprintf(&b, "<td>%s</td>", html.EscapeString(column))
		}
		fmt.Fprintf(&b, `<td style="text-align:left"><code>%s</code> %s</td></tr>`, html.EscapeString(v.Text), v.Line)
	}
	b.WriteString("</tbody></table>")
	return b.String()
}
