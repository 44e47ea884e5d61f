package widgets

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// This file lays widgets out on grids of CSS, as ipywidgets' templates do.

// Panes are the places of an application's window. Those that are nil take no
// room: their neighbors grow.
type Panes struct {
	Header, LeftSidebar, Center, RightSidebar, Footer Widget

	// Widths are those of the left sidebar, the center and the right sidebar,
	// Heights those of the header, the center and the footer, in CSS: "1fr",
	// "200px". By default they are 1fr, 2fr, 1fr and 1fr, 3fr, 1fr.
	Widths, Heights [3]string
	// KeepEmpty leaves places empty that have no widget.
	KeepEmpty bool
}

// AppLayout lays widgets out as an application's window.
func AppLayout(p Panes) *Container {
	places := []place{{"header", p.Header}, {"footer", p.Footer}, {"left-sidebar", p.LeftSidebar},
		{"right-sidebar", p.RightSidebar}, {"center", p.Center}}
	areas := [][]string{{"header", "header", "header"}, {"left-sidebar", "center", "right-sidebar"},
		{"footer", "footer", "footer"}}
	columns, rows := sizes(p.Widths, "1fr", "2fr", "1fr"), sizes(p.Heights, "1fr", "3fr", "1fr")
	taken := occupied(places)
	switch {
	case p.KeepEmpty || len(taken) == 0:
	case len(taken) == 1:
		areas = filled(taken[0].name, 3, 3)
	default:
		if p.Center == nil {
			for i := range areas {
				areas[i] = slices.Delete(areas[i], 1, 2)
			}
			columns = slices.Delete(columns, 1, 2)
		}
		middle := areas[1]
		if p.LeftSidebar == nil {
			middle[0] = middle[1]
		}
		if p.RightSidebar == nil {
			middle[len(middle)-1] = middle[len(middle)-2]
		}
		if p.LeftSidebar == nil && p.RightSidebar == nil && p.Center == nil {
			areas, columns, rows = [][]string{{"header"}, {"footer"}}, []string{"1fr"}, []string{"1fr", "1fr"}
		}
		if p.Header == nil {
			areas, rows = areas[1:], rows[1:]
		}
		if p.Footer == nil {
			areas, rows = areas[:len(areas)-1], rows[:len(rows)-1]
		}
	}
	return grid(taken, areas, strings.Join(columns, " "), strings.Join(rows, " "))
}

// Corners are the places of a grid of two by two. Those that are nil take no
// room: their neighbors grow.
type Corners struct {
	TopLeft, TopRight, BottomLeft, BottomRight Widget
	// KeepEmpty leaves places empty that have no widget.
	KeepEmpty bool
}

// TwoByTwoLayout lays four widgets out in two rows.
func TwoByTwoLayout(c Corners) *Container {
	taken := occupied([]place{{"top-left", c.TopLeft}, {"top-right", c.TopRight}, {"bottom-left", c.BottomLeft},
		{"bottom-right", c.BottomRight}})
	areas := [][]string{{"top-left", "top-right"}, {"bottom-left", "bottom-right"}}
	switch {
	case c.KeepEmpty || len(taken) == 0:
	case len(taken) == 1:
		areas = filled(taken[0].name, 2, 2)
	default:
		for i, column := range [][2]Widget{{c.TopLeft, c.BottomLeft}, {c.TopRight, c.BottomRight}} {
			top, bottom := column[0], column[1]
			switch {
			case top == nil && bottom == nil:
				areas[0][i], areas[1][i] = areas[0][1-i], areas[1][1-i]
			case top == nil:
				areas[0][i] = areas[1][i]
			case bottom == nil:
				areas[1][i] = areas[0][i]
			}
		}
	}
	return grid(taken, areas, "1fr 1fr", "1fr 1fr")
}

// GridLayout is a grid whose cells are filled one by one.
type GridLayout struct {
	*Container
	areas   [][]string
	widgets map[string]Widget
	made    int
}

// GridspecLayout is an empty grid of so many rows and columns, at least one of
// each.
func GridspecLayout(rows, columns int) *GridLayout {
	rows, columns = max(rows, 1), max(columns, 1)
	return &GridLayout{Container: GridBox(), areas: filled(".", rows, columns), widgets: map[string]Widget{}}
}

// Span are rows or columns from one, counted from 0, up to and without another.
type Span struct{ From, To int }

// At is the span of a single row or column.
func At(i int) Span { return Span{i, i + 1} }

// Put shows a widget in some cells of the grid. A widget that had one of them is
// taken away.
func (g *GridLayout) Put(rows, columns Span, w Widget) error {
	for name, s := range map[string]struct {
		Span
		all int
	}{"rows": {rows, len(g.areas)}, "columns": {columns, len(g.areas[0])}} {
		if s.From < 0 || s.To > s.all || s.From >= s.To {
			return fmt.Errorf("widgets: the grid has %d %s, got those from %d to before %d", s.all, name, s.From, s.To)
		}
	}
	if w == nil {
		return fmt.Errorf("widgets: there is no widget to put into the grid")
	}
	g.made++
	area := fmt.Sprintf("widget%03d", g.made)
	for _, row := range g.areas[rows.From:rows.To] {
		for i := columns.From; i < columns.To; i++ {
			delete(g.widgets, row[i])
			row[i] = area
		}
	}
	g.widgets[area] = w
	setLayout(w, "grid_area", area)
	layout, _ := g.Get("layout").(*Model) // each box has one
	setGrid(layout, g.areas, fmt.Sprintf("repeat(%d, 1fr)", len(g.areas[0])), fmt.Sprintf("repeat(%d, 1fr)", len(g.areas)))
	var children []Widget
	for _, name := range slices.SortedFunc(maps.Keys(g.widgets), func(a, b string) int {
		return cmp.Or(len(a)-len(b), strings.Compare(a, b))
	}) {
		children = append(children, g.widgets[name])
	}
	g.SetChildren(children...)
	return nil
}

// place is an area of a grid and what stands there.
type place struct {
	name   string
	widget Widget
}

func occupied(places []place) []place {
	return slices.DeleteFunc(places, func(p place) bool { return p.widget == nil })
}

// sizes are the three sizes with defaults for those that are empty.
func sizes(given [3]string, defaults ...string) []string {
	for i, size := range given {
		defaults[i] = cmp.Or(size, defaults[i])
	}
	return defaults
}

func filled(area string, rows, columns int) [][]string {
	areas := make([][]string, rows)
	for i := range areas {
		areas[i] = slices.Repeat([]string{area}, columns)
	}
	return areas
}

// grid is a box with widgets in their areas.
func grid(taken []place, areas [][]string, columns, rows string) *Container {
	var children []Widget
	for _, p := range taken {
		setLayout(p.widget, "grid_area", p.name)
		children = append(children, p.widget)
	}
	if len(taken) == 0 {
		return GridBox()
	}
	layout := newModel("Layout", nil)
	layout.open(nil)
	setGrid(layout, areas, columns, rows)
	return container("GridBox", children, nil, func(m *Model) { m.state["layout"] = layout })
}

// setGrid names the areas of a layout's grid, a row a line.
func setGrid(layout *Model, areas [][]string, columns, rows string) {
	lines := make([]string, len(areas))
	for i, row := range areas {
		lines[i] = `"` + strings.Join(row, " ") + `"`
	}
	for _, property := range [][2]string{{"grid_template_columns", columns}, {"grid_template_rows", rows},
		{"grid_template_areas", strings.Join(lines, "\n")}} {
		Attribute(property[0], property[1])(layout)
	}
}

// setLayout sets a CSS property of a widget that has a layout.
func setLayout(w Widget, name, value string) { part("layout", name, value)(w.model()) }
