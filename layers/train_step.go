package layers

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/layers/internal/engine"
	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// Step is a training step of one's own while its graph is built: see
// [Model.CompileStep]. The Pass within has random numbers, and hands out the
// variables' values: after Apply their new ones.
type Step struct {
	*Pass
	// Inputs and Targets are the examples', with the batch axis first. Targets are
	// int32 where they are labels. There may be none.
	Inputs, Targets []*graph.Node
	// Weights are those of the examples, float32 [batch]: none, one, or one for
	// each target.
	Weights []*graph.Node
	// Size is the number of examples of a batch. Count, a float32 scalar, is how
	// many of them are real; Mask tells which.
	Size  int
	Count *graph.Node

	model     *Model
	optimizer *optimizing // nil where nothing is trained
	values    map[engine.Cell]*graph.Node
	logs      map[string]*graph.Node
	moved     map[*Variable]bool
}

// ownStep is what CompileStep was told.
type ownStep struct {
	f     func(*Step)
	names []string
}

// CompileStep chooses how the model trains, as [Model.Compile] does, by a step of
// one's own: a GoMLX graph function that computes losses and moves the weights,
// once or several times, and logs the figures of the given names, the first of
// which is what it makes small. Fit does the rest: data, epochs, validation,
// callbacks, runs. Evaluate and validation build the function too, with
// Training false; then nothing moves.
//
//	m.CompileStep(layers.Adam(0.001), func(s *layers.Step) {
//		y := m.Forward(s.Pass, s.Inputs[0])[0]
//		loss := graph.ReduceAllMean(graph.Abs(graph.Sub(y, s.Targets[0])))
//		s.Minimize(loss, m)
//		s.Log("loss", loss)
//	}, "loss")
//
// Several optimizers are [PerGroup]. What examples there are is up to the
// function: their shapes need not be the model's inputs'. The last batch of an
// epoch may be partial: see Mask. Files hold the model without the step.
func (m *Model) CompileStep(optimizer Optimizer, step func(*Step), names ...string) error {
	return m.compile(&compiled{optimizer: optimizer, step: &ownStep{step, slices.Clone(names)}})
}

func (o *ownStep) check() error {
	if o.f == nil {
		return errors.New("wants a step, got nil")
	}
	if len(o.names) == 0 {
		return errors.New("wants the names of the figures that the step logs, at least one")
	}
	for i, name := range o.names {
		if name == "" || name == "learning_rate" || slices.Contains(o.names[:i], name) {
			return fmt.Errorf("wants names that differ and are not empty, got %q", o.names)
		}
	}
	return nil
}

// compute adds the step to the graph; train is nil where nothing is trained.
func (o *ownStep) compute(m *Model, b *engine.Batch, train *engine.Step) *engine.Computed {
	if b.Seed == nil { // validation: the same random numbers in every batch
		b.Seed = graph.Const(b.Graph, uint32(0))
	}
	s := &Step{Pass: newTaskPass(b), Inputs: b.Inputs, Targets: b.Targets, Weights: b.Weights, Size: b.Size,
		model: m, values: b.Values, logs: map[string]*graph.Node{}, moved: map[*Variable]bool{}}
	s.Count = (&measuring{Batch: b}).examples()
	if train != nil {
		s.optimizer = m.optimizing(train)
	}
	o.f(s)
	c := &engine.Computed{Count: s.Count, Updates: map[engine.Cell]*graph.Node{}}
	for _, name := range o.names {
		value := s.logs[name]
		if value == nil {
			panic(fmt.Errorf("layers: the step of model %q did not Log %q, of which CompileStep was told", m.Name(), name))
		}
		c.Sums = append(c.Sums, graph.Mul(value, s.Count))
		if c.Mean == nil {
			c.Mean = value
		} else {
			c.Mean = graph.Add(c.Mean, value)
		}
	}
	if train != nil {
		s.checkMoved()
	}
	for _, u := range s.Updates() {
		c.Updates[&u.Variable.Value] = u.Value
	}
	return c
}

// checkMoved names weights that no Apply has moved.
func (s *Step) checkMoved() {
	var left []string
	for _, v := range s.model.moving() {
		if !s.moved[v] {
			left = append(left, v.Path)
		}
	}
	if left != nil {
		panic(fmt.Errorf("layers: the step of model %q has no gradient for %s: Minimize or Apply them, or freeze "+
			"their layers", s.model.Name(), strings.Join(left, ", ")))
	}
}

// Minimize moves the trainable weights of layers, or of models, along the
// gradients of a loss, a scalar. In validation it does nothing.
func (s *Step) Minimize(loss *graph.Node, of ...Layer) {
	if !s.Training {
		return
	}
	variables := s.Trainable(of...)
	s.Apply(variables, s.Gradients(loss, variables))
}

// Trainable lists the weights of layers that training may change.
func (s *Step) Trainable(of ...Layer) (list []*Variable) {
	all := s.model.moving()
	for _, l := range of {
		for _, v := range l.Variables() {
			if slices.Contains(all, v) && !slices.Contains(list, v) {
				list = append(list, v)
			}
		}
	}
	return list
}

// ExtraLoss is what the layers called so far added to the loss, and the penalties
// on the model's trainable weights: a scalar, 0 if there is nothing.
func (s *Step) ExtraLoss() *graph.Node {
	if extra := s.extraLoss(s.model); extra != nil {
		return extra
	}
	return graph.ScalarZero(s.Graph, dtypes.Float32)
}

// Gradients are those of a loss, a scalar, by the weights as they are now.
func (s *Step) Gradients(loss *graph.Node, of []*Variable) []*graph.Node {
	if !loss.Shape().IsScalar() {
		panic(fmt.Errorf("layers: the step of model %q: a loss must be a scalar, got shape %s", s.model.Name(), loss.Shape()))
	}
	var weights []*graph.Node
	for _, v := range of {
		weights = append(weights, s.values[&v.Value])
	}
	return xla.AfterAllGradients(graph.Gradient(loss, weights...))
}

// Apply has the optimizer move weights along gradients. What the Pass hands out
// after that are the new weights. In validation it does nothing.
func (s *Step) Apply(variables []*Variable, gradients []*graph.Node) {
	if !s.Training {
		return
	}
	if len(variables) != len(gradients) {
		panic(fmt.Errorf("layers: the step of model %q applies %d gradients to %d weights",
			s.model.Name(), len(gradients), len(variables)))
	}
	trainable := s.model.moving()
	for i, v := range variables {
		switch {
		case !slices.Contains(trainable, v):
			panic(fmt.Errorf("layers: the step of model %q applies a gradient to %s, which is frozen or of another model",
				s.model.Name(), v.Path))
		case gradients[i] == nil:
			panic(fmt.Errorf("layers: the step of model %q has no gradient for %s", s.model.Name(), v.Path))
		case !v.Shape.Equal(Shape(gradients[i].Shape().Dimensions)):
			panic(fmt.Errorf("layers: the step of model %q: the gradient of %s has shape %v, want %v",
				s.model.Name(), v.Path, gradients[i].Shape().Dimensions, v.Shape))
		}
	}
	for _, v := range variables {
		if value := s.rewritten(v); value != nil {
			s.optimizer.Weights[s.optimizer.weights[v]] = value
		}
	}
	s.optimizer.apply(variables, gradients)
	for _, v := range variables {
		s.values[&v.Value] = s.optimizer.Weights[s.optimizer.weights[v]]
		s.moved[v] = true
	}
}

// Log reports a figure of the batch, a scalar; the epoch's is the mean over the
// examples.
func (s *Step) Log(name string, value *graph.Node) {
	if !slices.Contains(s.model.compiled.step.names, name) || !value.Shape().IsScalar() {
		panic(fmt.Errorf("layers: the step of model %q logs %q of shape %s; wants a scalar, and one of the names that "+
			"CompileStep was told: %q", s.model.Name(), name, value.Shape(), s.model.compiled.step.names))
	}
	s.logs[name] = graph.ConvertDType(value, dtypes.Float32)
}
