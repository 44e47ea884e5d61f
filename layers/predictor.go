package layers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/gocifar/gocifar/layers/internal/engine"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// predictor computes a model's outputs batch by batch. Batches cross to the
// device one at a time, filled up to one size, so that any number of examples
// runs through one compiled program.
type predictor struct {
	model  *Model
	policy DTypePolicy // of all layers; "" leaves each its own
	exec   *graph.Exec
}

func (m *Model) newPredictor(policy DTypePolicy) (*predictor, error) {
	backend, err := Backend()
	if err != nil {
		return nil, err
	}
	p := &predictor{model: m, policy: policy}
	p.exec, err = engine.NewProgram(backend, m.Name(), "predict", p.build)
	return p, err
}

// predictor returns the program of Predict, made on first use.
func (m *Model) predictor() (*predictor, error) {
	if m.predictions != nil {
		return m.predictions, nil
	}
	p, err := m.newPredictor("")
	if err != nil {
		return nil, err
	}
	m.predictions = p
	return p, nil
}

// A Stream computes a model's outputs for any range of examples, as Predict
// does, and hands them on batch by batch: for more of them than memory holds.
type Stream struct {
	predictor *predictor
	examples  *Examples
	batch     int
}

// Stream returns a stream of the model's outputs for examples, in batches of a
// size of at least 1. policy is that of all layers; "" leaves each its own.
// Close frees the compiled program.
func (m *Model) Stream(e *Examples, batch int, policy DTypePolicy) (*Stream, error) {
	if err := m.InitializeMissing(); err != nil {
		return nil, err
	}
	p, err := m.newPredictor(policy)
	if err != nil {
		return nil, err
	}
	return &Stream{p, e, batch}, nil
}

// Run computes the outputs of examples from..to (to excluded). do gets those of
// a batch that begins at example first: for each of the model's outputs the flat
// values of all its examples, which are valid until do returns.
func (s *Stream) Run(ctx context.Context, from, to int, do func(first int, outputs [][]float32)) error {
	return s.predictor.run(ctx, s.examples, from, to, s.batch, do)
}

// Of returns the stream of other examples of the same kind, by the same program.
func (s *Stream) Of(e *Examples) *Stream { return &Stream{s.predictor, e, s.batch} }

// Close frees the compiled program.
func (s *Stream) Close() { s.predictor.exec.Finalize() }

// build is the graph of one batch. Its arguments: the inputs' batches, scales and
// offsets, then all variables.
func (p *predictor) build(in []*graph.Node) []*graph.Node {
	inputs := len(p.model.inputs)
	nodes := map[*Variable]*graph.Node{}
	for i, v := range p.model.Variables() {
		nodes[v] = in[3*inputs+i]
	}
	pass := NewPass(in[0].Graph(), false, func(v *Variable) *graph.Node { return nodes[v] }, nil)
	pass.policy = p.policy
	x := make([]*graph.Node, inputs)
	for i := range x {
		x[i] = graph.Add(graph.Mul(graph.ConvertDType(in[i], dtypes.Float32), in[inputs+i]), in[2*inputs+i])
	}
	outputs := p.model.Forward(pass, x...)
	for i := range outputs {
		outputs[i] = pass.as(outputs[i], dtypes.Float32)
	}
	return outputs
}

// run predicts examples from..to in batches, and lends do the outputs of each.
func (p *predictor) run(
	ctx context.Context, e *Examples, from, to, batch int, do func(first int, outputs [][]float32),
) error {
	failed := func(err error) error {
		return fmt.Errorf("layers: predicting with model %q: %w", p.model.Name(), engine.ExplainMemory(err, batch))
	}
	backend, err := Backend()
	if err != nil {
		return err
	}
	args, release, err := p.args(backend, e)
	if err != nil {
		return failed(err)
	}
	defer release()
	for ; from < to; from += batch {
		if ctx.Err() != nil {
			return fmt.Errorf("layers: predicting with model %q: %w", p.model.Name(), context.Cause(ctx))
		}
		n := min(batch, to-from)
		results, err := p.call(backend, e.inputs(), args, from, from+n, batch)
		if err != nil {
			return failed(err)
		}
		if err := handOut(results, n, batch, func(outputs [][]float32) { do(from, outputs) }); err != nil {
			return failed(err)
		}
	}
	return nil
}

// runBatches predicts the batches of an epoch of a source, and lends do the
// outputs of each.
func (p *predictor) runBatches(ctx context.Context, b *batches, epoch Epoch, do func(outputs [][]float32)) error {
	b.open(ctx, epoch, 0)
	defer b.close()
	for {
		next, err := b.next(ctx)
		switch {
		case err == io.EOF:
			return nil
		case err != nil && ctx.Err() != nil:
			return fmt.Errorf("layers: predicting with model %q: %w", p.model.Name(), err)
		case err != nil:
			return err
		}
		var args []any
		for _, t := range slices.Concat(next.data.Values, next.data.Scales, next.data.Offsets) {
			args = append(args, t)
		}
		results, err := p.exec.Call(p.withVariables(args)...)
		next.data.Free()
		if err == nil {
			err = handOut(results, next.real, next.size, do)
		}
		if err != nil {
			return fmt.Errorf("layers: predicting with model %q: %w", p.model.Name(),
				engine.ExplainMemory(err, next.size))
		}
	}
}

// handOut lends do the outputs of a batch, without what fills it up from n
// examples to its size, and releases them.
func handOut(results []*tensors.Tensor, n, size int, do func(outputs [][]float32)) error {
	err := lend(results, nil, func(outputs [][]float32) {
		for i, values := range outputs {
			outputs[i] = values[:len(values)/size*n]
		}
		do(outputs)
	})
	for _, r := range results {
		engine.Release(r)
	}
	return err
}

// call computes one batch.
func (p *predictor) call(
	backend compute.Backend, inputs []Values, args []any, from, to, batch int,
) ([]*tensors.Tensor, error) {
	for i, v := range inputs {
		x, err := v.device(backend, from, to, batch)
		if err != nil {
			return nil, err
		}
		defer engine.Release(x)
		args[i] = x
	}
	return p.exec.Call(args...)
}

// args lists the program's arguments, the batches' places empty, and returns how
// to release what it made.
func (p *predictor) args(backend compute.Backend, e *Examples) (args []any, release func(), err error) {
	inputs := e.inputs()
	args = make([]any, len(inputs))
	var made []*tensors.Tensor
	release = func() {
		for _, t := range made {
			engine.Release(t)
		}
	}
	add := func(value float32) error {
		t, err := engine.ToDevice(backend, []float32{value}, shapes.Make(dtypes.Float32))
		if err == nil {
			made, args = append(made, t), append(args, t)
		}
		return err
	}
	for _, v := range inputs {
		err = errors.Join(err, add(v.scale()))
	}
	for _, v := range inputs {
		err = errors.Join(err, add(v.Offset))
	}
	if err != nil {
		release()
		return nil, nil, err
	}
	return p.withVariables(args), release, nil
}

// withVariables adds the variables to a program's arguments.
func (p *predictor) withVariables(args []any) []any {
	for _, v := range p.model.Variables() {
		args = append(args, v.Value)
	}
	return args
}

// lend calls do with the flat values of tensors, which stay the tensors'.
func lend(results []*tensors.Tensor, lent [][]float32, do func([][]float32)) error {
	if len(results) == 0 {
		do(lent)
		return nil
	}
	var inner error
	err := tensors.ConstFlatData(results[0], func(values []float32) {
		inner = lend(results[1:], append(lent, values), do)
	})
	return errors.Join(err, inner)
}

// device copies examples from..to to the device, filled up with zeros to
// batch rows.
func (e *Values) device(backend compute.Backend, from, to, batch int) (*tensors.Tensor, error) {
	size := Shape(e.Shape).Size()
	dims := append([]int{batch}, e.Shape...)
	if e.Bytes != nil {
		return engine.ToDevice(backend, filled(e.Bytes[from*size:to*size], batch*size), shapes.Make(dtypes.Uint8, dims...))
	}
	return engine.ToDevice(backend, filled(e.Floats[from*size:to*size], batch*size), shapes.Make(dtypes.Float32, dims...))
}

// filled returns values, or a copy extended by zeros to n of them.
func filled[T any](values []T, n int) []T {
	if len(values) == n {
		return values
	}
	out := make([]T, n)
	copy(out, values)
	return out
}
