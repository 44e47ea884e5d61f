package layers

import (
	"github.com/gocifar/gocifar/layers/internal/engine"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// task is a compiled model as the engine sees it.
type task struct{ model *Model }

func (t task) Name() string          { return t.model.Name() }
func (t task) Metrics() int          { return len(t.model.compiled.metrics) }
func (t task) Slots() int            { return len(t.model.compiled.optimizer.Slots()) }
func (t task) LearningRate() float64 { return t.model.compiled.optimizer.LearningRate() }

func (t task) Update(rate, iteration, weight, gradient *graph.Node, slots []*graph.Node) (*graph.Node, []*graph.Node) {
	step := OptimizerStep{LearningRate: rate, Iteration: iteration}
	return t.model.compiled.optimizer.Update(step, weight, gradient, slots)
}

// Compute adds forward pass, loss and metrics of a batch to the graph. Examples
// that only fill up the batch (its Mask) count nowhere. Class weights weigh the
// loss, not the metrics, as in Keras.
func (t task) Compute(b *engine.Batch) *engine.Computed {
	pass := NewPass(b.Graph, b.Training, func(v *Variable) *graph.Node { return b.Values[&v.Value] }, b.Seed)
	pass.Mask = b.Mask
	outputs := pass.as(t.model.Forward(pass, b.Inputs)[0], dtypes.Float32)
	total := func(perExample *graph.Node) *graph.Node {
		if b.Mask != nil {
			real := graph.GreaterThan(b.Mask, graph.ScalarZero(b.Graph, dtypes.Float32))
			perExample = graph.Where(real, perExample, graph.ZerosLike(perExample))
		}
		return graph.ReduceAllSum(perExample)
	}
	losses := t.model.compiled.loss.PerExample(pass, b.Targets, outputs)
	if b.ClassWeights != nil {
		losses = graph.Mul(losses, graph.Gather(b.ClassWeights, graph.ExpandAxes(b.Targets, -1)))
	}
	c := &engine.Computed{Loss: total(losses), Updates: map[engine.Cell]*graph.Node{}}
	if b.Mask != nil {
		c.Count = graph.ReduceAllSum(b.Mask)
	} else {
		c.Count = graph.Scalar(b.Graph, dtypes.Float32, float64(b.Size))
	}
	if extra := pass.extraLoss(t.model); extra != nil {
		c.Loss = graph.Add(c.Loss, graph.Mul(extra, c.Count))
	}
	for _, metric := range t.model.compiled.metrics {
		c.Metrics = append(c.Metrics, total(metric.PerExample(pass, b.Targets, outputs)))
	}
	for _, u := range pass.Updates() {
		c.Updates[&u.Variable.Value] = u.Value
	}
	return c
}

// cells are where variables keep their values.
func cells(variables []*Variable) []engine.Cell {
	var all []engine.Cell
	for _, v := range variables {
		all = append(all, &v.Value)
	}
	return all
}

// engineConfig is what the engine has to know to train the model, but for what
// Fit was told.
func (m *Model) engineConfig(backend compute.Backend, data *engine.Data) engine.Config {
	c := m.compiled
	return engine.Config{
		Backend: backend, Task: task{m}, State: &c.state, Programs: c.programs, Data: data,
		Trainable: cells(m.TrainableVariables()), Others: cells(m.NonTrainableVariables()),
		NoAliasing: c.noAliasing, AtOnce: c.atOnce,
	}
}

// upload copies the examples to the device.
func (e *Examples) upload(backend compute.Backend) (*engine.Data, error) {
	of := func(dtype dtypes.DType, shape ...int) shapes.Shape {
		return shapes.Make(dtype, append([]int{e.Len()}, shape...)...)
	}
	s := engine.Source{Values: e.Floats, ValuesShape: of(dtypes.Float32, e.Shape...), Scale: e.scale(), Offset: e.Offset}
	if e.Bytes != nil {
		s.Values, s.ValuesShape.DType = e.Bytes, dtypes.Uint8
	}
	if e.Labels != nil {
		s.Targets, s.TargetsShape = e.Labels, of(dtypes.Int32)
	} else if e.Targets != nil {
		s.Targets, s.TargetsShape = e.Targets, of(dtypes.Float32, e.targetShape()...)
	}
	return engine.Upload(backend, s)
}

// evaluator is the program that measures batches of a size.
func (m *Model) evaluator(batch int) (*engine.Evaluator, error) {
	backend, err := Backend()
	if err != nil {
		return nil, err
	}
	return m.compiled.programs.Evaluator(backend, task{m}, cells(m.Variables()), batch)
}

// means turns an epoch's sums (count, loss, metrics) into means by name; nil
// where nothing was counted.
func (c *compiled) means(sums []float32) Logs {
	if sums[0] == 0 {
		return nil
	}
	logs := Logs{}
	for i, name := range c.names() {
		logs[name] = float64(sums[1+i]) / float64(sums[0])
	}
	return logs
}
