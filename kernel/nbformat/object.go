package nbformat

import (
	"encoding/json"
	"math"
	"slices"
	"sort"
)

// Object is a JSON object that remembers the order of its keys.
//
// Values are nil, bool, json.Number, string, []any and *Object, nested at will;
// no other type is ever stored (Set converts the common Go types, see [Value]).
type Object struct {
	keys   []string
	values map[string]any
}

// NewObject returns an empty object.
func NewObject() *Object { return &Object{values: map[string]any{}} }

// Len is the number of keys. A nil object is empty.
func (o *Object) Len() int {
	if o == nil {
		return 0
	}
	return len(o.keys)
}

// Keys are the keys in the order in which they are written. The caller must not
// change the slice.
func (o *Object) Keys() []string {
	if o == nil {
		return nil
	}
	return o.keys
}

// Get returns the value under key, and nil when there is none.
func (o *Object) Get(key string) any {
	if o == nil {
		return nil
	}
	return o.values[key]
}

// Has tells whether the key is present, with whatever value.
func (o *Object) Has(key string) bool {
	if o == nil {
		return false
	}
	_, ok := o.values[key]
	return ok
}

// String returns the string under key, "" when it is absent or no string.
func (o *Object) String(key string) string {
	s, _ := o.Get(key).(string)
	return s
}

// Object returns the object under key, nil when it is absent or no object.
// Reading from a nil object is allowed.
func (o *Object) Object(key string) *Object {
	sub, _ := o.Get(key).(*Object)
	return sub
}

// Ensure returns the object under key and puts an empty one there first when
// the key holds none.
func (o *Object) Ensure(key string) *Object {
	if sub := o.Object(key); sub != nil {
		return sub
	}
	sub := NewObject()
	o.Set(key, sub)
	return sub
}

// Set stores a value, converted by [Value]. A known key keeps its place. A new
// key goes to its alphabetical place when the keys are in alphabetical order so
// far (as Jupyter writes them), else to the end: either way a file's order
// holds.
func (o *Object) Set(key string, value any) {
	value = Value(value)
	if _, known := o.values[key]; !known {
		at := len(o.keys)
		if sort.StringsAreSorted(o.keys) {
			at, _ = slices.BinarySearch(o.keys, key)
		}
		o.keys = slices.Insert(o.keys, at, key)
	}
	o.values[key] = value
}

// Delete removes a key; an absent one is no error.
func (o *Object) Delete(key string) {
	if !o.Has(key) {
		return
	}
	delete(o.values, key)
	o.keys = slices.DeleteFunc(o.keys, func(k string) bool { return k == key })
}

// Clone returns a deep copy.
func (o *Object) Clone() *Object {
	if o == nil {
		return nil
	}
	c := &Object{keys: slices.Clone(o.keys), values: make(map[string]any, len(o.values))}
	for k, v := range o.values {
		c.values[k] = cloneValue(v)
	}
	return c
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case *Object:
		return v.Clone()
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = cloneValue(v[i])
		}
		return list
	}
	return v
}

// MarshalJSON makes an Object usable inside other documents; the key order is
// kept.
func (o *Object) MarshalJSON() ([]byte, error) {
	e := encoder{}
	e.value(o, "")
	return e.buf, nil
}

// UnmarshalJSON replaces the object's content.
func (o *Object) UnmarshalJSON(data []byte) error {
	v, err := decode(data)
	if err != nil {
		return err
	}
	obj, ok := v.(*Object)
	if !ok {
		return &json.UnmarshalTypeError{Value: kindOf(v), Offset: 0}
	}
	*o = *obj
	return nil
}

// plain converts to the maps and slices that the schema validator works with.
func plain(v any) any {
	switch v := v.(type) {
	case *Object:
		m := make(map[string]any, v.Len())
		for k, e := range v.values {
			m[k] = plain(e)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plain(v[i])
		}
		return list
	case json.Number:
		// The validator computes with exact fractions: 1e999999999 would take
		// it for ever, and a float64 will do.
		if _, err := v.Int64(); err != nil {
			f, _ := v.Float64()
			return min(max(f, -math.MaxFloat64), math.MaxFloat64)
		}
	}
	return v
}
