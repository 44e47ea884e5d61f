package layers

import (
	"fmt"
	"slices"
)

// wrapped is a layer within another one: that of TimeDistributed, and those of
// Bidirectional.
type wrapped struct {
	layer Layer
	place string // the attribute of Keras' wrapper: "layer", "forward_layer"
	built any    // Keras' build_config, nil before the layer is built
}

// readWrapped makes the layer of its serialized form.
func readWrapped(s *Settings, key, place string) *wrapped {
	return wrappedFrom(s, key, s.Take(key), place)
}

// wrappedFrom makes the layer of what the key holds.
func wrappedFrom(s *Settings, key string, value any, place string) *wrapped {
	object, ok := value.(map[string]any)
	if !ok {
		s.Fail("%s wants a layer", key)
		return nil
	}
	layer, o, err := layerFromConfig(object, maxNesting)
	if err != nil {
		s.Fail("%s: %w", key, err)
		return nil
	}
	return &wrapped{layer: layer, place: place, built: withInts(o["build_config"])}
}

// check refuses what a wrapper cannot apply.
func (w *wrapped) check(wrapper *state) {
	if _, isModel := w.layer.(*Model); isModel {
		wrapper.Invalid("a model within %s is not supported, only a layer", wrapper.class)
	}
	if s := w.layer.core(); s.built || len(s.nodes) > 0 {
		wrapper.Invalid("layer %s is part of a model already", describe(w.layer))
	}
}

// clone makes another layer of the same settings.
func (w *wrapped) clone(place string, change func(config map[string]any)) (*wrapped, error) {
	config := w.layer.Config()
	change(config)
	layer, err := FromConfig(w.layer.Class(), config)
	if err != nil {
		return nil, err
	}
	return &wrapped{layer: layer, place: place, built: w.built}, nil
}

// config is the layer's serialized form.
func (w *wrapped) config() map[string]any {
	c := serialize(w.layer, false)
	if w.built != nil {
		c["build_config"] = w.built
	}
	return c
}

// build builds the layer and makes its variables those of the wrapper.
func (w *wrapped) build(outer *state, in Shape) error {
	if _, err := outputShapes(w.layer, []Shape{in}); err != nil {
		return err
	}
	if err := w.layer.Build([]Shape{in}); err != nil {
		return fmt.Errorf("layer %s: %w", describe(w.layer), err)
	}
	w.layer.core().built = true
	w.built = map[string]any{"input_shape": batchShape(in)}
	for _, v := range w.layer.Variables() {
		v.Path = outer.name + "/" + v.Path
		if v.Place == "" {
			v.Place = w.place
		} else {
			v.Place = w.place + "/" + v.Place
		}
		outer.variables = append(outer.variables, v)
	}
	slices.SortStableFunc(outer.variables, func(a, b *Variable) int {
		switch {
		case a.Trainable == b.Trainable:
			return 0
		case a.Trainable:
			return -1
		}
		return 1
	})
	return nil
}

// name gives the layer a name where it has none.
func (w *wrapped) name(prefix string) {
	s := w.layer.core()
	if s.name == "" {
		s.name = prefix + SnakeCase(w.layer.Class())
	}
}

// withInts is a decoded JSON value in which whole numbers are ints again, as
// Keras wants those of shapes.
func withInts(v any) any {
	switch v := v.(type) {
	case float64:
		if n := int(v); float64(n) == v {
			return n
		}
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = withInts(v[i])
		}
		return list
	case map[string]any:
		object := map[string]any{}
		for key, inner := range v {
			object[key] = withInts(inner)
		}
		return object
	}
	return v
}
