package widgets

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"

	"github.com/gocifar/gocifar/kernel/comm"
)

// protocolVersion is that of the widgets' messages.
const protocolVersion = "2.1.0"

// widgetTarget is what front ends know widgets' comms by.
const widgetTarget = "jupyter.widget"

// Widget is a control of this package, to be shown or to stand in a container.
type Widget interface {
	// MIMEBundle is how a notebook shows the widget: by MIME type.
	MIMEBundle() map[string]any

	model() *Model
}

// Model is what all widgets have: attributes, by the names that ipywidgets gives
// them, that are kept the same here and in every front end.
type Model struct {
	class string
	spec  *spec
	comm  *comm.Comm

	mu    sync.Mutex
	state map[string]any
	// fields are attributes with Go types of their own.
	fields map[string]*field
	// changes are the functions to call for each message that waits.
	changes [][]func()
	// custom gets messages that are no state.
	custom []func(content json.RawMessage, buffers [][]byte)
	// text makes the widget's text and HTML.
	render func() (text, html string)
}

// field reads an attribute from what a front end sends.
type field struct {
	// decode returns the value to keep, and what to call when it is kept.
	decode func(raw json.RawMessage, buffers []located) (value any, changed func(), err error)
}

// field is how an attribute is read, nil for those that are kept as they come.
func (m *Model) field(name string) *field {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.fields[name]
}

func (m *Model) setField(name string, f *field) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fields[name] = f
}

// newModel makes a widget, whose attributes are the class's defaults, but for
// those given. It is not open yet.
func newModel(class string, attributes map[string]any) *Model {
	s := specs()[class]
	m := &Model{class: class, spec: s, state: map[string]any{}, fields: map[string]*field{}}
	for name, value := range s.Attributes {
		m.state[name] = value
	}
	for _, name := range s.Binary {
		m.state[name] = []byte{}
	}
	maps.Copy(m.state, attributes)
	return m
}

// open applies options and tells front ends of the widget.
func (m *Model) open(options []Option) {
	for _, o := range options {
		o(m)
	}
	for _, name := range slices.Sorted(maps.Keys(m.spec.Models)) {
		if raw, isDefault := m.state[name].(json.RawMessage); isDefault || m.state[name] == nil && raw == nil {
			part := newModel(m.spec.Models[name], nil)
			part.open(nil)
			m.state[name] = part
		}
	}
	listen()
	p := pack(m.state)
	c, err := comm.Open(widgetTarget, map[string]any{"state": p.State, "buffer_paths": p.Paths},
		comm.Options{Metadata: map[string]string{"version": protocolVersion}, Buffers: p.Buffers})
	if err != nil {
		// Values that are no JSON: an option has brought them.
		fmt.Fprintf(os.Stderr, "widgets: %s: %v\n", m.class, err)
		c, _ = comm.Open(widgetTarget, map[string]any{"state": map[string]any{}}, comm.Options{})
	}
	m.attach(c)
}

// attach takes messages from the comm.
func (m *Model) attach(c *comm.Comm) {
	m.comm = c
	instances.add(m)
	c.OnArrival(m.arrived)
	c.OnMessage(m.handle)
	c.OnClose(func(comm.Message) { instances.remove(m) })
}

func (m *Model) model() *Model { return m }

// ID is what front ends know the widget by.
func (m *Model) ID() string { return m.comm.ID() }

// Close takes the widget out of all front ends.
func (m *Model) Close() error {
	instances.remove(m)
	return m.comm.Close()
}

// Get returns an attribute, by ipywidgets' name for it: as it was set, or as
// JSON. It is nil if there is none of the name.
func (m *Model) Get(name string) any {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state[name]
}

// Set sets an attribute by ipywidgets' name for it, here and in front ends. For
// what has a method of its own, such as SetValue, use that.
func (m *Model) Set(name string, value any) error {
	if _, ok := m.spec.Attributes[name]; !ok {
		return m.spec.unknown(m.class, name)
	}
	if f := m.field(name); f != nil {
		raw, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("widgets: %s: %s: %w", m.class, name, err)
		}
		kept, changed, err := f.decode(raw, nil)
		if err != nil {
			return fmt.Errorf("widgets: %s: %s: %w", m.class, name, err)
		}
		m.put(name, kept)
		if changed != nil {
			changed()
		}
		return nil
	}
	if _, err := json.Marshal(pack(map[string]any{name: value}).State); err != nil {
		return fmt.Errorf("widgets: %s: %s: %w", m.class, name, err)
	}
	m.put(name, value)
	return nil
}

// put keeps a value and sends it.
func (m *Model) put(name string, value any) {
	m.mu.Lock()
	m.state[name] = value
	m.mu.Unlock()
	m.send(map[string]any{name: value})
}

// send sends attributes to front ends.
func (m *Model) send(attributes map[string]any) {
	if m.comm == nil {
		return // not open yet
	}
	p := pack(attributes)
	if err := m.comm.Send(p.data("update"), p.Buffers...); err != nil {
		fmt.Fprintf(os.Stderr, "widgets: %s: %v\n", m.class, err)
	}
}

// Send sends a message that is no state to the widget's code in front ends.
func (m *Model) Send(content any, buffers ...[]byte) error {
	return m.comm.Send(map[string]any{"method": "custom", "content": content}, buffers...)
}

// OnCustom adds a function that gets the messages that are no state.
func (m *Model) OnCustom(handle func(content json.RawMessage, buffers [][]byte)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.custom = append(m.custom, handle)
}
