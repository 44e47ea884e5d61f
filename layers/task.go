package layers

import (
	"fmt"
	"slices"

	"github.com/gocifar/gocifar/layers/internal/engine"
	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// task is a compiled model as the engine sees it.
type task struct {
	model *Model
	sums  int // of its figures
}

func (t task) Name() string     { return t.model.Name() }
func (t task) Sums() int        { return t.sums }
func (t task) Rates() []float64 { return rates(optimizers(t.model.compiled.optimizer)) }

// Train adds a training step to the graph.
func (t task) Train(b *engine.Batch, s *engine.Step) *engine.Computed {
	if step := t.model.compiled.step; step != nil {
		return step.compute(t.model, b, s)
	}
	c := t.Measure(b)
	loss := c.Mean
	if o := settingsOf(t.model.compiled.optimizer); o != nil && o.lossScale != 0 {
		loss = graph.MulScalar(loss, o.lossScale)
	}
	gradients := xla.AfterAllGradients(graph.Gradient(loss, s.Weights...))
	trainable := t.model.moving()
	for i, v := range trainable {
		if value := c.Updates[&v.Value]; value != nil { // see Pass.Rewrite
			s.Weights[i] = value
		}
	}
	t.model.optimizing(s).apply(trainable, gradients)
	return c
}

// Measure adds forward pass, losses and metrics of a batch to the graph.
// Examples that only fill up the batch (its Mask) count nowhere. Class weights
// weigh the loss and weighted metrics, as in Keras.
func (t task) Measure(b *engine.Batch) *engine.Computed {
	if step := t.model.compiled.step; step != nil {
		return step.compute(t.model, b, nil)
	}
	outputs, err := t.model.compiledOutputs()
	if err != nil {
		panic(err)
	}
	pass := newTaskPass(b)
	b = t.model.transformed(pass, b)
	results := t.model.Forward(pass, b.Inputs...)
	for i := range results {
		results[i] = pass.as(results[i], dtypes.Float32)
	}
	m := &measuring{Batch: b, pass: pass}
	c := &engine.Computed{Updates: map[engine.Cell]*graph.Node{}}
	var losses []*graph.Node
	for i, o := range outputs {
		if o.loss != nil {
			losses = append(losses, m.loss(o.loss, i, results[i]))
		}
	}
	c.Count = m.examples()
	total := sumOfLosses(losses, lossesOf(outputs))
	if extra := pass.extraLoss(t.model); extra != nil {
		total = graph.Add(total, graph.Mul(extra, c.Count))
	}
	c.Sums = []*graph.Node{total}
	if len(losses) > 1 {
		for _, loss := range losses {
			c.Sums = append(c.Sums, graph.Div(loss, c.Count))
		}
		c.Sums = append(c.Sums, graph.Scalar(b.Graph, dtypes.Float32, 1.0))
	}
	for i, o := range outputs {
		for _, w := range o.metrics {
			c.Sums = append(c.Sums, m.metric(w, i, results[i])...)
		}
	}
	c.Mean = graph.Div(total, c.Count)
	for _, u := range pass.Updates() {
		c.Updates[&u.Variable.Value] = u.Value
	}
	return c
}

func newTaskPass(b *engine.Batch) *Pass {
	pass := NewPass(b.Graph, b.Training, func(v *Variable) *graph.Node { return b.Values[&v.Value] }, b.Seed)
	pass.Mask = b.Mask
	pass.places, pass.epoch, pass.fitSeed = b.Rows, b.Epoch, b.FitSeed
	return pass
}

// sumOfLosses weighs the losses of the outputs.
func sumOfLosses(losses []*graph.Node, outputs []output) (total *graph.Node) {
	for i, loss := range losses {
		if outputs[i].weight != 1 {
			loss = graph.MulScalar(loss, outputs[i].weight)
		}
		if total == nil {
			total = loss
		} else {
			total = graph.Add(total, loss)
		}
	}
	return total
}

// measuring computes losses and metrics of a batch.
type measuring struct {
	*engine.Batch
	pass  *Pass
	count *graph.Node
}

// examples is the number of real examples.
func (m *measuring) examples() *graph.Node {
	if m.count != nil {
		return m.count
	}
	if m.Mask != nil {
		m.count = graph.ReduceAllSum(m.Mask)
	} else {
		m.count = graph.Scalar(m.Graph, dtypes.Float32, float64(m.Size))
	}
	return m.count
}

// weigh multiplies a value for each example by the weights of classes and
// examples.
func (m *measuring) weigh(values *graph.Node, output int) *graph.Node {
	if m.ClassWeights != nil {
		values = graph.Mul(values, graph.Gather(m.ClassWeights, graph.ExpandAxes(m.Targets[output], -1)))
	}
	switch {
	case len(m.Weights) == 1:
		values = graph.Mul(values, m.Weights[0])
	case len(m.Weights) > 1:
		values = graph.Mul(values, m.Weights[output])
	}
	return values
}

// total is the sum over the real examples.
func (m *measuring) total(perExample *graph.Node) *graph.Node {
	if m.Mask != nil {
		real := graph.GreaterThan(m.Mask, graph.ScalarZero(m.Graph, dtypes.Float32))
		perExample = graph.Where(real, perExample, graph.ZerosLike(perExample))
	}
	return graph.ReduceAllSum(perExample)
}

// loss is the sum of an output's losses.
func (m *measuring) loss(l Loss, output int, result *graph.Node) *graph.Node {
	if mask := m.pass.StepMask(result); mask != nil {
		return m.maskedLoss(l, output, result, mask)
	}
	losses := m.total(m.weigh(l.PerExample(m.pass, m.Targets[output], result), output))
	if r, ok := l.(interface{ dividesByWeights() bool }); ok && r.dividesByWeights() {
		weights := m.total(m.weigh(m.ones(), output))
		none := graph.Equal(weights, graph.ZerosLike(weights))
		share := graph.Div(m.examples(), graph.Where(none, graph.OnesLike(weights), weights))
		losses = graph.Mul(losses, share)
	}
	return losses
}

func (m *measuring) ones() *graph.Node {
	return graph.Ones(m.Graph, shapes.Make(dtypes.Float32, m.Size))
}

// metric is what a metric adds to its sums.
func (m *measuring) metric(w watched, output int, result *graph.Node) []*graph.Node {
	state, ok := w.Metric.(StateMetric)
	if !ok {
		if mask := m.pass.StepMask(result); mask != nil {
			values, weights := m.stepValues(w.Metric, output, result, mask, w.weighted)
			return []*graph.Node{graph.ReduceAllSum(graph.Mul(values, weights)), graph.ReduceAllSum(weights)}
		}
		values := w.Metric.(MeanMetric).PerExample(m.pass, m.Targets[output], result)
		switch {
		case !w.weighted && w.counts:
			return []*graph.Node{m.total(values), m.examples()}
		case !w.weighted:
			return []*graph.Node{m.total(values)}
		}
		return []*graph.Node{m.total(m.weigh(values, output)), m.total(m.weigh(m.ones(), output))}
	}
	weights := m.ones()
	if m.Mask != nil {
		weights = m.Mask
	}
	if w.weighted {
		weights = m.weigh(weights, output)
	}
	added := state.Add(m.pass, m.Targets[output], result, weights)
	want, err := state.State(Shape(result.Shape().Dimensions[1:]))
	if err != nil {
		panic(fmt.Errorf("layers: metric %s: %w", w.name, err))
	}
	if len(added) != len(want) {
		panic(fmt.Errorf("layers: metric %s has %d arrays, its Add returned %d", w.name, len(want), len(added)))
	}
	for i, node := range added {
		if got := node.Shape().Dimensions; !want[i].Equal(Shape(got)) {
			panic(fmt.Errorf("layers: metric %s wants to add shape %v to array %d, its Add returned %v", w.name,
				want[i], i, got))
		}
		added[i] = toFloat32(node)
	}
	return added
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
func (m *Model) engineConfig(backend compute.Backend) (engine.Config, error) {
	c := m.compiled
	_, sums, err := m.figures()
	return engine.Config{
		Backend: backend, Task: task{m, sums}, State: &c.state, Programs: c.programs,
		Trainable: cells(m.moving()), Others: cells(m.staying()),
		Slots: engineSlots(m.slots()), NoAliasing: c.noAliasing, AtOnce: c.atOnce,
	}, err
}

// upload copies the examples to the device.
func (e *Examples) upload(backend compute.Backend) (*engine.Data, error) {
	return engine.Upload(backend, e.arrays())
}

// arrays are the examples as the engine takes them.
func (e *Examples) arrays() (s engine.Source) {
	n := e.Len()
	of := func(dtype dtypes.DType, shape Shape) shapes.Shape {
		return shapes.Make(dtype, append([]int{n}, shape...)...)
	}
	for _, v := range e.inputs() {
		x := engine.Input{Scale: v.scale(), Offset: v.Offset}
		if x.Values, x.Shape = v.Floats, of(dtypes.Float32, v.Shape); v.Bytes != nil {
			x.Values, x.Shape = v.Bytes, of(dtypes.Uint8, v.Shape)
		}
		s.Inputs = append(s.Inputs, x)
	}
	weighted := e.Weights != nil
	for _, t := range e.outputs() {
		if t.Labels != nil {
			s.Targets = append(s.Targets, engine.Array{Values: t.Labels, Shape: of(dtypes.Int32, t.shape())})
		} else {
			s.Targets = append(s.Targets, engine.Array{Values: t.Floats, Shape: of(dtypes.Float32, t.shape())})
		}
		weighted = weighted || t.Weights != nil
	}
	if weighted {
		s.Weights = e.uploadedWeights(of(dtypes.Float32, nil))
	}
	return s
}

// uploadedWeights are one array for all outputs, or one for each where they
// differ.
func (e *Examples) uploadedWeights(shape shapes.Shape) (list []engine.Array) {
	if !slices.ContainsFunc(e.Outputs, func(t Target) bool { return t.Weights != nil }) {
		return []engine.Array{{Values: e.Weights, Shape: shape}}
	}
	for _, t := range e.Outputs {
		weights := t.Weights
		if weights == nil {
			weights = e.Weights
		}
		if weights == nil {
			weights = slices.Repeat([]float32{1}, e.Len())
		}
		list = append(list, engine.Array{Values: weights, Shape: shape})
	}
	return list
}

// evaluator is the program that measures batches of a size.
func (m *Model) evaluator(data *engine.Data, batch int) (*engine.Evaluator, error) {
	backend, err := Backend()
	if err != nil {
		return nil, err
	}
	_, sums, err := m.figures()
	if err != nil {
		return nil, err
	}
	return m.compiled.programs.Evaluator(backend, task{m, sums}, cells(m.Variables()), data, batch)
}
