package kerasfile

import (
	"fmt"
	"strings"

	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/kerasfile/hdf5"
)

// The legacy layout (keras/src/legacy/saving/legacy_h5_format.py): a group has
// the attribute layer_names; each layer is a group of that name with the
// attribute weight_names, which are the paths of the arrays within it.

// splitLimit is where Keras splits a list of names into several attributes, in
// bytes (HDF5_OBJECT_HEADER_LIMIT).
const splitLimit = 64512

// readLegacy lists the layers of a legacy file that have weights, in the
// file's order.
func readLegacy(g *hdf5.Group) ([]source, error) {
	names, err := joinedTexts(g, "layer_names")
	if err != nil {
		return nil, err
	}
	var all []source
	for _, name := range names {
		s, err := readLegacyLayer(g, name)
		if err != nil {
			return nil, fmt.Errorf("layer %q: %w", name, err)
		}
		if len(s.tensors) > 0 {
			all = append(all, s)
		}
	}
	// Weights that belong to the model itself, which no model here has.
	const own = "top_level_model_weights"
	if has, err := g.Has(own); !has || err != nil {
		return all, err
	}
	s, err := readLegacyLayer(g, own)
	if err == nil && len(s.tensors) > 0 {
		all = append(all, s)
	}
	return all, err
}

func readLegacyLayer(g *hdf5.Group, name string) (source, error) {
	s := source{name: name}
	layer, err := g.Group(name)
	if err != nil {
		return s, err
	}
	weights, err := joinedTexts(layer, "weight_names")
	if err != nil {
		return s, err
	}
	for _, w := range weights {
		d, err := layer.Dataset(w)
		if err != nil {
			return s, err
		}
		s.tensors = append(s.tensors, tensor{name: w, data: d})
	}
	return s, nil
}

// joinedTexts reads a list of names that may be split into name0, name1, ….
func joinedTexts(g *hdf5.Group, name string) ([]string, error) {
	texts, found, err := g.Texts(name)
	if err != nil || found {
		return texts, err
	}
	for i := 0; ; i++ {
		part, found, err := g.Texts(fmt.Sprint(name, i))
		if err != nil || !found {
			return texts, err
		}
		texts = append(texts, part...)
	}
}

// setSplitTexts writes a list of names as Keras does, split into parts of
// almost equal length where it is too long for one attribute.
func setSplitTexts(t *hdf5.Tree, name string, texts []string) {
	longest := 1
	for _, s := range texts {
		longest = max(longest, len(s))
	}
	parts := 1
	for ceilDiv(len(texts), parts)*longest > splitLimit && parts < len(texts) {
		parts++
	}
	if parts == 1 {
		t.SetTexts(name, texts)
		return
	}
	for i := range parts {
		// As numpy.array_split cuts: the first parts are one longer.
		size := len(texts) / parts
		if i < len(texts)%parts {
			size++
		}
		from := i*(len(texts)/parts) + min(i, len(texts)%parts)
		t.SetTexts(fmt.Sprint(name, i), texts[from:from+size])
	}
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// writeLegacy describes the model's weights in a group.
func writeLegacy(t *hdf5.Tree, m *layers.Model) {
	var names []string
	for _, l := range m.Layers() {
		names = append(names, l.Name())
		group := t.Group(l.Name())
		var weights []string
		paths := pathsWithin(l)
		for _, v := range legacyOrder(l) {
			path := strings.TrimPrefix(paths[v], "/")
			weights = append(weights, path)
			putVariable(group, path, v)
		}
		setSplitTexts(group, "weight_names", weights)
	}
	setSplitTexts(t, "layer_names", names)
	t.SetText("backend", "tensorflow")
	t.SetText("keras_version", kerasVersion)
}
