package layers

import (
	"fmt"
	"maps"
	"slices"
)

// Keras writes the masks of a functional model into its files: operations that
// compute them, and calls with the argument mask. Here masks follow from the
// layers, so both are left out where a file is read. Keras makes them anew where
// it reads a file of ours.

// withoutMasks are the layers of a functional model's configuration without those
// operations. It fails where a mask is none that a Masking or an Embedding makes.
func withoutMasks(objects []any) ([]any, error) {
	f := maskFinder{byName: map[string]map[string]any{}, sources: map[string]bool{}}
	for _, o := range objects {
		if o, ok := o.(map[string]any); ok {
			name, _ := o["name"].(string)
			f.byName[name] = o
			f.addSource(o)
		}
	}
	out := slices.Clone(objects)
	for i, o := range out {
		layer, ok := o.(map[string]any)
		if !ok {
			continue
		}
		without, err := f.callsWithoutMasks(layer)
		if err != nil {
			return nil, fmt.Errorf("layer %q: %w", layer["name"], err)
		}
		out[i] = without
	}
	if f.masks == nil {
		return objects, nil
	}
	return slices.DeleteFunc(out, func(o any) bool {
		layer, _ := o.(map[string]any)
		name, _ := layer["name"].(string)
		return f.masks[name]
	}), nil
}

// maskFinder finds the operations that masks are made of.
type maskFinder struct {
	byName  map[string]map[string]any
	sources map[string]bool // what a mask is made of, as "tensor != number"
	masks   map[string]bool // operations by name; nil where there are none
}

// addSource notes what the masks of a Masking or an Embedding are made of.
func (f *maskFinder) addSource(o map[string]any) {
	config, _ := o["config"].(map[string]any)
	value := any(nil)
	switch class, _ := o["class_name"].(string); class {
	case "Masking":
		value = config["mask_value"]
	case "Embedding":
		if on, _ := config["mask_zero"].(bool); on {
			value = 0.0
		}
	}
	if value == nil {
		return
	}
	for _, call := range callsOf(o) {
		var inputs []reference
		if collectTensors(call["args"], &inputs, 0) == nil && len(inputs) == 1 {
			f.sources[maskSource(inputs[0], value)] = true
		}
	}
}

func maskSource(of reference, value any) string {
	if v, ok := number(value); ok {
		value = float64(v)
	}
	return fmt.Sprint(of, " != ", value)
}

func callsOf(o map[string]any) (calls []map[string]any) {
	nodes, _ := o["inbound_nodes"].([]any)
	for _, n := range nodes {
		if call, ok := n.(map[string]any); ok {
			calls = append(calls, call)
		}
	}
	return calls
}

// callsWithoutMasks is a layer whose calls have no argument mask.
func (f *maskFinder) callsWithoutMasks(o map[string]any) (map[string]any, error) {
	calls := callsOf(o)
	for i, call := range calls {
		byName, _ := call["kwargs"].(map[string]any)
		for _, key := range []string{"mask", "query_mask", "value_mask", "key_mask"} {
			var masks []reference
			if err := collectTensors(byName[key], &masks, 0); err != nil {
				return nil, err
			}
			if len(masks) == 0 {
				continue
			}
			for _, m := range masks {
				if err := f.follow(m, 0); err != nil {
					return nil, err
				}
			}
			call, byName = maps.Clone(call), maps.Clone(byName)
			delete(byName, key)
			call["kwargs"] = byName
		}
		calls[i] = call
	}
	if f.masks == nil || calls == nil {
		return o, nil
	}
	nodes := make([]any, len(calls))
	for i, call := range calls {
		nodes[i] = call
	}
	o = maps.Clone(o)
	o["inbound_nodes"] = nodes
	return o, nil
}

// follow notes the operations that a mask is made of, down to those that compare
// the input of a Masking or an Embedding.
func (f *maskFinder) follow(r reference, depth int) error {
	o := f.byName[r.layer]
	class, _ := o["class_name"].(string)
	calls := callsOf(o)
	module, _ := o["module"].(string) // legacy files have none
	if depth > maxNesting || module != "" && !isOperationConfig(o) || len(calls) != 1 {
		return fmt.Errorf("is called with a mask that %s %q makes; supported are those of Masking and Embedding",
			class, r.layer)
	}
	if f.masks == nil {
		f.masks = map[string]bool{}
	}
	f.masks[r.layer] = true
	args, _ := calls[0]["args"].([]any)
	var inputs []reference
	if err := collectTensors(args, &inputs, 0); err != nil {
		return err
	}
	switch class {
	case "NotEqual":
		if len(inputs) != 1 || len(args) != 2 || !f.sources[maskSource(inputs[0], args[1])] {
			return fmt.Errorf("is called with a mask of its own, made by %q; supported are those of Masking and Embedding",
				r.layer)
		}
		return nil
	case "ZerosLike", "OnesLike":
		return nil // the shape of a layer's input
	case "Any", "ExpandDims", "LogicalOr", "Concatenate", "ConvertToTensor":
		for _, in := range inputs {
			if err := f.follow(in, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("is called with a mask that the operation %s makes; supported are those of Masking and Embedding",
		class)
}
