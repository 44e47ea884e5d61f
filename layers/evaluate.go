package layers

import (
	"context"
	"fmt"
	"slices"
)

// Evaluate returns loss and metrics over labeled examples.
func (m *Model) Evaluate(ctx context.Context, data Source, list ...EvaluateOption) (Logs, error) {
	o := gather(list)
	_, err := m.readyToTrain()
	if err == nil {
		err = o.check()
	}
	if err != nil {
		return nil, err
	}
	figures, _, err := m.figures()
	if err != nil {
		return nil, err
	}
	started := newStopwatch()
	measure := m.evaluateBatches
	if e, ok := inMemory(data); ok {
		measure = func(ctx context.Context, _ Source, o *options) ([]float32, int, error) {
			return m.evaluateExamples(ctx, e, o)
		}
	}
	sums, steps, err := measure(ctx, data, o)
	if err != nil {
		return nil, err
	}
	logs := logsOf(figures, sums)
	if o.verbose == Lines || o.verbose == Bar {
		newReporter(o, steps).line(o.form.Line(steps, started(), logs, names(figures)))
	}
	return logs, nil
}

// evaluateExamples returns the sums over examples in memory, and the steps that
// took.
func (m *Model) evaluateExamples(ctx context.Context, examples *Examples, o *options) ([]float32, int, error) {
	err := m.checkExamples(examples, "the data", true)
	if err == nil {
		err = m.InitializeMissing()
	}
	if err != nil {
		return nil, 0, err
	}
	backend, err := Backend()
	if err != nil {
		return nil, 0, err
	}
	data, err := examples.upload(backend)
	if err != nil {
		return nil, 0, err
	}
	defer data.Free()
	e, err := m.evaluator(data, o.batchSize())
	if err != nil {
		return nil, 0, err
	}
	sums, err := e.Measure(ctx, data, 0, examples.Len())
	return sums, stepsOf(examples.Len(), o.batchSize()), err
}

// evaluateBatches does the same for a source.
func (m *Model) evaluateBatches(ctx context.Context, source Source, o *options) ([]float32, int, error) {
	b, err := m.batchesOf(source, "the data", true)
	if err == nil {
		err = m.InitializeMissing()
	}
	if err != nil {
		return nil, 0, err
	}
	sums, steps, err := b.measured(ctx, o.measuringEpoch(uint64(m.seed)))
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("layers: evaluating model %q: %w", m.Name(), err)
	}
	return sums, steps, err
}

// measuringEpoch is what is asked of a source that is not trained on.
func (o *options) measuringEpoch(seed uint64) Epoch {
	return Epoch{BatchSize: o.batchSize(), Seed: seed}
}

// inMemory returns examples that are in memory, nil where there are none at all.
func inMemory(data Source) (e *Examples, ok bool) {
	if data == nil {
		return nil, true
	}
	e, ok = data.(*Examples)
	return e, ok
}

// Predict returns the model's output for each example, flat: the
// probabilities of the classes where it ends in a softmax. Labels are not
// needed. Of a model with several outputs it returns the first: see PredictAll.
func (m *Model) Predict(ctx context.Context, data Source, list ...PredictOption) ([][]float32, error) {
	all, err := m.PredictAll(ctx, data, list...)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// PredictAll returns for each of the model's outputs what Predict does.
func (m *Model) PredictAll(ctx context.Context, data Source, list ...PredictOption) ([][][]float32, error) {
	o := gather(list)
	err := o.check()
	examples, ok := inMemory(data)
	if err == nil && !ok {
		return m.predictBatches(ctx, data, o)
	}
	if err == nil {
		err = m.checkExamples(examples, "the data", false)
	}
	if err == nil {
		err = m.InitializeMissing()
	}
	if err != nil {
		return nil, err
	}
	p, err := m.predictor()
	if err != nil {
		return nil, err
	}
	batch := o.batchSize()
	if o.batch == 0 && examples.Len() >= 1024 {
		batch = 256
	}
	all := make([][][]float32, len(m.outputs))
	for i := range all {
		all[i] = make([][]float32, 0, examples.Len())
	}
	err = p.run(ctx, examples, 0, examples.Len(), batch, func(_ int, outputs [][]float32) { m.collect(all, outputs) })
	if err != nil {
		return nil, err
	}
	return all, nil
}

// predictBatches does what PredictAll does, for a source.
func (m *Model) predictBatches(ctx context.Context, source Source, o *options) ([][][]float32, error) {
	b, err := m.batchesOf(source, "the data", false)
	if err == nil {
		err = m.InitializeMissing()
	}
	if err != nil {
		return nil, err
	}
	p, err := m.predictor()
	if err != nil {
		return nil, err
	}
	all := make([][][]float32, len(m.outputs))
	err = p.runBatches(ctx, b, o.measuringEpoch(uint64(m.seed)), func(outputs [][]float32) { m.collect(all, outputs) })
	if err != nil {
		return nil, err
	}
	return all, nil
}

// collect adds the outputs of a batch to those so far, a slice for each example.
func (m *Model) collect(all [][][]float32, outputs [][]float32) {
	for k, values := range outputs {
		width := m.outputs[k].shape.Size()
		for values := slices.Clone(values); len(values) > 0; values = values[width:] {
			all[k] = append(all[k], values[:width:width])
		}
	}
}
