package engine

import (
	"context"
	"fmt"

	"github.com/gocifar/gocifar/layers/xlaplugin"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Evaluator measures loss and metrics over a range of examples on the device.
type Evaluator struct {
	backend compute.Backend
	task    Task
	cells   []Cell
	data    dataCounts
	batch   int
	exec    *graph.Exec
}

// Evaluator returns the program for such data and a batch size, made on first
// use; cells are all that the model has.
func (p Programs) Evaluator(
	backend compute.Backend, task Task, cells []Cell, data *Data, batch int,
) (*Evaluator, error) {
	key := fmt.Sprint("evaluate ", batch, countData(&data.dataArgs))
	if known, ok := p[key].(*Evaluator); ok {
		return known, nil
	}
	e := &Evaluator{backend: backend, task: task, cells: cells, data: countData(&data.dataArgs), batch: batch}
	var err error
	if e.exec, err = NewProgram(backend, task.Name(), "evaluate", e.build); err != nil {
		return nil, err
	}
	p[key] = e
	return e, nil
}

// build is the graph of one batch. Its arguments: the data, the end of the
// range, then position and sums, which it replaces, then all cells.
func (e *Evaluator) build(in []*graph.Node) []*graph.Node {
	data, rest := parseData(in, e.data)
	end, position, sums := rest[0], rest[1], rest[2]
	rows := positions(position, e.batch)
	b := &Batch{Graph: end.Graph(), Values: map[Cell]*graph.Node{}, Size: e.batch,
		Mask: graph.ConvertDType(graph.LessThan(rows, end), dtypes.Float32)}
	for i, c := range e.cells {
		b.Values[c] = rest[3+i]
	}
	b.read(&data, graph.Min(rows, graph.AddScalar(end, -1))) // rows beyond the end are masked
	return []*graph.Node{graph.AddScalar(position, e.batch), graph.Add(sums, e.task.Measure(b).sums())}
}

// Measure returns the sums over examples from..to (to excluded), as the
// Trainer's Totals does.
func (e *Evaluator) Measure(ctx context.Context, data *Data, from, to int) ([]float32, error) {
	m, err := e.Begin()
	if err != nil {
		return nil, err
	}
	defer m.Free()
	if err := m.add(ctx, data, from, to); err != nil {
		return nil, err
	}
	return m.Sums()
}

// Measurement is a measuring in progress.
type Measurement struct {
	*Evaluator
	sums  *tensors.Tensor
	ahead xlaplugin.Ahead
	held  []func() // release what the last batch reads
}

// Begin starts with sums of zero. The Measurement has to be freed.
func (e *Evaluator) Begin() (m *Measurement, err error) {
	m = &Measurement{Evaluator: e}
	n := 1 + e.task.Sums()
	m.sums, err = ToDevice(e.backend, make([]float32, n), shapes.Make(dtypes.Float32, n))
	return m, err
}

// Add starts to measure a batch that UploadBatch made, of so many examples. The
// batch is the Measurement's from then on.
func (m *Measurement) Add(ctx context.Context, batch *Data, count int) error {
	before := m.held
	m.held = []func(){batch.Free}
	err := m.add(ctx, batch, 0, count)
	if err != nil {
		_ = m.ahead.Wait()
	}
	for _, release := range before { // its execution has ended
		release()
	}
	return err
}

// add measures examples from..to of data, which has to stay until Sums or Free.
func (m *Measurement) add(ctx context.Context, data *Data, from, to int) error {
	e := m.Evaluator
	end, err := ToDevice(e.backend, []int32{int32(to)}, shapes.Make(dtypes.Int32))
	if err != nil {
		return err
	}
	position, err := ToDevice(e.backend, []int32{int32(from)}, shapes.Make(dtypes.Int32))
	if err != nil {
		return err
	}
	m.held = append(m.held, func() { Release(end); Release(position) })
	for row := from; row < to; row += e.batch {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("layers: evaluating model %q: %w", e.task.Name(), context.Cause(ctx))
		}
		var args []any
		for _, t := range append(listData(&data.dataArgs), end) {
			args = append(args, t)
		}
		for _, t := range []*tensors.Tensor{position, m.sums} {
			donated, err := graph.DonateTensorBuffer(t, e.backend, 0)
			if err != nil {
				return err
			}
			args = append(args, donated)
		}
		for _, c := range e.cells {
			args = append(args, *c)
		}
		out, err := callAhead(&m.ahead, e.exec, args)
		if err != nil {
			return fmt.Errorf("layers: evaluating model %q: %w", e.task.Name(), ExplainMemory(err, e.batch))
		}
		position, m.sums = out[0], out[1]
	}
	return nil
}

// Sums waits for all batches and returns their sums.
func (m *Measurement) Sums() ([]float32, error) {
	if err := m.ahead.Wait(); err != nil {
		return nil, fmt.Errorf("layers: evaluating model %q: %w", m.task.Name(), ExplainMemory(err, m.batch))
	}
	vector, err := tensors.CopyFlatData[float32](m.sums)
	if err != nil {
		return nil, fmt.Errorf("layers: reading the metrics: %w", err)
	}
	return vector, nil
}

// Free releases the sums and the batches.
func (m *Measurement) Free() {
	_ = m.ahead.Wait()
	for _, release := range m.held {
		release()
	}
	Release(m.sums)
}
