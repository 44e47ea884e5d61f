package kerasfile

import (
	"slices"
	"strings"

	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/kerasfile/hdf5"
)

// target is a layer of the model that has weights.
type target struct {
	name      string // "conv2d_1"; of a layer in a nested model "vgg16/conv2d_1"
	key       string // its place in a file of Keras 3: "layers/conv2d_1"
	variables []*layers.Variable
	paths     map[*layers.Variable]string // within the layer, for which see pathsWithin
}

// source is a layer of the file that has weights.
type source struct {
	name    string
	key     string // "" in legacy files
	tensors []tensor
}

// tensor is one stored array; name is what the file calls it.
type tensor struct {
	name string
	data *hdf5.Dataset
}

// assignment says which array becomes the value of a variable.
type assignment struct {
	variable *layers.Variable
	data     *hdf5.Dataset
}

// pair matches the layers of the model with those of the file, and their
// weights with each other. Whatever does not fit goes into the mismatch.
func pair(targets []target, sources []source, c choices, bad *MismatchError) []assignment {
	var all []assignment
	used := map[int]bool{}
	partner := partners(targets, sources, c)
	for i, t := range targets {
		j := partner(i)
		if j < 0 || used[j] {
			if !c.allowMissing {
				bad.missing(t.variables)
			}
			continue
		}
		used[j] = true
		all = append(all, pairLayer(t, sources[j], bad)...)
	}
	for j, s := range sources {
		if !used[j] && !c.allowUnused {
			bad.unused(s.tensors)
		}
	}
	return all
}

// partners decides how layers are matched and returns a function from the
// index of a target to the index of its source, -1 for none.
func partners(targets []target, sources []source, c choices) func(i int) int {
	names := map[string]int{}
	keys := map[string]int{}
	for j, s := range sources {
		names[s.name] = j
		keys[s.key] = j
	}
	find := func(index map[string]int, id string) int {
		if j, ok := index[id]; ok && id != "" {
			return j
		}
		return -1
	}
	byName := func(i int) int { return find(names, targets[i].name) }
	byKey := func(i int) int { return find(keys, targets[i].key) }
	byOrder := func(i int) int {
		if i < len(sources) {
			return i
		}
		return -1
	}
	matches := func(partner func(int) int) int {
		n := 0
		for i := range targets {
			if partner(i) >= 0 {
				n++
			}
		}
		return n
	}
	inPlace := byOrder
	if len(sources) > 0 && sources[0].key != "" {
		inPlace = byKey
	}
	same := len(targets) == len(sources)
	switch {
	case same && matches(byName) == len(targets):
		return byName
	case same && matches(inPlace) == len(targets) && !c.byName:
		return inPlace
	case matches(byName) > 0 || c.byName:
		return byName // the report then speaks of layers both sides know
	default:
		return inPlace
	}
}

// pairLayer matches the weights of one layer in their order, which is Keras'
// on both sides: trainable ones first.
func pairLayer(t target, s source, bad *MismatchError) []assignment {
	stored := s.tensors
	if reordered, ok := byPath(t, stored); ok {
		stored = reordered
	}
	var all []assignment
	for i, v := range t.variables {
		if i >= len(stored) {
			bad.missing([]*layers.Variable{v})
			continue
		}
		d := stored[i].data
		if !v.Shape.Equal(d.Shape()) {
			bad.misshaped(v, stored[i])
			continue
		}
		all = append(all, assignment{v, d})
	}
	if len(stored) > len(t.variables) {
		bad.unused(stored[len(t.variables):])
	}
	return all
}

// byPath puts the stored weights of a nested model into the order of its
// variables by their names. Keras stores them in an order that depends on
// which layers were frozen when the file was made, which need not be those
// that are frozen now. As many parts of the names count as tell the weights
// apart; ok is false where none do.
func byPath(to target, stored []tensor) (reordered []tensor, ok bool) {
	if len(to.variables) != len(stored) {
		return nil, false
	}
	index := map[string]int{}
	parts := 1
	for len(index) < len(stored) && parts <= maxNesting {
		parts++
		clear(index)
		for i, t := range stored {
			index[tail(t.name, parts)] = i
		}
	}
	for _, v := range to.variables {
		name := tail(to.paths[v], parts)
		i, found := index[name]
		if !found {
			return nil, false
		}
		reordered = append(reordered, stored[i])
		delete(index, name)
	}
	return reordered, true
}

// tail returns the last parts of a weight's name without TensorFlow's ":0": two
// of "outer/dense/kernel:0" are "dense/kernel".
func tail(name string, parts int) string {
	name, _, _ = strings.Cut(name, ":")
	all := strings.Split(name, "/")
	return strings.Join(all[max(0, len(all)-parts):], "/")
}

// weighted lists what the model has to be given, one target for each layer
// that has weights. Nested models are one target in legacy files; in files of
// Keras 3 their layers count one by one.
func weighted(m *layers.Model, nested bool) []target {
	var all []target
	if !nested {
		for _, l := range m.Layers() {
			if v := legacyOrder(l); len(v) > 0 {
				all = append(all, target{name: l.Name(), variables: v, paths: pathsWithin(l)})
			}
		}
		return all
	}
	walkPlaces(m, func(p place) {
		for _, a := range p.parts() {
			if len(a.variables) > 0 {
				all = append(all, target{name: a.name, key: a.key, variables: a.variables, paths: pathsWithin(p.layer)})
			}
		}
	})
	return all
}

// pathsWithin names a layer's weights; a nested model's by its layers, and the
// models within it.
func pathsWithin(l layers.Layer) map[*layers.Variable]string {
	if m, ok := l.(*layers.Model); ok {
		return m.VariablePaths()
	}
	paths := map[*layers.Variable]string{}
	for _, v := range l.Variables() {
		paths[v] = v.Path
	}
	return paths
}

// legacyOrder lists a layer's weights as legacy files do: what training may
// change first, then the rest.
func legacyOrder(l layers.Layer) []*layers.Variable {
	if m, ok := l.(*layers.Model); ok {
		return slices.Concat(m.TrainableVariables(), m.NonTrainableVariables())
	}
	return l.Variables()
}
