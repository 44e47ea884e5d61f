package widgets

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
)

// This file is about what travels: attributes as JSON, widgets among them as
// references, and bytes beside the JSON as buffers.

// referencePrefix stands in front of a widget's id where a widget is a value.
const referencePrefix = "IPY_MODEL_"

// packed is state as it travels.
type packed struct {
	State   map[string]any
	Paths   [][]any
	Buffers [][]byte
}

// pack prepares attributes for the way. Bytes leave a gap: nothing in an object,
// null in a list.
func pack(attributes map[string]any) packed {
	p := packed{State: map[string]any{}, Paths: [][]any{}}
	for name, value := range attributes {
		if v, left := p.value(value, []any{name}); !left {
			p.State[name] = v
		}
	}
	return p
}

// value returns v as it travels, and whether it has left for the buffers.
func (p *packed) value(v any, path []any) (_ any, left bool) {
	switch v := v.(type) {
	case nil, json.RawMessage:
		return v, false
	case Widget:
		return referencePrefix + v.model().ID(), false
	case []byte:
		p.Paths = append(p.Paths, append([]any(nil), path...))
		p.Buffers = append(p.Buffers, v)
		return nil, true
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Slice, reflect.Array:
		list := make([]any, r.Len())
		for i := range list {
			list[i], _ = p.value(r.Index(i).Interface(), append(path[:len(path):len(path)], i))
		}
		return list, false
	case reflect.Map:
		if r.Type().Key().Kind() != reflect.String {
			return v, false
		}
		object := map[string]any{}
		for _, key := range r.MapKeys() {
			e, left := p.value(r.MapIndex(key).Interface(), append(path[:len(path):len(path)], key.String()))
			if !left {
				object[key.String()] = e
			}
		}
		return object, false
	}
	return v, false
}

// data is the message that carries state.
func (p packed) data(method string) map[string]any {
	return map[string]any{"method": method, "state": p.State, "buffer_paths": p.Paths}
}

// incoming is what a front end says to a widget.
type incoming struct {
	Method  string                     `json:"method"`
	State   map[string]json.RawMessage `json:"state"`
	Content json.RawMessage            `json:"content"`
	Paths   [][]any                    `json:"buffer_paths"`
}

// buffersOf sorts buffers by the attribute that they belong to.
func (in *incoming) buffersOf(buffers [][]byte) (map[string][]located, error) {
	if len(in.Paths) > len(buffers) {
		return nil, fmt.Errorf("%d buffer paths with %d buffers", len(in.Paths), len(buffers))
	}
	sorted := map[string][]located{}
	for i, path := range in.Paths {
		if len(path) == 0 {
			return nil, fmt.Errorf("an empty buffer path")
		}
		name, ok := path[0].(string)
		if !ok {
			return nil, fmt.Errorf("a buffer path that begins with %v, want an attribute's name", path[0])
		}
		sorted[name] = append(sorted[name], located{path[1:], buffers[i]})
	}
	return sorted, nil
}

// located is a buffer and its place within an attribute.
type located struct {
	path []any
	data []byte
}

// sameJSON tells whether two texts are the same value.
func sameJSON(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}
