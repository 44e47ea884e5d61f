package layers

import "fmt"

// Functional makes a model of the layers between symbolic inputs and outputs:
//
//	in := layers.Input(32, 32, 3)
//	a := layers.Conv2D(8, 3).Padding(layers.Same).Apply(in)
//	b := layers.Conv2D(8, 1).Apply(in)
//	sum := layers.Add().Apply(a, b)
//	m := layers.Functional("two_branches", layers.Symbols{in}, layers.Symbols{sum})
//
// Layers without a name are named in the order in which they were created. An
// empty model name means "functional". Every input must come from Input.
func Functional(name string, inputs, outputs []Symbol) *Model {
	m := newModel("Functional", name)
	ins, err := tensorsOf("input", inputs)
	if err != nil {
		return m.fail(err)
	}
	outs, err := tensorsOf("output", outputs)
	if err != nil {
		return m.fail(err)
	}
	return m.fail(m.connect(ins, outs))
}

func tensorsOf(what string, symbols []Symbol) ([]*Tensor, error) {
	if len(symbols) == 0 {
		return nil, errNoOutput
	}
	all := make([]*Tensor, len(symbols))
	for i, s := range symbols {
		if s == nil || s.Tensor() == nil {
			return nil, fmt.Errorf("%s %d is nil", what, i)
		}
		all[i] = s.Tensor()
	}
	return all, nil
}

// Tap returns a model with the same inputs whose outputs are the results of
// the named layers, in the order given; of a layer with several results all. It
// shares layers and variables with m. Of a layer applied several times it taps the
// last application within m.
func (m *Model) Tap(names ...string) *Model {
	tap := newModel("Functional", m.name+"_tap")
	if err := m.Ready(); err != nil {
		return tap.fail(err)
	}
	if len(names) == 0 {
		return tap.fail(fmt.Errorf("Tap wants at least one layer's name"))
	}
	var outputs []*Tensor
	for _, name := range names {
		l, err := m.GetLayer(name)
		if err != nil {
			return tap.fail(err)
		}
		outputs = append(outputs, m.results(l)...)
	}
	return tap.fail(tap.connect(m.inputs, outputs))
}

// results returns what a layer's last application within the model gave.
func (m *Model) results(l Layer) (last []*Tensor) {
	for _, n := range m.topology.nodes {
		if n.layer == l {
			last = n.outputs
		}
	}
	return last
}
