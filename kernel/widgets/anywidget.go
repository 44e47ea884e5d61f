package widgets

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// anywidgetVersion are the versions of anywidget's front end that are asked for.
const anywidgetVersion = "~0.9 || ~0.10 || ~0.11 || ~0.12"

// anyJavaScript takes the module from the constant source.
//
//go:embed anywidget.js
var anyJavaScript string

// Module is a JavaScript module that draws a widget of one's own, as anywidget
// wants it: its default export has a function render({model, el}), see
// https://anywidget.dev. Front ends need anywidget's extension, which
// `pip install anywidget` brings to Jupyter's server; the kernel needs nothing.
type Module struct{ JavaScript, CSS string }

// ModuleFile reads a module from a file, and its CSS from another, if css is not
// empty.
func ModuleFile(path, css string) (Module, error) {
	var m Module
	text, err := os.ReadFile(path)
	if err == nil && css != "" {
		var style []byte
		style, err = os.ReadFile(css)
		m.CSS = string(style)
	}
	if err != nil {
		return m, fmt.Errorf("widgets: the module cannot be read: %w", err)
	}
	m.JavaScript = string(text)
	return m, nil
}

// Own is a widget of one's own, whose state is a struct T.
type Own[T any] struct {
	*Model
	fields map[string]int // of T, by the names that JSON has for them

	mu        sync.Mutex
	current   T
	observers []*observer[T]
}

// Any makes a widget that a module draws. Its state is a struct: the module finds
// each exported field by the name that encoding/json gives it (a tag, or the
// field's own), and bytes as a DataView.
func Any[T any](module Module, state T, options ...Option) (*Own[T], error) {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("widgets: the state of a widget of one's own is a struct, not a %s", t)
	}
	if strings.TrimSpace(module.JavaScript) == "" {
		return nil, fmt.Errorf("widgets: the module has no JavaScript")
	}
	w := &Own[T]{fields: map[string]int{}, current: state}
	attributes := maps.Clone(specs()["Output"].Attributes)
	s := &spec{Attributes: attributes, Models: map[string]string{"layout": "Layout"}}
	delete(s.Attributes, "msg_id")
	delete(s.Attributes, "outputs")
	quoted := func(text string) json.RawMessage { raw, _ := json.Marshal(text); return raw }
	code := "const source = " + string(quoted(module.JavaScript)) + ";\n" + anyJavaScript
	for name, value := range map[string]string{
		"_model_module": "anywidget", "_model_module_version": anywidgetVersion, "_model_name": "AnyModel",
		"_view_module": "anywidget", "_view_module_version": anywidgetVersion, "_view_name": "AnyView",
		"_anywidget_id": t.String(), "_esm": code, "_css": module.CSS,
	} {
		s.Attributes[name] = quoted(value)
	}
	w.Model = &Model{class: "a widget of " + t.String(), spec: s, state: map[string]any{}, fields: map[string]*field{}}
	for name, value := range s.Attributes {
		w.state[name] = value
	}
	for i := range t.NumField() {
		name := jsonName(t.Field(i))
		if name == "" {
			continue
		}
		if s.Attributes[name] != nil {
			return nil, fmt.Errorf("widgets: the field %s of %s has the name %q, which every widget has for itself",
				t.Field(i).Name, t, name)
		}
		s.Attributes[name] = json.RawMessage("null")
		w.fields[name] = i
		w.state[name] = reflect.ValueOf(&w.current).Elem().Field(i).Interface()
		w.Model.fields[name] = &field{decode: w.decoder(name)}
	}
	w.open(options)
	return w, nil
}

// jsonName is what encoding/json calls a field, or empty.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case !f.IsExported() || name == "-":
		return ""
	case name == "":
		return f.Name
	}
	return name
}

// Value is the state as it is now.
func (w *Own[T]) Value() T {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.current
}

// SetValue sets the state here and in front ends, which get the fields that are
// other than before.
func (w *Own[T]) SetValue(value T) {
	changed := map[string]any{}
	w.mu.Lock()
	before, after := reflect.ValueOf(&w.current).Elem(), reflect.ValueOf(&value).Elem()
	for name, i := range w.fields {
		if v := after.Field(i).Interface(); !reflect.DeepEqual(before.Field(i).Interface(), v) {
			changed[name] = v
		}
	}
	w.current = value
	w.mu.Unlock()
	if len(changed) == 0 {
		return
	}
	w.Model.mu.Lock()
	maps.Copy(w.state, changed)
	w.Model.mu.Unlock()
	w.send(changed)
	w.tell(value)
}

// Observe has a function called with each new state, and returns a function that
// ends that.
func (w *Own[T]) Observe(call func(T)) (stop func()) {
	o := &observer[T]{call}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.observers = append(w.observers, o)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.observers = slices.DeleteFunc(w.observers, func(other *observer[T]) bool { return other == o })
	}
}

func (w *Own[T]) tell(value T) {
	w.mu.Lock()
	observers := slices.Clone(w.observers)
	w.mu.Unlock()
	for _, o := range observers {
		o.call(value)
	}
}

// decoder reads a field from what a front end sends.
func (w *Own[T]) decoder(name string) func(json.RawMessage, []located) (any, func(), error) {
	i := w.fields[name]
	return func(raw json.RawMessage, buffers []located) (any, func(), error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		target := reflect.ValueOf(&w.current).Elem().Field(i)
		fresh := reflect.New(target.Type())
		if len(buffers) == 1 && len(buffers[0].path) == 0 && target.Type() == reflect.TypeFor[[]byte]() {
			fresh.Elem().SetBytes(buffers[0].data)
		} else if err := json.Unmarshal(raw, fresh.Interface()); err != nil {
			return nil, nil, fmt.Errorf("want a %s, got %.60s", target.Type(), raw)
		}
		if reflect.DeepEqual(target.Interface(), fresh.Elem().Interface()) {
			return target.Interface(), nil, nil
		}
		target.Set(fresh.Elem())
		value := w.current
		return target.Interface(), func() { w.tell(value) }, nil
	}
}
