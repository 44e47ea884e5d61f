package layers

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/gomlx/gomlx/core/graph"
)

// Layer is one Keras layer: its configuration, its variables once built, and
// its computation. Own layers embed [Base], which supplies everything but
// OutputShape and Call (Build, where there are variables; Config, where there
// are settings).
type Layer interface {
	// Name is the layer's unique name in its model, "conv2d_1". It is empty
	// until a model names the layer or Named did.
	Name() string
	// Class is Keras' class name, "Conv2D"; that of one's own layer has the
	// name of a package in front, "mine>Scale". See [RegisterLayer].
	Class() string
	// OutputShape computes the shape of the result, or says why the inputs do
	// not fit.
	OutputShape(in []Shape) (Shape, error)
	// Build creates the variables for the given input shapes. It is called
	// once, when the layer is first part of a model.
	Build(in []Shape) error
	// Call adds the layer's computation to the graph. Nodes have the batch
	// axis first. It may panic as GoMLX's graph functions do.
	Call(c *Pass, in []*graph.Node) *graph.Node
	// Variables lists the variables in Keras' order, trainable ones first.
	Variables() []*Variable
	// Trainable tells whether training may change the layer: true unless
	// SetTrainable(false) froze it. Freezing counts from the next compilation
	// of a training step.
	Trainable() bool
	SetTrainable(bool)
	// Config is what Keras' get_config returns, ready for encoding/json.
	Config() map[string]any
	// Apply calls the layer on symbolic tensors, as Keras' layer(x) does.
	Apply(in ...Symbol) *Tensor

	core() *state
}

// state is what every layer has, whatever its class.
type state struct {
	class     string
	name      string
	serial    uint64 // order of creation, by which unnamed layers are named
	frozen    bool
	policy    DTypePolicy // "" is Float32
	wide      bool        // computes in float32 under every policy
	activity  Regularizer // penalty on the result, nil if there is none
	built     bool
	err       error // the first invalid argument
	variables []*Variable
	nodes     []*node // one for each Apply: Keras' _inbound_nodes
}

// creations counts the layers made by this process. Only the order of the
// serials of one model's layers matters: it stands for the order of creation
// by which Keras names layers.
var creations atomic.Uint64

// Base is the part all layers share. Embed Base[*YourLayer] and call Init in
// the constructor:
//
//	type Double struct{ layers.Base[*Double] }
//
//	func NewDouble() *Double {
//		d := &Double{}
//		d.Init(d, "mine>Double")
//		return d
//	}
//
// The type parameter lets options such as Named return the layer's own type.
// [RegisterLayer] makes such a layer one that files can hold.
type Base[L Layer] struct {
	self L
	state
}

// Init ties the base to its layer; class is the class name that summaries and
// configurations show.
func (b *Base[L]) Init(self L, class string) {
	b.self = self
	b.state = newState(class)
}

// Named sets the layer's name. Without it the model gives Keras' automatic
// name: the class in snake case, with _1, _2, … from the second one on.
func (b *Base[L]) Named(name string) L {
	setName(&b.state, name)
	return b.self
}

// Frozen sets Trainable to false.
func (b *Base[L]) Frozen() L {
	b.frozen = true
	return b.self
}

// Of private methods of state every class of layers would have copies.

func newState(class string) state { return state{class: class, serial: creations.Add(1)} }

func setName(s *state, name string) {
	if name == "" || strings.ContainsAny(name, "/\x00") {
		s.Invalid("a name must not be empty nor contain '/', got %q", name)
		return
	}
	s.name = name
}

// Name returns the layer's name, "" before it has one.
func (s *state) Name() string { return s.name }

// Class returns the class name.
func (s *state) Class() string { return s.class }

// Variables returns the layer's variables, trainable ones first; none before
// the layer is built.
func (s *state) Variables() []*Variable { return s.variables }

// Trainable tells whether training may change the layer.
func (s *state) Trainable() bool { return !s.frozen }

// SetTrainable freezes (false) or thaws (true) the layer. A compiled training
// step keeps the state it was compiled with, as in Keras.
func (s *state) SetTrainable(trainable bool) { s.frozen = !trainable }

// Build does nothing: the layers that have variables override it.
func (s *state) Build([]Shape) error { return nil }

// Apply calls the layer on symbolic tensors and returns its symbolic result.
// The same layer may be applied several times: its variables are shared.
// Errors are kept in the result and come out of [Functional].
func (b *Base[L]) Apply(in ...Symbol) *Tensor { return apply(b.self, in) }

func (s *state) core() *state { return s }

// Invalid is for constructors and options: it keeps the first error, which
// comes out of the model that the layer becomes part of.
func (s *state) Invalid(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf(format, args...)
	}
}

// AddVariable is for Build: it makes a variable, of which files and summaries
// then know. Those that training may change come first.
func (s *state) AddVariable(name string, shape Shape, init Initializer, trainable bool) *Variable {
	if slices.ContainsFunc(s.variables, func(v *Variable) bool { return v.Name == name }) {
		s.Invalid("two of its variables are named %q", name)
	}
	v := &Variable{Name: name, Path: s.name + "/" + name, Shape: shape.Clone(), Trainable: trainable, Initializer: init}
	s.variables = append(s.variables, v)
	return v
}

// AlwaysFloat32 is for constructors: the layer computes in float32 under every
// [DTypePolicy].
func (s *state) AlwaysFloat32() { s.wide = true }

// Config returns the settings that every layer has. Layers with more add them
// to this map.
func (s *state) Config() map[string]any {
	c := map[string]any{"name": s.name, "trainable": !s.frozen, "dtype": s.policy.config()}
	if s.activity != nil {
		c["activity_regularizer"] = RegularizerConfig(s.activity)
	}
	return c
}

// describe names a layer in errors: conv2d_1 (Conv2D).
func describe(l Layer) string {
	return cmp.Or(l.Name(), "unnamed") + " (" + shortClass(l) + ")"
}

// shortClass is a layer's class without a package: "Scale" of "mine>Scale".
func shortClass(l Layer) string {
	_, class := cutPackage(l.Class())
	return class
}
