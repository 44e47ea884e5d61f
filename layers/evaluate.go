package layers

import (
	"context"
	"slices"
)

// Evaluate returns loss and metrics over labeled examples.
func (m *Model) Evaluate(ctx context.Context, examples *Examples, list ...EvaluateOption) (Logs, error) {
	o := gather(list)
	_, err := m.readyToTrain()
	if err == nil {
		err = o.check()
	}
	if err == nil {
		err = m.checkExamples(examples, "the data", true)
	}
	if err == nil {
		err = m.InitializeMissing()
	}
	if err != nil {
		return nil, err
	}
	backend, err := Backend()
	if err != nil {
		return nil, err
	}
	figures, _, err := m.figures()
	if err != nil {
		return nil, err
	}
	data, err := examples.upload(backend)
	if err != nil {
		return nil, err
	}
	defer data.Free()
	e, err := m.evaluator(data, o.batchSize())
	if err != nil {
		return nil, err
	}
	started := newStopwatch()
	sums, err := e.Measure(ctx, data, 0, examples.Len())
	if err != nil {
		return nil, err
	}
	logs := logsOf(figures, sums)
	if o.verbose == Lines || o.verbose == Bar {
		steps := (examples.Len() + o.batchSize() - 1) / o.batchSize()
		newReporter(o, steps).line(o.form.Line(steps, started(), logs, names(figures)))
	}
	return logs, nil
}

// Predict returns the model's output for each example, flat: the
// probabilities of the classes where it ends in a softmax. Labels are not
// needed. Of a model with several outputs it returns the first: see PredictAll.
func (m *Model) Predict(ctx context.Context, examples *Examples, list ...PredictOption) ([][]float32, error) {
	all, err := m.PredictAll(ctx, examples, list...)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// PredictAll returns for each of the model's outputs what Predict does.
func (m *Model) PredictAll(ctx context.Context, examples *Examples, list ...PredictOption) ([][][]float32, error) {
	o := gather(list)
	err := o.check()
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
		all[i] = make([][]float32, examples.Len())
	}
	err = p.run(ctx, examples, 0, examples.Len(), batch, func(first int, outputs [][]float32) {
		for k, values := range outputs {
			width := m.outputs[k].shape.Size()
			for i, values := first, slices.Clone(values); len(values) > 0; i++ {
				all[k][i], values = values[:width:width], values[width:]
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}
