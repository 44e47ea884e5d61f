package widgets

import (
	"strings"
	"testing"
)

func css(w Widget, name string) string {
	layout, _ := w.model().Get("layout").(*Model)
	return attribute(layout, name, "")
}

// What ipywidgets makes of the templates is recorded (see TestExchange in package
// live); a grid is filled cell by cell.
func TestGridspecLayout(t *testing.T) {
	g := GridspecLayout(3, 2)
	a, b, c := Label("a"), Label("b"), Label("c")
	for _, step := range []struct {
		rows, columns Span
		w             Widget
		want          string
	}{
		{Span{0, 2}, At(0), a, "widget001 . / widget001 . / . ."},
		{At(2), Span{0, 2}, b, "widget001 . / widget001 . / widget002 widget002"},
		{Span{1, 3}, Span{0, 2}, c, "widget001 . / widget003 widget003 / widget003 widget003"},
	} {
		if err := g.Put(step.rows, step.columns, step.w); err != nil {
			t.Fatal(err)
		}
		got := strings.ReplaceAll(strings.ReplaceAll(css(g, "grid_template_areas"), "\"", ""), "\n", " / ")
		if got != step.want {
			t.Errorf("areas %q, want %q", got, step.want)
		}
	}
	if css(c, "grid_area") != "widget003" || css(g, "grid_template_columns") != "repeat(2, 1fr)" {
		t.Errorf("the last one's area is %q, the columns %q", css(c, "grid_area"), css(g, "grid_template_columns"))
	}
	if got := g.String(); got != "c" {
		t.Errorf("the grid shows %q, want the one that covered the others", got)
	}
	for _, bad := range [][2]Span{{At(3), At(0)}, {At(0), Span{1, 3}}, {Span{1, 1}, At(0)}, {At(-1), At(0)}} {
		if err := g.Put(bad[0], bad[1], a); err == nil || !strings.Contains(err.Error(), "the grid has ") {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if err := g.Put(At(0), At(0), nil); err == nil {
		t.Error("nothing was put into the grid")
	}
}

func TestEmptyLayouts(t *testing.T) {
	for _, g := range []*Container{AppLayout(Panes{}), TwoByTwoLayout(Corners{})} {
		if len(g.Children()) != 0 || css(g, "grid_template_areas") != "" {
			t.Errorf("%d widgets in the areas %q", len(g.Children()), css(g, "grid_template_areas"))
		}
	}
}
