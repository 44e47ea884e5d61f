package widgets

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sync"
)

// Control is a widget with a value of the type T.
type Control[T any] struct {
	*Model
	name string    // of the attribute
	form form[T]   // how the value travels
	fit  func(T) T // brings a value into what the control takes; may be nil

	mu        sync.Mutex
	current   T
	observers []*observer[T]
}

// form is how a value travels.
type form[T any] struct {
	encode func(T) any
	decode func(raw json.RawMessage, buffers []located) (T, error)
}

type observer[T any] struct{ call func(T) }

// plain is the form of values that are their own JSON.
func plain[T any]() form[T] {
	return form[T]{
		encode: func(v T) any { return v },
		decode: func(raw json.RawMessage, _ []located) (v T, err error) {
			if err := json.Unmarshal(raw, &v); err != nil || string(raw) == "null" {
				return v, fmt.Errorf("want a %T, got %.60s", v, raw)
			}
			return v, nil
		},
	}
}

// newControl makes a control of a class. It is open when options are applied.
func newControl[T any](class, name string, value T, f form[T], fit func(*Model, T) T, attributes map[string]any,
	options []Option) *Control[T] {
	c := &Control[T]{Model: newModel(class, attributes), name: name, form: f}
	if fit != nil {
		c.fit = func(v T) T { return fit(c.Model, v) }
	}
	c.fields[name] = &field{decode: c.take}
	c.current = value
	c.state[name] = f.encode(value)
	c.open(append(options, func(m *Model) {
		if c.fit != nil {
			c.current = c.fit(c.current)
		}
		m.state[name] = f.encode(c.current)
	}))
	return c
}

// Value is the value as it is now, whoever set it last.
func (c *Control[T]) Value() T {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current
}

// SetValue sets the value here and in front ends, and calls the functions of
// Observe if it is another. A number that is out of bounds becomes the nearest
// one within.
func (c *Control[T]) SetValue(value T) {
	value, same := c.keep(value)
	if same {
		return
	}
	c.put(c.name, c.form.encode(value))
	c.tell(value)
}

// keep makes a value the control's, within what it takes, and tells whether that
// was there before.
func (c *Control[T]) keep(value T) (kept T, same bool) {
	if c.fit != nil {
		value = c.fit(value)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	same = reflect.DeepEqual(c.current, value)
	c.current = value
	return value, same
}

// Observe has a function called with each new value, and returns a function that
// ends that. For a front end's values it is called one call after the other, on
// the goroutine of handlers; for SetValue on the goroutine that sets.
func (c *Control[T]) Observe(call func(T)) (stop func()) {
	o := &observer[T]{call}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.observers = append(c.observers, o)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.observers = slices.DeleteFunc(c.observers, func(other *observer[T]) bool { return other == o })
	}
}

// take reads a front end's value.
func (c *Control[T]) take(raw json.RawMessage, buffers []located) (any, func(), error) {
	value, err := c.form.decode(raw, buffers)
	if err != nil {
		return nil, nil, err
	}
	value, same := c.keep(value)
	if same {
		return c.form.encode(value), nil, nil
	}
	return c.form.encode(value), func() { c.tell(value) }, nil
}

func (c *Control[T]) tell(value T) {
	c.mu.Lock()
	observers := slices.Clone(c.observers)
	c.mu.Unlock()
	for _, o := range observers {
		o.call(value)
	}
}

// valued is a control whose value can be observed without its type, for
// Interact.
type valued interface {
	Widget
	valueOf() reflect.Value
	onChange(func())
}

func (c *Control[T]) valueOf() reflect.Value { return reflect.ValueOf(c.Value()) }
func (c *Control[T]) onChange(call func())   { c.Observe(func(T) { call() }) }
