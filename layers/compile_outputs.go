package layers

import (
	"fmt"
	"slices"
)

// OutputLoss says how one output of a model is trained: see [ForOutput].
type OutputLoss struct {
	name     string
	loss     Loss
	weight   *float64
	metrics  []Metric
	weighted []Metric
}

// ForOutput says what the output of a layer is compared with: a loss, nil for
// none. The name may be empty where the model has one output.
func ForOutput(name string, loss Loss) *OutputLoss { return &OutputLoss{name: name, loss: loss} }

// Weight multiplies the output's loss in the sum of all. Default 1.
func (o *OutputLoss) Weight(weight float64) *OutputLoss {
	o.weight = &weight
	return o
}

// Metrics are watched for this output. Weights of examples do not count in them.
func (o *OutputLoss) Metrics(metrics ...Metric) *OutputLoss {
	o.metrics = append(o.metrics, metrics...)
	return o
}

// WeightedMetrics are watched for this output. Weights of examples and of
// classes count in them.
func (o *OutputLoss) WeightedMetrics(metrics ...Metric) *OutputLoss {
	o.weighted = append(o.weighted, metrics...)
	return o
}

// CompileOutputs is [Model.Compile] for models of several outputs, and for
// weights of losses and weighted metrics:
//
//	model.CompileOutputs(layers.Adam(0.001),
//		layers.ForOutput("age", layers.MeanAbsoluteError).Weight(0.1),
//		layers.ForOutput("breed", layers.CategoricalCrossEntropy).Metrics(layers.Accuracy))
//
// Training makes the weighted sum of the losses small. Logs have it as "loss",
// each loss as "age_loss", and metrics as "breed_accuracy"; with one output
// metrics have their own names. Outputs that are not named have no loss.
func (m *Model) CompileOutputs(optimizer Optimizer, outputs ...*OutputLoss) error {
	return m.compile(&compiled{optimizer: optimizer, told: outputs})
}

// output is one output of a compiled model.
type output struct {
	name    string
	loss    Loss // nil for none
	weight  float64
	metrics []watched
}

// watched is a metric of an output.
type watched struct {
	Metric
	weighted bool
	counts   bool   // what it is the mean of, since a mask may leave steps out
	name     string // in the logs
}

// compiledOutputs lists what Compile was told, in the order of the model's
// outputs.
func (m *Model) compiledOutputs() ([]output, error) {
	c := m.compiled
	if c.told == nil {
		return nil, nil // a step of one's own
	}
	outputs := make([]output, len(m.outputs))
	if c.everywhere && len(outputs) > 1 {
		return nil, fmt.Errorf("layers: model %q has %d outputs; Compile is for one, CompileOutputs for several",
			m.Name(), len(outputs))
	}
	for i := range outputs {
		outputs[i].name = m.outputs[i].Layer().Name()
	}
	for _, told := range c.told {
		i := slices.IndexFunc(outputs, func(o output) bool { return o.name == told.name })
		if told.name == "" && len(outputs) == 1 {
			i = 0
		}
		if i < 0 {
			var names []string
			for _, o := range outputs {
				names = append(names, o.name)
			}
			return nil, fmt.Errorf("layers: model %q has no output %q; it has %q", m.Name(), told.name, names)
		}
		o := &outputs[i]
		if o.loss != nil || o.metrics != nil {
			return nil, fmt.Errorf("layers: model %q: output %q is named twice", m.Name(), o.name)
		}
		o.loss, o.weight = told.loss, 1
		if told.weight != nil {
			o.weight = *told.weight
		}
		o.metrics = []watched{}
		masks := m.masks()
		for _, metric := range told.metrics {
			o.metrics = append(o.metrics, watched{Metric: metric, counts: masks})
		}
		for _, metric := range told.weighted {
			o.metrics = append(o.metrics, watched{Metric: metric, weighted: true, counts: masks})
		}
	}
	return outputs, nameMetrics(outputs)
}

// nameMetrics gives the metrics their names in the logs, as Keras' CompileMetrics
// does: the output's name in front where there are several, weighted_ where the
// name is taken.
func nameMetrics(outputs []output) error {
	taken := map[string]bool{"loss": true, "learning_rate": true}
	for _, o := range outputs {
		taken[o.name+"_loss"] = len(outputs) > 1
	}
	for _, weighted := range []bool{false, true} {
		for i := range outputs {
			for j := range outputs[i].metrics {
				w := &outputs[i].metrics[j]
				if w.weighted != weighted {
					continue
				}
				w.name = w.Name()
				front := ""
				if len(outputs) > 1 {
					front = outputs[i].name + "_"
				}
				if w.name = front + w.Name(); weighted && taken[w.name] {
					w.name = front + "weighted_" + w.Name()
				}
				if taken[w.name] {
					return fmt.Errorf("layers: there are two metrics of the name %q", w.name)
				}
				taken[w.name] = true
			}
		}
	}
	return nil
}
