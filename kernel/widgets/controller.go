package widgets

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// ControllerWidget is a game controller at the browser's machine. It is
// connected when somebody presses one of its buttons while the widget is shown.
type ControllerWidget struct {
	*Model
	mu      sync.Mutex
	buttons []*Model
	axes    []*Model
	changed []func(Gamepad)
}

// Gamepad is how a game controller stands.
type Gamepad struct {
	Name      string
	Connected bool
	Buttons   []GamepadButton
	// Axes are from -1 to 1.
	Axes []float64
}

// GamepadButton is a button of a game controller: how far it is pressed, 0 to 1,
// and whether that is enough.
type GamepadButton struct {
	Value   float64 `json:"value"`
	Pressed bool    `json:"pressed"`
}

// Controller shows the game controller with a number, from 0.
func Controller(index int, options ...Option) *ControllerWidget {
	c := &ControllerWidget{Model: newModel("Controller", map[string]any{"index": index})}
	c.fields["buttons"] = &field{decode: c.parts(&c.buttons, "value", "pressed")}
	c.fields["axes"] = &field{decode: c.parts(&c.axes, "value")}
	c.fields["connected"] = &field{decode: c.told}
	c.render = func() (string, string) { return fmt.Sprintf("Controller %d", index), "" }
	c.open(options)
	return c
}

// State is how the controller stands now.
func (c *ControllerWidget) State() Gamepad {
	c.mu.Lock()
	buttons, axes := slices.Clone(c.buttons), slices.Clone(c.axes)
	c.mu.Unlock()
	g := Gamepad{Name: attribute(c.Model, "name", ""), Connected: attribute(c.Model, "connected", false)}
	for _, m := range buttons {
		g.Buttons = append(g.Buttons, GamepadButton{attribute(m, "value", 0.0), attribute(m, "pressed", false)})
	}
	for _, m := range axes {
		g.Axes = append(g.Axes, attribute(m, "value", 0.0))
	}
	return g
}

// OnChange adds a function that is called when the controller is connected or
// goes, and for each move of its buttons and axes.
func (c *ControllerWidget) OnChange(call func(Gamepad)) *ControllerWidget {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changed = append(c.changed, call)
	return c
}

func (c *ControllerWidget) tell() {
	c.mu.Lock()
	calls := slices.Clone(c.changed)
	c.mu.Unlock()
	for _, call := range calls {
		call(c.State())
	}
}

// told keeps an attribute as it comes, and says that it has changed.
func (c *ControllerWidget) told(raw json.RawMessage, _ []located) (any, func(), error) {
	return slices.Clone(raw), c.tell, nil
}

// parts takes the widgets that a front end has made for buttons or axes, and
// hears of what changes in them.
func (c *ControllerWidget) parts(list *[]*Model, attributes ...string) func(json.RawMessage, []located) (any, func(),
	error) {
	return func(raw json.RawMessage, _ []located) (any, func(), error) {
		var references []string
		if err := json.Unmarshal(raw, &references); err != nil {
			return nil, nil, fmt.Errorf("want a list of widgets, got %.80s", raw)
		}
		// The widgets are made by handlers, which come before this function.
		return slices.Clone(raw), func() {
			var models []*Model
			for _, reference := range references {
				m := instances.find(strings.TrimPrefix(reference, referencePrefix))
				if m == nil {
					panic(fmt.Errorf("widgets: Controller: there is no widget %.80q", reference))
				}
				for _, name := range attributes {
					m.setField(name, &field{decode: c.told})
				}
				models = append(models, m)
			}
			c.mu.Lock()
			*list = models
			c.mu.Unlock()
			c.tell()
		}, nil
	}
}
