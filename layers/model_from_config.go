package layers

import (
	"fmt"
)

// maxNesting bounds how deep models may lie within models in a file.
const maxNesting = 32

// ModelFromConfig makes a model from Keras' serialized form: what KerasConfig
// and LegacyKerasConfig return, config.json of a .keras file, or the attribute
// model_config of an .h5 file (also of Keras 2). Weights are not part of it.
func ModelFromConfig(config map[string]any) (*Model, error) {
	m, err := modelFromConfig(config, 0)
	if err != nil {
		return nil, fmt.Errorf("layers: model configuration: %w", err)
	}
	return m, m.Err()
}

func modelFromConfig(object map[string]any, depth int) (*Model, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("models nested more than %d deep", maxNesting)
	}
	class, _ := object["class_name"].(string)
	config, ok := object["config"].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("wants class_name and config, got keys of %T", object["config"])
	}
	name, _ := config["name"].(string)
	layers, ok := config["layers"].([]any)
	if !ok {
		return nil, fmt.Errorf("model %q has no list of layers", name)
	}
	var m *Model
	var err error
	switch class {
	case "Sequential":
		m, err = sequentialFromConfig(name, config, layers, depth)
	case "Functional", "Model":
		m, err = functionalFromConfig(name, config, layers, depth)
	default:
		return nil, fmt.Errorf("class %q is not supported, only Sequential and Functional", class)
	}
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", name, err)
	}
	if trainable, ok := config["trainable"].(bool); ok && !trainable {
		m.frozen = true // the layers carry their own flags
	}
	return m, nil
}

// layerFromConfig makes a layer or a nested model.
func layerFromConfig(object any, depth int) (Layer, map[string]any, error) {
	o, ok := object.(map[string]any)
	if !ok {
		return nil, nil, fmt.Errorf("a layer wants an object, got %T", object)
	}
	if isOperationConfig(o) {
		l, err := operationFromConfig(o)
		return l, o, err
	}
	class, config, err := savedClass(o)
	switch class {
	case "Sequential", "Functional", "Model":
		m, err := modelFromConfig(o, depth+1)
		return m, o, err
	}
	if err != nil || config == nil {
		return nil, nil, fmt.Errorf("layer of class %q has no config", class)
	}
	l, err := FromConfig(class, config)
	return l, o, err
}

func sequentialFromConfig(name string, config map[string]any, objects []any, depth int) (*Model, error) {
	var stack []Layer
	for i, object := range objects {
		l, o, err := layerFromConfig(object, depth)
		if err != nil {
			return nil, err
		}
		if i == 0 && !isInput(l) { // Keras 2 writes the input shape into the first layer
			inner, _ := o["config"].(map[string]any)
			s := newSettings(inner)
			if shape, ok := s.batchShape("batch_input_shape"); ok {
				stack = append(stack, Input(shape...))
			}
		}
		stack = append(stack, l)
	}
	m := Sequential(name, stack...)
	s := newSettings(config)
	if m.policy = s.dtype(); s.err != nil {
		return nil, s.err
	}
	if m.topology == nil && m.Err() == nil {
		if shape, ok := newSettings(config).batchShape("build_input_shape"); ok {
			if err := m.BuildFor(shape); err != nil {
				return nil, err
			}
		}
	}
	return m, m.Err()
}

// functionalFromConfig replays the calls that made the graph. A call waits
// until its inputs exist, since a shared layer's calls may refer to later
// layers.
func functionalFromConfig(name string, config map[string]any, objects []any, depth int) (*Model, error) {
	objects, err := withoutMasks(objects)
	if err != nil {
		return nil, err
	}
	g := &graphReader{layers: map[string]Layer{}, results: map[string][]*Tensor{}}
	for _, object := range objects {
		if err := g.addLayer(object, depth); err != nil {
			return nil, err
		}
	}
	if err := g.replay(); err != nil {
		return nil, err
	}
	inputs, err := g.tensors(config["input_layers"])
	if err != nil {
		return nil, fmt.Errorf("input_layers: %w", err)
	}
	outputs, err := g.tensors(config["output_layers"])
	if err != nil {
		return nil, fmt.Errorf("output_layers: %w", err)
	}
	m := Functional(name, inputs, outputs)
	return m, m.Err()
}

// graphReader rebuilds a graph from its nodes.
type graphReader struct {
	layers  map[string]Layer
	results map[string][]*Tensor // the first of each node made so far
	calls   []pendingCall
}

// pendingCall is a node that is not made yet.
type pendingCall struct {
	layer  string
	inputs []reference
}

// reference is Keras' [layer, node, output].
type reference struct {
	layer        string
	node, output int
}

func (g *graphReader) addLayer(object any, depth int) error {
	l, o, err := layerFromConfig(object, depth)
	if err != nil {
		return err
	}
	name, ok := o["name"].(string)
	if !ok {
		name = l.Name()
	}
	if g.layers[name] != nil || name == "" {
		return fmt.Errorf("layer name %q is empty or used twice", name)
	}
	g.layers[name] = l
	if in, ok := l.(*InputLayer); ok {
		g.results[name] = []*Tensor{in.Tensor()}
	}
	nodes, _ := o["inbound_nodes"].([]any)
	for _, n := range nodes {
		inputs, err := nodeInputs(l, n)
		if err != nil {
			return fmt.Errorf("layer %q: %w", name, err)
		}
		g.calls = append(g.calls, pendingCall{name, inputs})
	}
	return nil
}

// nodeInputs reads the references of one node in Keras 3's form, an object with
// args, or the older one, a list of lists.
func nodeInputs(l Layer, n any) (inputs []reference, err error) {
	switch v := n.(type) {
	case map[string]any:
		if inputs, err = readCall(l, v); err != nil {
			return nil, err
		}
	case []any:
		if len(v) > 0 {
			if _, single := v[0].(string); single {
				v = []any{v}
			}
		}
		for _, item := range v {
			r, err := readReference(item)
			if err != nil {
				return nil, err
			}
			if whole := item.([]any); len(whole) > 3 { // Keras 2 has the arguments by name here
				byName, _ := whole[3].(map[string]any)
				if err := checkSwitches(byName); err != nil {
					return nil, err
				}
			}
			inputs = append(inputs, r)
		}
	}
	if len(inputs) == 0 {
		return nil, fmt.Errorf("a node without inputs: %v", n)
	}
	return inputs, nil
}

// collectTensors finds the tensors among nested arguments, in order.
func collectTensors(v any, to *[]reference, depth int) error {
	if depth > maxNesting {
		return fmt.Errorf("arguments nested more than %d deep", maxNesting)
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if err := collectTensors(item, to, depth+1); err != nil {
				return err
			}
		}
	case map[string]any:
		if v["class_name"] != "__keras_tensor__" {
			return nil // training, mask and other switches
		}
		config, _ := v["config"].(map[string]any)
		r, err := readReference(config["keras_history"])
		if err != nil {
			return err
		}
		*to = append(*to, r)
	}
	return nil
}

func readReference(v any) (reference, error) {
	list, _ := v.([]any)
	if len(list) < 3 {
		return reference{}, fmt.Errorf("a tensor wants [layer, node, output], got %v", v)
	}
	name, okName := list[0].(string)
	node, okNode := number(list[1])
	output, okOutput := number(list[2])
	if !okName || !okNode || !okOutput || output < 0 || node < 0 {
		return reference{}, fmt.Errorf("a tensor wants [layer, node, output], got %v", v)
	}
	return reference{name, node, output}, nil
}

// number reads a whole number from JSON (float64) or from our own Config (int).
func number(v any) (int, bool) {
	switch n := v.(type) {
	case int:
		return n, true
	case float64:
		return int(n), n == float64(int(n))
	}
	return 0, false
}

// countFromZero makes the calls of an older file refer to the nodes of nested
// models from 0 on. That it counts them from 1 shows where it refers to one more
// than there are.
func (g *graphReader) countFromZero() {
	nodes, first := map[string]int{}, map[string]int{}
	for _, call := range g.calls {
		nodes[call.layer]++
	}
	for _, call := range g.calls {
		for _, r := range call.inputs {
			if l := g.layers[r.layer]; l != nil && r.node == nodes[r.layer] {
				first[r.layer] = firstNode(l)
			}
		}
	}
	for _, call := range g.calls {
		for i, r := range call.inputs {
			call.inputs[i].node -= first[r.layer]
		}
	}
}

// replay makes all pending calls, in passes over those whose inputs exist.
func (g *graphReader) replay() error {
	g.countFromZero()
	for len(g.calls) > 0 {
		var waiting []pendingCall
		blocked := map[string]bool{} // a layer's calls keep their order
		for _, call := range g.calls {
			in, ok := g.ready(call)
			if !ok || blocked[call.layer] {
				waiting = append(waiting, call)
				blocked[call.layer] = true
				continue
			}
			g.results[call.layer] = append(g.results[call.layer], g.layers[call.layer].Apply(in...))
		}
		if len(waiting) == len(g.calls) {
			return fmt.Errorf("layer %q reads %v, which does not exist", waiting[0].layer, waiting[0].inputs)
		}
		g.calls = waiting
	}
	return nil
}

func (g *graphReader) ready(call pendingCall) ([]Symbol, bool) {
	in := make([]Symbol, len(call.inputs))
	for i, r := range call.inputs {
		t := g.find(r)
		if t == nil {
			return nil, false
		}
		in[i] = t
	}
	return in, true
}

// find returns the tensor of a reference, nil if it is not made yet.
func (g *graphReader) find(r reference) *Tensor {
	if r.node < 0 || r.node >= len(g.results[r.layer]) {
		return nil
	}
	return g.results[r.layer][r.node].Result(r.output)
}

// tensors reads one reference or a list of them.
func (g *graphReader) tensors(v any) ([]Symbol, error) {
	list, _ := v.([]any)
	if len(list) > 0 {
		if _, single := list[0].(string); single {
			list = []any{list}
		}
	}
	var out []Symbol
	for _, item := range list {
		r, err := readReference(item)
		if err != nil {
			return nil, err
		}
		if l := g.layers[r.layer]; l != nil {
			r.node -= firstNode(l)
		}
		t := g.find(r)
		if t == nil {
			return nil, fmt.Errorf("no tensor %v", item)
		}
		out = append(out, t)
	}
	return out, nil
}
