package widgets

import (
	"fmt"
	"os"
)

// Option sets an attribute of a new widget.
type Option func(*Model)

// Attribute sets any attribute, by ipywidgets' name for it, such as
// Attribute("readout_format", ".3f"). An unknown name is reported on the
// standard error, with the names that there are.
func Attribute(name string, value any) Option {
	return func(m *Model) {
		if err := m.Set(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}

// Description is the label beside the control.
func Description(text string) Option { return Attribute("description", text) }

// Disabled greys the control out.
func Disabled() Option { return Attribute("disabled", true) }

// Tooltip is shown when the mouse rests on the control.
func Tooltip(text string) Option { return Attribute("tooltip", text) }

// Step is the distance between the values of a number's control.
func Step[T int | float64](step T) Option { return Attribute("step", step) }

// OnRelease has a slider or a text send its value when the user lets go of it,
// and not all the way.
func OnRelease() Option { return Attribute("continuous_update", false) }

// Vertical stands a slider upright.
func Vertical() Option { return Attribute("orientation", "vertical") }

// Placeholder is the grey text of an empty field.
func Placeholder(text string) Option { return Attribute("placeholder", text) }

// ButtonStyle colors a button or a bar: "primary", "success", "info", "warning"
// or "danger".
func ButtonStyle(style string) Option {
	return func(m *Model) {
		for _, name := range []string{"button_style", "bar_style", "box_style"} {
			if _, ok := m.spec.Attributes[name]; ok {
				Attribute(name, style)(m)
				return
			}
		}
		Attribute("button_style", style)(m)
	}
}

// Icon is a Font Awesome name without "fa-".
func Icon(name string) Option { return Attribute("icon", name) }

// Layout sets a CSS property of the widget's box, by ipywidgets' name for it,
// such as Layout("width", "50%") or Layout("grid_template_columns", "1fr 2fr").
func Layout(name, value string) Option { return part("layout", name, value) }

// Width and Height size the widget, in CSS units: "300px", "50%".
func Width(css string) Option  { return Layout("width", css) }
func Height(css string) Option { return Layout("height", css) }

// Style sets a property of the control's look, such as Style("bar_color",
// "green") or Style("description_width", "initial").
func Style(name string, value any) Option { return part("style", name, value) }

// part sets an attribute of a widget's layout or style.
func part(which, name string, value any) Option {
	return func(m *Model) {
		class, ok := m.spec.Models[which]
		if !ok {
			fmt.Fprintf(os.Stderr, "widgets: %s has no %s\n", m.class, which)
			return
		}
		p, ok := m.state[which].(*Model)
		if !ok {
			p = newModel(class, nil)
			p.open([]Option{Attribute(name, value)})
			m.state[which] = p
			return
		}
		Attribute(name, value)(p)
	}
}
