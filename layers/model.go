package layers

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// Model is a graph of layers: made by [Sequential] as a stack or by
// [Functional] from symbolic tensors. A model is a layer too, so that it can be
// part of another model.
//
// Errors of building are kept: Err returns the first, and every method that
// returns an error returns it.
type Model struct {
	Base[*Model]
	stack           []Layer // what Sequential was given
	inputs, outputs []*Tensor
	topology        *topology
	seed            int64
	modelErr        error

	transforms []BatchTransform // of training batches

	compiled    *compiled  // what Compile was told, nil before
	predictions *predictor // Predict's program, nil before
}

// Err returns the first error of building the model, nil if there is none. A
// Sequential model without an Input is not built yet, which is no error.
func (m *Model) Err() error { return m.modelErr }

// Ready returns Err, or an error that says that the model has no input shape
// yet.
func (m *Model) Ready() error {
	switch {
	case m.modelErr != nil:
		return m.modelErr
	case m.topology == nil:
		return fmt.Errorf("layers: model %q has no input shape yet: put layers.Input(...) first, or call BuildFor", m.name)
	}
	return nil
}

// fail keeps the first error.
func (m *Model) fail(err error) *Model {
	if m.modelErr == nil && err != nil {
		m.modelErr = fmt.Errorf("layers: model %q: %w", m.name, err)
		m.state.err = m.modelErr
	}
	return m
}

// connect makes the graph from inputs to outputs: orders it, names the layers,
// builds their variables, and checks every shape.
func (m *Model) connect(inputs, outputs []*Tensor) error {
	for _, t := range inputs {
		if _, ok := t.node.layer.(*InputLayer); !ok {
			return fmt.Errorf("an input must come from layers.Input, not from layer %s", describe(t.node.layer))
		}
	}
	topology, err := mapGraph(inputs, outputs)
	if err != nil {
		return err
	}
	if err := nameLayers(topology.layers); err != nil {
		return err
	}
	for _, t := range slices.Concat(inputs, outputs) {
		if t.err != nil {
			return t.err
		}
	}
	for _, n := range topology.nodes {
		if err := n.build(); err != nil {
			return err
		}
	}
	m.inputs, m.outputs, m.topology = inputs, outputs, topology
	return nil
}

// build creates the layer's variables, and checks that a layer applied before
// fits the shapes of this node too.
func (n *node) build() error {
	shapes := shapesOfAll(n.inputs)
	if s := n.layer.core(); !s.built {
		if err := n.layer.Build(shapes); err != nil {
			return &layerError{n.layer, err}
		}
		s.built = true
	}
	for _, v := range n.layer.Variables() {
		if err := v.Shape.check(); err != nil {
			return &layerError{n.layer, fmt.Errorf("%s: %w", v.Name, err)}
		}
	}
	_, err := outputShapes(n.layer, shapes)
	return err
}

// Layers lists the layers in Keras' order: of a Sequential model those it was
// given, without the Input; of a Functional model all, from the inputs on, by
// decreasing distance from the outputs. An [Operation] is no layer.
func (m *Model) Layers() []Layer {
	if m.stack != nil {
		return slices.DeleteFunc(slices.Clone(m.stack), isInput)
	}
	if m.topology == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(m.topology.layers), isOperation)
}

// summaryLayers lists what a summary shows: the layers and the operations.
func (m *Model) summaryLayers() []Layer {
	if m.stack != nil || m.topology == nil {
		return m.Layers()
	}
	return m.topology.layers
}

// allLayers lists the layers with the Input of a Sequential model, and the
// operations.
func (m *Model) allLayers() []Layer {
	if m.topology != nil {
		return m.topology.layers
	}
	return m.Layers()
}

func isInput(l Layer) bool {
	_, ok := l.(*InputLayer)
	return ok
}

// GetLayer returns the layer of the given name; the error lists the names
// there are.
func (m *Model) GetLayer(name string) (Layer, error) {
	if m.modelErr != nil {
		return nil, m.modelErr
	}
	var names []string
	for _, l := range m.allLayers() {
		if l.Name() == name {
			return l, nil
		}
		names = append(names, l.Name())
	}
	return nil, fmt.Errorf("layers: model %q has no layer %q; it has %s", m.name, name, strings.Join(names, ", "))
}

// Variables lists the variables of all layers in the layers' order, each
// layer's trainable ones first; a shared layer's once.
func (m *Model) Variables() []*Variable {
	var all []*Variable
	seen := map[*Variable]bool{}
	for _, l := range m.Layers() {
		for _, v := range l.Variables() {
			if !seen[v] {
				seen[v] = true
				all = append(all, v)
			}
		}
	}
	return all
}

// TrainableVariables lists the variables an optimizer may change: trainable
// ones of layers that are not frozen.
func (m *Model) TrainableVariables() []*Variable {
	if m.frozen {
		return nil
	}
	var all []*Variable
	seen := map[*Variable]bool{}
	add := func(vs []*Variable) {
		for _, v := range vs {
			if v.Trainable && !seen[v] {
				seen[v] = true
				all = append(all, v)
			}
		}
	}
	for _, l := range m.Layers() {
		if inner, ok := l.(*Model); ok {
			add(inner.TrainableVariables())
		} else if l.Trainable() {
			add(l.Variables())
		}
	}
	return all
}

// NonTrainableVariables lists the variables that are not in
// TrainableVariables: statistics, and everything of frozen layers.
func (m *Model) NonTrainableVariables() []*Variable {
	trainable := map[*Variable]bool{}
	for _, v := range m.TrainableVariables() {
		trainable[v] = true
	}
	return slices.DeleteFunc(m.Variables(), func(v *Variable) bool { return trainable[v] })
}

// SetTrainable freezes or thaws the model and every layer of it.
func (m *Model) SetTrainable(trainable bool) {
	m.frozen = !trainable
	for _, l := range m.Layers() {
		l.SetTrainable(trainable)
	}
}

// Frozen freezes the model and every layer of it.
func (m *Model) Frozen() *Model {
	m.SetTrainable(false)
	return m
}

// CountParams returns the number of values of all variables.
func (m *Model) CountParams() int { return countParams(m.Variables()) }

func countParams(variables []*Variable) int {
	n := 0
	for _, v := range variables {
		n += v.Shape.Size()
	}
	return n
}

// Inputs returns the symbolic inputs, nil before the model is built.
func (m *Model) Inputs() []*Tensor { return slices.Clone(m.inputs) }

// Outputs returns the symbolic outputs, nil before the model is built.
func (m *Model) Outputs() []*Tensor { return slices.Clone(m.outputs) }

// Seed sets the seed from which Initialize draws the first weights. Default 0:
// the same program builds the same model. It returns the model.
func (m *Model) Seed(seed int64) *Model {
	m.seed = seed
	return m
}

// Initialize draws new first values for all variables from the model's seed.
func (m *Model) Initialize() error { return m.draw(func(*Variable) bool { return true }) }

// InitializeMissing draws first values for the variables that have none: those
// that neither training nor a weight file has set. Each variable's numbers
// depend on the seed and its place in Variables alone.
func (m *Model) InitializeMissing() error {
	return m.draw(func(v *Variable) bool { return v.Value == nil })
}

func (m *Model) draw(wanted func(*Variable) bool) error {
	if err := m.Ready(); err != nil {
		return err
	}
	for i, v := range m.Variables() {
		if !wanted(v) {
			continue
		}
		if err := v.initialize(rand.New(rand.NewPCG(uint64(m.seed), uint64(i)))); err != nil {
			return err
		}
	}
	return nil
}

// Forward adds the model's computation to the graph and returns one node for
// each output. Inputs have the batch axis first and are float32; an output has
// the type in which its layer computes (see [DTypePolicy]). It is a GoMLX
// graph function: it panics with an error where the model or the inputs are
// wrong.
func (m *Model) Forward(c *Pass, inputs ...*graph.Node) []*graph.Node {
	if err := m.checkInputs(inputs); err != nil {
		panic(err)
	}
	if c.policy == "" {
		c.mixed = c.mixed || m.mixed()
	} else {
		c.mixed = c.policy.compute() != dtypes.Float32
	}
	values := map[*Tensor]*graph.Node{}
	for i, t := range m.inputs {
		values[t] = inputs[i]
	}
	for _, n := range m.topology.nodes {
		if values[n.outputs[0]] != nil {
			continue // an input
		}
		in := make([]*graph.Node, len(n.inputs))
		for i, t := range n.inputs {
			in[i] = values[t]
		}
		for i, y := range c.masked(n.layer, in, c.run(n.layer, in)) {
			values[n.outputs[i]] = y
			c.penalize(n.layer, y)
			if err := xla.FitsMachine(n.layer.Name(), y); err != nil {
				panic(err)
			}
		}
	}
	out := make([]*graph.Node, len(m.outputs))
	for i, t := range m.outputs {
		out[i] = values[t]
	}
	return out
}

func (m *Model) checkInputs(inputs []*graph.Node) error {
	if err := m.Ready(); err != nil {
		return err
	}
	if len(inputs) != len(m.inputs) {
		return fmt.Errorf("layers: model %q wants %d inputs, got %d", m.name, len(m.inputs), len(inputs))
	}
	for i, t := range m.inputs {
		got := inputs[i].Shape().Dimensions
		if len(got) < 1 || !t.shape.Equal(Shape(got[1:])) {
			return fmt.Errorf("layers: model %q wants input %s of shape %v, got %v",
				m.name, t.node.layer.Name(), t.shape, got)
		}
	}
	return nil
}

// OutputShape is the shape of the first output, for a model used as a layer.
func (m *Model) OutputShape(in []Shape) (Shape, error) { return first(m.OutputShapes(in)) }

// OutputShapes implements [ManyResults].
func (m *Model) OutputShapes(in []Shape) ([]Shape, error) {
	if m.topology == nil && m.modelErr == nil && len(in) == 1 {
		m.fail(m.buildStack(in[0]))
	}
	if err := m.Ready(); err != nil {
		return nil, err
	}
	if len(in) != len(m.inputs) {
		return nil, fmt.Errorf("wants %d inputs, got %d", len(m.inputs), len(in))
	}
	for i, t := range m.inputs {
		if !t.shape.Equal(in[i]) {
			return nil, fmt.Errorf("wants input %d of shape %v, got %v", i, t.shape, in[i])
		}
	}
	return shapesOfAll(m.outputs), nil
}

func shapesOfAll(tensors []*Tensor) []Shape {
	shapes := make([]Shape, len(tensors))
	for i, t := range tensors {
		shapes[i] = t.shape
	}
	return shapes
}

// Call computes the first output of the model as a layer of another one. A frozen
// model runs its layers as they are: freezing set each of them.
func (m *Model) Call(c *Pass, in []*graph.Node) *graph.Node { return m.Forward(c, in...)[0] }

// CallAll implements [ManyResults].
func (m *Model) CallAll(c *Pass, in []*graph.Node) []*graph.Node { return m.Forward(c, in...) }

// errNoOutput is what Functional says of an empty list.
var errNoOutput = errors.New("wants at least 1 input and 1 output")
