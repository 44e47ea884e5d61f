package layers

import (
	"context"
	"fmt"

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
	model *Model
	exec  *graph.Exec
}

// predictor returns the program, made on first use.
func (m *Model) predictor() (*predictor, error) {
	if m.predictions != nil {
		return m.predictions, nil
	}
	p := &predictor{model: m}
	var err error
	if p.exec, err = m.program("predict", p.build); err != nil {
		return nil, err
	}
	m.predictions = p
	return p, nil
}

// program makes a program of a graph, to be compiled for every shape that comes.
func (m *Model) program(name string, build func(in []*graph.Node) []*graph.Node) (*graph.Exec, error) {
	backend, err := Backend()
	if err != nil {
		return nil, err
	}
	exec, err := graph.NewExec(backend, build)
	if err != nil {
		return nil, fmt.Errorf("layers: model %q: %w", m.Name(), err)
	}
	return exec.WithName(m.Name() + "/" + name).SetMaxCache(-1), nil
}

// build is the graph of one batch. Its arguments: the batch, scale, offset,
// then all variables.
func (p *predictor) build(in []*graph.Node) []*graph.Node {
	nodes := map[*Variable]*graph.Node{}
	for i, v := range p.model.Variables() {
		nodes[v] = in[3+i]
	}
	pass := NewPass(in[0].Graph(), false, func(v *Variable) *graph.Node { return nodes[v] }, nil)
	x := graph.Add(graph.Mul(graph.ConvertDType(in[0], dtypes.Float32), in[1]), in[2])
	outputs := p.model.Forward(pass, x)
	for i := range outputs {
		outputs[i] = pass.as(outputs[i], dtypes.Float32)
	}
	return outputs
}

// run predicts all examples and hands each one's flat output to row, in
// order.
func (p *predictor) run(ctx context.Context, e *Examples, batch int, row func(i int, output []float32)) error {
	backend, err := Backend()
	if err != nil {
		return err
	}
	for from := 0; from < e.Len(); from += batch {
		if ctx.Err() != nil {
			return fmt.Errorf("layers: predicting with model %q: %w", p.model.Name(), context.Cause(ctx))
		}
		to := min(from+batch, e.Len())
		x, err := e.device(backend, from, to, batch)
		if err != nil {
			return err
		}
		args := []any{x, e.scale(), e.Offset}
		for _, v := range p.model.Variables() {
			args = append(args, v.Value)
		}
		out, err := p.exec.Call(args...)
		release(x)
		if err != nil {
			return fmt.Errorf("layers: predicting with model %q: %w", p.model.Name(), explainMemory(err, batch))
		}
		values, err := tensors.CopyFlatData[float32](out[0])
		release(out[0])
		if err != nil {
			return fmt.Errorf("layers: predicting with model %q: %w", p.model.Name(), err)
		}
		width := len(values) / batch
		for i := from; i < to; i++ {
			row(i, values[(i-from)*width:(i-from+1)*width:(i-from+1)*width])
		}
	}
	return nil
}

// device copies examples from..to to the device, filled up with zeros to
// batch rows.
func (e *Examples) device(backend compute.Backend, from, to, batch int) (*tensors.Tensor, error) {
	size := Shape(e.Shape).Size()
	dims := append([]int{batch}, e.Shape...)
	if e.Bytes != nil {
		return toDevice(backend, filled(e.Bytes[from*size:to*size], batch*size), shapes.Make(dtypes.Uint8, dims...))
	}
	return toDevice(backend, filled(e.Floats[from*size:to*size], batch*size), shapes.Make(dtypes.Float32, dims...))
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
