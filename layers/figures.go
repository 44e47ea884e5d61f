package layers

import (
	"fmt"
)

// figure is something that training measures: its name in the logs, and how it
// comes from the sums over an epoch.
type figure struct {
	name   string
	larger bool // is better
	at     int  // the place of its sums
	shapes []Shape
	result func(state [][]float32, count float64) []float64
	names  []string // where there are several results
}

// figures lists what training measures, the loss first, and how many sums that
// takes beside the number of examples.
func (m *Model) figures() (list []figure, sums int, err error) {
	if step := m.compiled.step; step != nil {
		for i, name := range step.names {
			list = append(list, meanFigure(name, i))
		}
		return list, len(list), nil
	}
	outputs, err := m.compiledOutputs()
	if err != nil {
		return nil, 0, err
	}
	list = append(list, meanFigure("loss", 0))
	sums = 1
	if losses := lossesOf(outputs); len(losses) > 1 {
		for i, o := range losses {
			list = append(list, batchFigure(o.name+"_loss", sums, len(losses)-i))
			sums++
		}
		sums++ // the number of batches
	}
	for i, o := range outputs {
		for _, w := range o.metrics {
			f, err := w.figure(m.outputs[i].shape)
			if err != nil {
				return nil, 0, fmt.Errorf("layers: model %q: metric %s: %w", m.Name(), w.name, err)
			}
			f.at = sums
			for _, s := range f.shapes {
				sums += s.Size()
			}
			list = append(list, f)
		}
	}
	return list, sums, nil
}

func lossesOf(outputs []output) (list []output) {
	for _, o := range outputs {
		if o.loss != nil {
			list = append(list, o)
		}
	}
	return list
}

// meanFigure divides a sum by the number of examples.
func meanFigure(name string, at int) figure {
	return figure{name: name, at: at, shapes: []Shape{{}},
		result: func(state [][]float32, count float64) []float64 { return []float64{float64(state[0][0]) / count} }}
}

// batchFigure is the mean over the batches, as Keras has those of single
// outputs: a last batch that is smaller counts as much as the others. Their number
// lies so many places after the sum.
func batchFigure(name string, at, after int) figure {
	return figure{name: name, at: at, shapes: []Shape{{after}, {}},
		result: func(state [][]float32, _ float64) []float64 {
			return []float64{ratio(float64(state[0][0]), float64(state[1][0]))}
		}}
}

// figure is how the metric comes from its sums, for outputs of a shape.
func (w *watched) figure(outputs Shape) (f figure, err error) {
	if state, ok := w.Metric.(StateMetric); ok {
		f = figure{name: w.name, result: func(sums [][]float32, _ float64) []float64 { return state.Result(sums) }}
		if f.shapes, err = state.State(outputs); err != nil {
			return f, err
		}
		f.larger = w.LargerIsBetter()
		var zeros [][]float32
		for _, s := range f.shapes {
			zeros = append(zeros, make([]float32, s.Size()))
		}
		if n := len(state.Result(zeros)); n != 1 {
			for i := range n {
				f.names = append(f.names, fmt.Sprintf("%s_%d", w.name, i))
			}
		}
		return f, nil
	}
	f = meanFigure(w.name, 0)
	if w.weighted || w.counts {
		f.shapes = []Shape{{}, {}}
		f.result = func(state [][]float32, _ float64) []float64 {
			if state[1][0] == 0 {
				return []float64{0} // as Keras' divide_no_nan
			}
			return []float64{float64(state[0][0]) / float64(state[1][0])}
		}
	}
	f.larger = w.LargerIsBetter()
	return f, nil
}

// all are the names of the figure's results.
func (f *figure) all() []string {
	if f.names != nil {
		return f.names
	}
	return []string{f.name}
}

// names lists what training measures, the loss first.
func names(figures []figure) (list []string) {
	for _, f := range figures {
		list = append(list, f.all()...)
	}
	return list
}

// logsOf turns an epoch's sums, the number of examples first, into figures by
// name; nil where nothing was counted.
func logsOf(figures []figure, sums []float32) Logs {
	if sums[0] == 0 {
		return nil
	}
	logs := Logs{}
	for _, f := range figures {
		var state [][]float32
		rest := sums[1+f.at:]
		for _, s := range f.shapes {
			state, rest = append(state, rest[:s.Size()]), rest[s.Size():]
		}
		values := f.result(state, float64(sums[0]))
		for i, name := range f.all() {
			logs[name] = values[i]
		}
	}
	return logs
}
