package engine

import (
	"fmt"
	"slices"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// trainStep is the program of one training step: gather the batch's rows,
// scale them, run the model, and move the weights. It is compiled once for
// every shape; an epoch's last partial batch is filled up and masked. It may do
// that several times over; see repeated.
type trainStep struct {
	*Config
	data              dataCounts
	repeat            int  // steps in one execution
	partial, weighted bool // whether a batch may be partial; whether classes have weights

	exec *graph.Exec
	// updated tells which of others a step changes; known once built.
	updated []bool
}

// trainStep returns the step's program, made on first use.
func (c *Config) trainStep(repeat int) (*trainStep, error) {
	s := &trainStep{Config: c, data: countData(&c.Data.dataArgs), repeat: repeat,
		partial: c.partial(), weighted: c.ClassWeights != nil}
	// All that build depends on, but for the shapes of the arguments, which
	// graph.Exec watches itself.
	key := fmt.Sprint("train ", s.stepsOf(), " ", c.Batch, c.Devices, c.Stream, repeat, s.partial, s.weighted, s.data,
		c.Trainable)
	if known, ok := c.Programs[key].(*trainStep); ok {
		return known, nil
	}
	var err error
	if s.exec, err = NewProgram(c.Backend, c.Task.Name(), "train", s.build); err != nil {
		return nil, err
	}
	if c.Devices > 1 {
		if err := s.spread(s.exec); err != nil {
			return nil, fmt.Errorf("layers: model %q: %w", c.Task.Name(), err)
		}
	}
	c.Programs[key] = s
	return s, nil
}

// partial tells whether a batch may have to be filled up.
func (c *Config) partial() bool {
	if c.Stream {
		return !c.Whole
	}
	return c.Examples%c.Batch != 0
}

// NewProgram makes a program of a graph, to be compiled for every shape that
// comes.
func NewProgram(
	backend compute.Backend, model, name string, build func(in []*graph.Node) []*graph.Node,
) (*graph.Exec, error) {
	exec, err := graph.NewExec(backend, build)
	if err != nil {
		return nil, fmt.Errorf("layers: model %q: %w", model, err)
	}
	return exec.WithName(model + "/" + name).SetMaxCache(-1), nil
}

// stepArgs are a step's arguments: first those that stay, then the state that
// a step replaces.
type stepArgs[T any] struct {
	data                   dataArgs[T]
	order, count, seed     T
	rates                  []T // one for each optimizer
	classWeights           []T // none or one
	step, iterations       T
	sums, firstBad         T
	weights, slots, others []T
}

// fixed is the number of arguments before the state.
func fixed[T any](a *stepArgs[T]) int {
	return len(listData(&a.data)) + 3 + len(a.rates) + len(a.classWeights)
}

// orderPlace is the place of the order among the arguments.
func (s *trainStep) orderPlace() int { return 3*s.data.inputs + s.data.targets + s.data.weights }

// listStep puts the arguments in order.
func listStep[T any](a *stepArgs[T]) []T {
	return slices.Concat(
		listData(&a.data), []T{a.order, a.count, a.seed}, a.rates, a.classWeights,
		[]T{a.step, a.iterations, a.sums, a.firstBad}, a.weights, a.slots, a.others)
}

// parse is the inverse of listStep.
func (s *trainStep) parse(in []*graph.Node) *stepArgs[*graph.Node] {
	a := &stepArgs[*graph.Node]{}
	a.data, in = parseData(in, s.data)
	take := func(n int) []*graph.Node {
		head := in[:n:n]
		in = in[n:]
		return head
	}
	for _, p := range []**graph.Node{&a.order, &a.count, &a.seed} {
		*p = take(1)[0]
	}
	a.rates = take(len(s.Task.Rates()))
	if s.weighted {
		a.classWeights = take(1)
	}
	for _, p := range []**graph.Node{&a.step, &a.iterations, &a.sums, &a.firstBad} {
		*p = take(1)[0]
	}
	a.weights = take(len(s.Trainable))
	a.slots = take(len(s.Slots))
	a.others = take(len(s.Others))
	return a
}

// build is the program's graph.
func (s *trainStep) build(in []*graph.Node) []*graph.Node {
	f := s.once
	if s.repeat > 1 {
		f = s.repeated
	}
	out := f(in)
	if !s.NoAliasing {
		xla.Overwrite(in[0].Graph(), s.pick(in), out)
	}
	return out
}

// repeated does several steps in one execution: from all arguments to those of
// the state that they replace. Where the device is fast and steps are short, as
// on a GPU, starting an execution takes longer than a step. The number of steps
// is a constant: then XLA need not ask the device each time whether to go on.
//
// On XLA's CPU backend steps in a loop are 15 to 25 times slower: it runs the
// convolutions of a loop's body on a slow path.
func (s *trainStep) repeated(in []*graph.Node) []*graph.Node {
	g := in[0].Graph()
	// Also what stays is handed from step to step: an operation of go-xla 0.4.5
	// fails inside a loop where all its operands are from outside.
	parameters := func(g *graph.Graph) (count *graph.Node, list []*graph.Node) {
		count = graph.Parameter(g, "count", shapes.Make(dtypes.Int32))
		for i, node := range in {
			list = append(list, graph.Parameter(g, fmt.Sprintf("argument%d", i), node.Shape()))
		}
		return count, list
	}
	more := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
		count, _ := parameters(g)
		return []*graph.Node{graph.LessThan(count, graph.Const(g, int32(s.repeat)))}
	})
	step := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
		count, list := parameters(g)
		out := s.once(list)
		for i, place := range s.replaced(len(in), fixed(s.parse(in))) {
			list[place] = out[i]
		}
		return append([]*graph.Node{graph.AddScalar(count, 1)}, list...)
	})
	last := graph.While(more, step, append([]*graph.Node{graph.Const(g, int32(0))}, in...)...)
	return s.pick(last[1:])
}

// pick returns the arguments that a step replaces.
func (s *trainStep) pick(in []*graph.Node) (list []*graph.Node) {
	for _, i := range s.replaced(len(in), fixed(s.parse(in))) {
		list = append(list, in[i])
	}
	return list
}

// once is the graph of one training step: from all arguments to those of the
// state that it replaces.
func (s *trainStep) once(in []*graph.Node) []*graph.Node {
	a := s.parse(in)
	g := a.order.Graph()
	rows := s.rows(a)
	b := &Batch{Graph: g, Training: true, Values: map[Cell]*graph.Node{}, Size: s.Batch}
	b.read(&a.data, rows)
	b.Seed = graph.Add(a.seed, graph.ConvertDType(a.iterations, dtypes.Uint32))
	if !s.Stream { // whose examples have no place, and epochs no known length
		b.Rows, b.FitSeed = rows, a.seed
		b.Epoch = graph.DivScalar(graph.Sub(a.iterations, a.step), s.stepsOf())
	}
	for i, c := range s.Trainable {
		b.Values[c] = a.weights[i]
	}
	for i, c := range s.Others {
		b.Values[c] = a.others[i]
	}
	if s.partial {
		first := graph.MulScalar(a.step, s.Batch)
		if s.Stream {
			first = graph.ZerosLike(first)
		}
		places := positions(first, s.Batch)
		b.Mask = graph.ConvertDType(graph.LessThan(places, a.count), dtypes.Float32)
	}
	if s.weighted {
		b.ClassWeights = a.classWeights[0]
	}

	step := &Step{Rates: a.rates, Weights: slices.Clone(a.weights), Slots: slices.Clone(a.slots),
		Iteration: graph.ConvertDType(graph.AddScalar(a.iterations, 1), dtypes.Float32)}
	computed := s.Task.Train(b, step)

	out := []*graph.Node{
		graph.AddScalar(a.step, 1), graph.AddScalar(a.iterations, 1),
		graph.Add(a.sums, computed.sums()), firstNotFinite(a.firstBad, computed.Mean, a.step),
	}
	return slices.Concat(out, step.Weights, step.Slots, s.statistics(computed.Updates))
}

// stepsOf is the number of steps of an epoch.
func (s *trainStep) stepsOf() int { return (s.Examples + s.Batch - 1) / s.Batch }

// replaced are the places of those arguments that a step replaces by its
// results, in their order: the state, without the variables that the step does
// not change. fixed is the number of arguments before the state. It is known
// once the step is built.
func (s *trainStep) replaced(arguments, fixed int) []int {
	var places []int
	firstOther := arguments - len(s.Others)
	for i := fixed; i < arguments; i++ {
		if i < firstOther || s.updated[i-firstOther] {
			places = append(places, i)
		}
	}
	return places
}

// statistics returns the new values of cells that the forward pass itself
// changes, and notes which they are.
func (s *trainStep) statistics(updates map[Cell]*graph.Node) []*graph.Node {
	s.updated = make([]bool, len(s.Others))
	var out []*graph.Node
	for i, c := range s.Others {
		if value := updates[c]; value != nil {
			s.updated[i] = true
			out = append(out, value)
		}
	}
	return out
}

// positions returns first, first+1, … as int32 [batch].
func positions(first *graph.Node, batch int) *graph.Node {
	return graph.Add(first, graph.Iota(first.Graph(), shapes.Make(dtypes.Int32, batch), 0))
}

// firstNotFinite keeps the first step whose loss was NaN or infinite, so that
// it can be named though losses are read only now and then.
func firstNotFinite(known, loss, step *graph.Node) *graph.Node {
	none := graph.LessThan(known, graph.ScalarZero(known.Graph(), dtypes.Int32))
	return graph.Where(graph.LogicalAnd(none, graph.LogicalNot(graph.IsFinite(loss))), step, known)
}
