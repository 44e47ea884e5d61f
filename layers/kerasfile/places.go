package kerasfile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/kerasfile/hdf5"
)

// The layout of Keras 3 (keras/src/saving/saving_lib.py): weights lie by the
// layer's place in the model, not by its name. The n-th layer of a class is
// the group layers/<class in snake case>[_n], with the arrays vars/0, vars/1, …
// and the layer's name as an attribute of vars. A nested model has a group
// layers of its own.

// maxNesting bounds how deep models may lie within models in a file.
const maxNesting = 32

// place is a layer with where a file of Keras 3 keeps it.
type place struct {
	layer layers.Layer
	name  string // the names on the way, joined: "vgg16/conv2d"
	key   string // "layers/functional/layers/conv2d"
}

// walkPlaces visits every layer of the model, nested models before their
// layers, and no layer twice: a layer shared by two models is stored with the
// first.
func walkPlaces(m *layers.Model, visit func(place)) {
	walkNested(m, "", "", map[layers.Layer]bool{}, visit)
}

func walkNested(m *layers.Model, name, key string, seen map[layers.Layer]bool, visit func(place)) {
	count := map[string]int{}
	for _, l := range m.Layers() {
		class := layers.SnakeCase(l.Class())
		id := class
		if n := count[class]; n > 0 {
			id = fmt.Sprintf("%s_%d", class, n)
		}
		count[class]++
		if seen[l] {
			continue
		}
		seen[l] = true
		p := place{layer: l, name: name + l.Name(), key: key + "layers/" + id}
		visit(p)
		if inner, ok := l.(*layers.Model); ok {
			walkNested(inner, p.name+"/", p.key+"/", seen, visit)
		}
	}
}

// parts lists where the layer's weights are kept: those of the layer itself and
// those of each layer that is a part of it. A nested model's are kept with its
// layers.
func (p place) parts() []part {
	all := []part{{name: p.name, key: p.key}}
	if _, nested := p.layer.(*layers.Model); nested {
		return all
	}
	for _, v := range p.layer.Variables() {
		key := p.key
		if v.Twice {
			all[0].variables = append(all[0].variables, v)
		}
		if v.Place != "" {
			key += "/" + v.Place
		}
		i := slices.IndexFunc(all, func(a part) bool { return a.key == key })
		if i < 0 {
			i = len(all)
			names := strings.Split(v.Path, "/") // the layer's, its part's, the weight's
			all = append(all, part{name: strings.Join(append([]string{p.name}, names[1:len(names)-1]...), "/"), key: key})
		}
		all[i].variables = append(all[i].variables, v)
	}
	return all
}

// part is a layer, or a layer within a layer, with the weights kept there.
type part struct {
	name, key string
	variables []*layers.Variable
}

// readPlaces lists the layers of a file of Keras 3 that have weights.
func readPlaces(root *hdf5.Group) ([]source, error) {
	var all []source
	err := readNested(root, "", "", 0, &all)
	return all, err
}

// containers are the names of the group of layers; the second one is that of
// TensorFlow 2.12 and 2.13.
var containers = []string{"layers", "_layer_checkpoint_dependencies"}

func readNested(g *hdf5.Group, name, key string, depth int, all *[]source) error {
	if depth > maxNesting {
		return fmt.Errorf("models nested more than %d deep", maxNesting)
	}
	for _, container := range containers {
		if has, err := g.Has(container); err != nil {
			return err
		} else if !has {
			continue
		}
		list, err := g.Group(container)
		if err != nil {
			return err
		}
		ids, err := list.Names()
		if err != nil {
			return err
		}
		for _, id := range ids {
			layer, err := list.Group(id)
			if err != nil {
				return err
			}
			if err := readPlace(layer, name, key+"layers/"+id, depth, all); err != nil {
				return err
			}
		}
	}
	return nil
}

// readPlace reads one layer and, if it is a model, its layers.
func readPlace(layer *hdf5.Group, prefix, key string, depth int, all *[]source) error {
	s := source{key: key}
	own := ""
	if has, err := layer.Has("vars"); err != nil {
		return err
	} else if has {
		vars, err := layer.Group("vars")
		if err != nil {
			return err
		}
		if own, _, err = vars.Text("name"); err != nil {
			return err
		}
		if s.tensors, err = readVars(vars); err != nil {
			return err
		}
	}
	if own != "" {
		s.name = prefix + own
	}
	if len(s.tensors) > 0 {
		*all = append(*all, s)
	}
	if err := readParts(layer, s.name, key, depth+1, all); err != nil {
		return err
	}
	return readNested(layer, s.name+"/", key+"/", depth+1, all)
}

// readParts reads the layers that are parts of a layer: the cell of an LSTM.
// Their groups have the names of Python attributes.
func readParts(layer *hdf5.Group, name, key string, depth int, all *[]source) error {
	if depth > maxNesting {
		return fmt.Errorf("layers nested more than %d deep", maxNesting)
	}
	names, err := layer.Names()
	if err != nil {
		return err
	}
	for _, id := range names {
		if id == "vars" || slices.Contains(containers, id) {
			continue
		}
		inner, err := layer.Group(id)
		if err != nil {
			return err
		}
		if err := readPlace(inner, name+"/", key+"/"+id, depth, all); err != nil {
			return err
		}
	}
	return nil
}

// readVars lists the arrays 0, 1, … in the order of their numbers.
func readVars(vars *hdf5.Group) ([]tensor, error) {
	names, err := vars.Names()
	if err != nil {
		return nil, err
	}
	slices.SortFunc(names, func(a, b string) int {
		i, errI := strconv.Atoi(a)
		j, errJ := strconv.Atoi(b)
		if errI != nil || errJ != nil {
			return strings.Compare(a, b)
		}
		return i - j
	})
	var all []tensor
	for _, name := range names {
		d, err := vars.Dataset(name)
		if err != nil {
			return nil, err
		}
		all = append(all, tensor{name: d.Path(), data: d})
	}
	return all, nil
}

// writePlaces describes the model's weights as Keras 3 lays them out.
func writePlaces(t *hdf5.Tree, m *layers.Model) {
	t.Group("vars").SetText("name", m.Name())
	walkPlaces(m, func(p place) {
		for _, a := range p.parts() {
			vars := t.Group(a.key + "/vars")
			vars.SetText("name", a.name[strings.LastIndexByte(a.name, '/')+1:])
			for i, v := range a.variables {
				putVariable(vars, strconv.Itoa(i), v)
			}
		}
	})
}
