package layers

import (
	"context"
	"fmt"

	"github.com/gocifar/gocifar/layers/xlaplugin"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// evaluator measures loss and metrics over a range of examples on the device.
type evaluator struct {
	model *Model
	batch int
	exec  *graph.Exec
}

// evaluator returns the program for a batch size, made on first use.
func (c *compiled) evaluator(m *Model, batch int) (*evaluator, error) {
	if known := c.evaluators[batch]; known != nil {
		return known, nil
	}
	e := &evaluator{model: m, batch: batch}
	var err error
	if e.exec, err = m.program("evaluate", e.build); err != nil {
		return nil, err
	}
	c.evaluators[batch] = e
	return e, nil
}

// build is the graph of one batch. Its arguments: values, targets, scale,
// offset, the end of the range, then position and sums, which it replaces,
// then all variables.
func (e *evaluator) build(in []*graph.Node) []*graph.Node {
	values, targets, scale, offset, end, position, sums := in[0], in[1], in[2], in[3], in[4], in[5], in[6]
	nodes := map[*Variable]*graph.Node{}
	for i, v := range e.model.Variables() {
		nodes[v] = in[7+i]
	}
	rows := positions(position, e.batch)
	pass := NewPass(values.Graph(), false, func(v *Variable) *graph.Node { return nodes[v] }, nil)
	pass.Mask = graph.ConvertDType(graph.LessThan(rows, end), dtypes.Float32)
	rows = graph.Min(rows, graph.AddScalar(end, -1)) // rows beyond the end are masked
	outputs := pass.as(e.model.Forward(pass, readInputs(values, rows, scale, offset))[0], dtypes.Float32)
	measured := e.model.compiled.measure(pass, graph.Gather(targets, graph.ExpandAxes(rows, -1)), outputs, e.batch)
	return []*graph.Node{graph.AddScalar(position, e.batch), graph.Add(sums, measured.vector())}
}

// measure returns the means over examples from..to (to excluded).
func (e *evaluator) measure(ctx context.Context, data *deviceData, from, to int) (Logs, error) {
	backend, err := Backend()
	if err != nil {
		return nil, err
	}
	c := e.model.compiled
	end, err := toDevice(backend, []int32{int32(to)}, shapes.Make(dtypes.Int32))
	if err != nil {
		return nil, err
	}
	defer release(end)
	position, err := toDevice(backend, []int32{int32(from)}, shapes.Make(dtypes.Int32))
	if err != nil {
		return nil, err
	}
	sums, err := toDevice(backend, make([]float32, 2+len(c.metrics)), shapes.Make(dtypes.Float32, 2+len(c.metrics)))
	if err != nil {
		return nil, err
	}
	var ahead xlaplugin.Ahead
	defer func() { _ = ahead.Wait() }() // after an error: data may be freed
	for row := from; row < to; row += e.batch {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("layers: evaluating model %q: %w", e.model.Name(), context.Cause(ctx))
		}
		args := []any{data.values, data.targets, data.scale, data.offset, end}
		for _, t := range []*tensors.Tensor{position, sums} {
			donated, err := graph.DonateTensorBuffer(t, backend, 0)
			if err != nil {
				return nil, err
			}
			args = append(args, donated)
		}
		for _, v := range e.model.Variables() {
			args = append(args, v.Value)
		}
		out, err := callAhead(&ahead, e.exec, args)
		if err != nil {
			return nil, fmt.Errorf("layers: evaluating model %q: %w", e.model.Name(), explainMemory(err, e.batch))
		}
		position, sums = out[0], out[1]
	}
	defer release(position)
	defer release(sums)
	if err := ahead.Wait(); err != nil {
		return nil, fmt.Errorf("layers: evaluating model %q: %w", e.model.Name(), explainMemory(err, e.batch))
	}
	vector, err := tensors.CopyFlatData[float32](sums)
	if err != nil {
		return nil, fmt.Errorf("layers: reading the metrics: %w", err)
	}
	return c.means(vector), nil
}
