package widgets

import (
	"encoding/json"
	"slices"
	"sync"
)

// Container is a widget that holds others.
type Container struct {
	*Model
	mu       sync.Mutex
	children []Widget
	chosen   []func(int)
}

// Box holds widgets; Layout says how. HBox, VBox and GridBox hold them side by
// side, one below the other, and in a grid.
func Box(children ...Widget) *Container     { return container("Box", children, nil) }
func HBox(children ...Widget) *Container    { return container("HBox", children, nil) }
func VBox(children ...Widget) *Container    { return container("VBox", children, nil) }
func GridBox(children ...Widget) *Container { return container("GridBox", children, nil) }

// Tab shows one of its children at a time, whose title is clicked. Titles are in
// the order of the children.
func Tab(titles []string, children ...Widget) *Container { return container("Tab", children, titles) }

// Accordion shows one of its children at a time below its title.
func Accordion(titles []string, children ...Widget) *Container {
	return container("Accordion", children, titles)
}

// Stack shows the one of its children that Choose says.
func Stack(children ...Widget) *Container { return container("Stack", children, nil) }

// With applies options to a container, and returns it.
func (c *Container) With(options ...Option) *Container {
	for _, o := range options {
		o(c.Model)
	}
	return c
}

func container(class string, children []Widget, titles []string, options ...Option) *Container {
	c := &Container{Model: newModel(class, nil), children: slices.Clone(children)}
	c.state["children"] = references(children)
	if _, ok := c.spec.Attributes["titles"]; ok {
		c.state["titles"] = slices.Concat(titles, make([]string, max(len(children)-len(titles), 0)))
	}
	if class == "Tab" && len(children) > 0 {
		c.state["selected_index"] = 0 // as ipywidgets has it
	}
	if _, ok := c.spec.Attributes["selected_index"]; ok {
		c.fields["selected_index"] = &field{decode: c.decodeChosen}
	}
	c.open(options)
	return c
}

// references are the models of widgets, without those that are nil.
func references(children []Widget) []Widget {
	list := []Widget{}
	for _, w := range children {
		if w != nil {
			list = append(list, w)
		}
	}
	return list
}

// Children are the widgets that the container holds.
func (c *Container) Children() []Widget {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.children)
}

// SetChildren has the container hold other widgets.
func (c *Container) SetChildren(children ...Widget) {
	c.mu.Lock()
	c.children = slices.Clone(children)
	c.mu.Unlock()
	c.put("children", references(children))
}

// Chosen is the number of the child that is shown, -1 if none is or all are.
func (c *Container) Chosen() int {
	if index := attribute[*int](c.Model, "selected_index", nil); index != nil {
		return *index
	}
	return -1
}

// Choose shows the child with a number, none for a negative one.
func (c *Container) Choose(i int) {
	if i < 0 {
		c.put("selected_index", nil)
		return
	}
	c.put("selected_index", i)
}

// OnChoose adds a function that is called when somebody has chosen a child.
func (c *Container) OnChoose(call func(index int)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.chosen = append(c.chosen, call)
}

func (c *Container) decodeChosen(raw json.RawMessage, _ []located) (any, func(), error) {
	index, err := chosenIndex(raw)
	if err != nil {
		return nil, nil, err
	}
	c.mu.Lock()
	calls := slices.Clone(c.chosen)
	c.mu.Unlock()
	changed := func() {
		for _, call := range calls {
			call(index)
		}
	}
	if index < 0 {
		return nil, changed, nil
	}
	return index, changed, nil
}
