package layers

import "slices"

// KerasConfig is the model as Keras 3 serializes it: the object in config.json
// of a .keras file, but for compile_config. encoding/json writes it as Keras'
// to_json does, up to the order of keys.
func (m *Model) KerasConfig() map[string]any { return serialize(m, false) }

// LegacyKerasConfig is the model as Keras writes it into the attribute
// model_config of a legacy .h5 file.
func (m *Model) LegacyKerasConfig() map[string]any { return serialize(m, true) }

// Config is Keras' get_config of the model: its name and its layers.
func (m *Model) Config() map[string]any { return m.modelConfig(false) }

func (m *Model) modelConfig(legacy bool) map[string]any {
	c := map[string]any{"name": m.name, "trainable": !m.frozen}
	if m.stack == nil {
		m.addGraph(c, legacy)
		return c
	}
	c["dtype"] = m.policy.config()
	all := m.stack
	if m.topology != nil && !isInput(all[0]) {
		all = slices.Concat([]Layer{m.inputs[0].node.layer}, all)
	}
	list := make([]any, len(all))
	for i, l := range all {
		list[i] = serialize(l, legacy)
	}
	c["layers"] = list
	if m.topology != nil {
		c["build_input_shape"] = batchShape(m.inputs[0].shape)
	}
	return c
}

// serialize is Keras' serialize_keras_object of a layer or model; the legacy
// form has only class and configuration.
func serialize(l Layer, legacy bool) map[string]any {
	m, isModel := l.(*Model)
	if legacy {
		config := l.Config()
		if isModel {
			config = m.modelConfig(true)
		}
		return map[string]any{"class_name": l.Class(), "config": config}
	}
	c := savedObject("keras.layers", l.Class(), l.Config())
	if k, ok := l.(interface{ KerasModule() string }); ok {
		c["module"], c["registered_name"] = k.KerasModule(), l.Class()
	}
	switch {
	case isModel && m.stack == nil:
		c["module"], c["registered_name"] = "keras.src.models.functional", "Functional"
		c["build_config"] = map[string]any{"input_shape": nil}
	case isModel:
		c["module"] = "keras"
		if m.topology != nil {
			c["build_config"] = map[string]any{"input_shape": batchShape(m.inputs[0].shape)}
		}
	case isOperation(l) || len(l.core().nodes) == 0:
	case isBuiltBy(l):
		c["build_config"] = l.(builtBy).BuildConfig(shapesOfAll(l.core().nodes[0].inputs))
	case (builtByShape[l.Class()] || len(l.Variables()) > 0):
		c["build_config"] = map[string]any{"input_shape": inputShapes(l.core().nodes[0])}
	}
	return c
}

// builtBy is a layer whose build in Keras takes other arguments than one shape
// or a list: BuildConfig is Keras' get_build_config for the inputs' shapes.
type builtBy interface {
	BuildConfig(in []Shape) map[string]any
}

func isBuiltBy(l Layer) bool {
	_, ok := l.(builtBy)
	return ok
}

// shapesByName is the build_config of a layer whose build takes several shapes.
func shapesByName(names []string, in []Shape) map[string]any {
	shapes := map[string]any{}
	for i, s := range in {
		shapes[names[i]] = batchShape(s)
	}
	return map[string]any{"shapes_dict": shapes}
}

// inputShapes is the shape of a node's only input, or the list of its shapes.
func inputShapes(n *node) any {
	list := make([]any, len(n.inputs))
	for i, t := range n.inputs {
		list[i] = batchShape(t.shape)
	}
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// addGraph adds the layers of a functional model with the nodes that connect
// them.
func (m *Model) addGraph(c map[string]any, legacy bool) {
	if m.topology == nil {
		return
	}
	index := m.nodeIndices()
	var list []any
	for _, l := range m.topology.layers {
		nodes := []any{}
		for _, n := range m.layerNodes(l) {
			if len(n.inputs) > 0 {
				nodes = append(nodes, serializeNode(n, index))
			}
		}
		entry := serialize(l, legacy)
		entry["name"], entry["inbound_nodes"] = l.Name(), nodes
		list = append(list, entry)
	}
	c["layers"] = list
	c["input_layers"] = historyList(m.inputs, index)
	c["output_layers"] = historyList(m.outputs, index)
}

// layerNodes lists the nodes of a layer that are part of the model, in the
// order in which they were made.
func (m *Model) layerNodes(l Layer) []*node {
	return slices.DeleteFunc(slices.Clone(l.core().nodes), func(n *node) bool {
		_, ok := m.topology.depths[n]
		return !ok
	})
}

// nodeIndices numbers the nodes of each layer within the model.
func (m *Model) nodeIndices() map[*node]int {
	index := map[*node]int{}
	for _, l := range m.topology.layers {
		for i, n := range m.layerNodes(l) {
			index[n] = i
		}
	}
	return index
}

// firstNode is the number of a layer's first node in a list of outputs, where
// Keras counts those of a nested functional model from 1, as if its own graph were
// node 0. In calls it counts them from 0, but did so from 1 up to Keras 2.
func firstNode(l Layer) int {
	if inner, ok := l.(*Model); ok && inner.stack == nil {
		return 1
	}
	return 0
}

// serializeNode is Keras' serialize_node: the arguments of one call.
func serializeNode(n *node, index map[*node]int) map[string]any {
	args, kwargs := callArguments(n.layer, serializeTensors(n, index))
	return map[string]any{"args": args, "kwargs": kwargs}
}

func serializeTensors(n *node, index map[*node]int) []any {
	list := make([]any, len(n.inputs))
	for i, t := range n.inputs {
		list[i] = map[string]any{"class_name": "__keras_tensor__", "config": map[string]any{
			"shape": batchShape(t.shape), "dtype": "float32",
			"keras_history": []any{t.node.layer.Name(), index[t.node], t.index}}}
	}
	return list
}

// historyList is one reference, layer, node and output, or a list of several.
func historyList(tensors []*Tensor, index map[*node]int) any {
	list := make([]any, len(tensors))
	for i, t := range tensors {
		list[i] = []any{t.node.layer.Name(), index[t.node] + firstNode(t.node.layer), t.index}
	}
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// builtByShape names the classes without variables for which Keras writes a
// build_config: those that are not complete once constructed.
var builtByShape = map[string]bool{
	"Flatten": true, "ZeroPadding2D": true, "Rescaling": true, "Normalization": true, "Concatenate": true,
	"Add": true, "Subtract": true, "Multiply": true, "Average": true, "Maximum": true, "Minimum": true, "Dot": true,
}
