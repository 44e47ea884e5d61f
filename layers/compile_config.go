package layers

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// CompileConfig is how the model was compiled, as Keras' get_compile_config
// has it: the object compile_config in config.json of a .keras file. It is nil
// for a model that is not compiled, for a step of one's own, and for an
// optimizer, schedule, loss or metric that is not registered: see
// [RegisterOptimizer].
func (m *Model) CompileConfig() map[string]any {
	c := m.compiled
	if c == nil || c.err != nil || c.step != nil {
		return nil
	}
	config := map[string]any{"optimizer": saveOptimizer(c.optimizer), "loss_weights": nil, "weighted_metrics": nil,
		"run_eagerly": false, "steps_per_execution": 1, "jit_compile": false}
	complete := config["optimizer"] != nil
	keep := func(key string, values map[string]any) {
		for _, v := range values {
			complete = complete && v != nil && !slices.Contains(listOf(v), nil)
		}
		if len(m.outputs) > 1 {
			config[key] = values
			return
		}
		for _, v := range values {
			config[key] = v
		}
	}
	losses, weights, metrics, weighted := c.saved(func(name string) string { return name })
	keep("loss", losses)
	if keep("metrics", metrics); len(weights) > 0 {
		for name := range losses { // Keras wants all or none
			if weights[name] == nil {
				weights[name] = 1.0
			}
		}
		keep("loss_weights", weights)
	}
	if len(weighted) > 0 {
		keep("weighted_metrics", weighted)
	}
	if !complete {
		return nil
	}
	return config
}

// listOf is a list, or an empty one.
func listOf(v any) []any {
	list, _ := v.([]any)
	return list
}

// saved are losses, weights and metrics as files hold them, by output.
func (c *compiled) saved(key func(string) string) (losses, weights, metrics, weighted map[string]any) {
	losses, weights, metrics, weighted = map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}
	all := func(list []Metric) []any {
		out := []any{}
		for _, metric := range list {
			out = append(out, metricClasses.save(metric))
		}
		return out
	}
	for _, o := range c.told {
		name := key(o.name)
		if o.loss != nil {
			losses[name] = lossClasses.save(o.loss)
		}
		if o.weight != nil {
			weights[name] = *o.weight
		}
		if metrics[name] = all(o.metrics); o.weighted != nil {
			weighted[name] = all(o.weighted)
		}
	}
	return losses, weights, metrics, weighted
}

// saveOptimizer is the form in which files hold an optimizer; nil if they
// cannot, as where its schedule is a function.
func saveOptimizer(o Optimizer) any {
	for _, inner := range optimizers(o) {
		if s := settingsOf(inner); s != nil && s.schedule != nil && scheduleClasses.save(s.schedule) == nil {
			return nil
		}
	}
	return optimizerClasses.save(o)
}

// CompileFromConfig compiles the model as Keras' compile_from_config does,
// from what CompileConfig returns, from compile_config of a .keras file, or
// from training_config of an .h5 file. What is not supported here is an error,
// which the model keeps until Compile is called: Fit and Evaluate return it.
func (m *Model) CompileFromConfig(config map[string]any) error {
	object := config["optimizer"]
	if object == nil {
		object = config["optimizer_config"] // of .h5 files
	}
	optimizer, err := optimizerFromConfig(object)
	if err != nil {
		return m.RefuseToTrain(err)
	}
	outputs, err := m.outputsFromConfig(config)
	if err != nil {
		return m.RefuseToTrain(err)
	}
	return m.CompileOutputs(optimizer, outputs...)
}

// RefuseToTrain makes Fit and Evaluate return an error with this reason until
// Compile is called. Readers of files use it where a file says how a model was
// trained, but not in a way that could be gone on with here.
func (m *Model) RefuseToTrain(reason error) error {
	err := fmt.Errorf("layers: model %q cannot go on training as it was: %w; call Compile to train it anew",
		m.Name(), reason)
	m.compiled = &compiled{err: err}
	return err
}

// outputsFromConfig reads losses, their weights and metrics, which are lists in
// the order of the outputs, or objects by their names.
func (m *Model) outputsFromConfig(config map[string]any) ([]*OutputLoss, error) {
	if len(m.outputs) == 0 {
		return nil, errors.New("the model has no output yet")
	}
	names := make([]string, len(m.outputs))
	for i, t := range m.outputs {
		names[i] = t.Layer().Name()
	}
	outputs := make([]*OutputLoss, len(names))
	for i, name := range names {
		outputs[i] = ForOutput(name, nil)
	}
	each := func(key string, read func(o *OutputLoss, v any) error) error {
		values, err := byOutput(names, config[key], key)
		for i, v := range values {
			if v != nil && err == nil {
				err = read(outputs[i], v)
			}
		}
		return err
	}
	err := errors.Join(
		each("loss", func(o *OutputLoss, v any) (err error) {
			o.loss, err = lossClasses.load(v, "name", "fn", "dtype", "reduction")
			return err
		}),
		each("loss_weights", func(o *OutputLoss, v any) error {
			weight, ok := v.(float64)
			if o.weight = &weight; !ok {
				return fmt.Errorf("loss_weights wants numbers, got %v", v)
			}
			return nil
		}),
		each("metrics", func(o *OutputLoss, v any) (err error) { o.metrics, err = metricsFromConfig(v); return err }),
		each("weighted_metrics", func(o *OutputLoss, v any) (err error) {
			o.weighted, err = metricsFromConfig(v)
			return err
		}))
	return outputs, err
}

// byOutput spreads a setting over the outputs.
func byOutput(names []string, v any, key string) ([]any, error) {
	values := make([]any, len(names))
	switch v := v.(type) {
	case nil:
		return values, nil
	case map[string]any:
		if _, object := v["class_name"]; object {
			break
		}
		for name, of := range v {
			i := slices.Index(names, name)
			if i < 0 {
				return nil, fmt.Errorf("%s is for the output %q, the model has %q", key, name, names)
			}
			values[i] = of
		}
		return values, nil
	case []any:
		metrics := key != "loss" && key != "loss_weights"
		if len(names) == 1 && metrics {
			values[0] = v
			return values, nil
		}
		if len(v) == len(names) {
			return v, nil
		}
		if len(v) == 0 {
			return values, nil
		}
		return nil, fmt.Errorf("%s wants one of each for the outputs %q, got %v", key, names, v)
	}
	if key == "loss" { // one for all
		for i := range values {
			values[i] = v
		}
		return values, nil
	}
	if len(names) > 1 {
		return nil, fmt.Errorf("%s wants one of each for the outputs %q, got %v", key, names, v)
	}
	values[0] = v
	return values, nil
}

// optimizerFromConfig makes an optimizer from Keras' form. Absent settings take
// Keras' defaults.
func optimizerFromConfig(object any) (Optimizer, error) {
	class, config, err := savedClass(object)
	if err != nil {
		return nil, fmt.Errorf("optimizer: %w", err)
	}
	o, err := readOptimizer(class, maps.Clone(config))
	if err == nil {
		err = o.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("optimizer %s: %w", class, err)
	}
	return o, nil
}

func readOptimizer(class string, config map[string]any) (Optimizer, error) {
	var schedule Schedule
	switch rate := config["learning_rate"].(type) {
	case float64:
		config["learning_rate"] = shortest(rate)
	case map[string]any:
		delete(config, "learning_rate")
		var err error
		if schedule, err = scheduleClasses.load(rate); err != nil {
			return nil, err
		}
	}
	if config["decay"] == 0.0 { // of Keras 2, where 0 is none
		delete(config, "decay")
	}
	read, err := optimizerClasses.find(class)
	if err != nil {
		return nil, err
	}
	s := newSettings(config)
	o := read(s)
	if b, ok := o.(interface{ base() *OptimizerBase }); ok {
		if b.base().Set(readOptions(s)...); schedule != nil {
			b.base().Set(WithSchedule(schedule))
		}
	}
	s.Ignore("name", "jit_compile", "is_legacy_optimizer")
	return o, s.finish()
}

// shortest undoes what storing a setting as float32 did to its digits: Keras
// writes a learning rate of 0.005 as 0.004999999888241291.
func shortest(v float64) float64 {
	if float64(float32(v)) != v {
		return v
	}
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', -1, 32), 64)
	if err != nil {
		return v
	}
	return short
}

// metricsFromConfig reads Keras' list of metrics, which older files nest in a
// list for each output.
func metricsFromConfig(v any) ([]Metric, error) {
	list, ok := v.([]any)
	if v != nil && !ok {
		return nil, fmt.Errorf("metrics wants a list, got %v", v)
	}
	if len(list) == 1 {
		if inner, nested := list[0].([]any); nested {
			list = inner
		}
	}
	var metrics []Metric
	for _, item := range list {
		metric, err := metricFromConfig(item)
		if err != nil {
			return nil, err
		}
		metrics = append(metrics, metric)
	}
	return metrics, nil
}

func metricFromConfig(v any) (Metric, error) {
	if o, ok := v.(map[string]any); ok && o["class_name"] == "MeanMetricWrapper" { // Keras 2
		config, _ := o["config"].(map[string]any)
		v = map[string]any{"class_name": config["fn"], "config": config}
	}
	return metricClasses.load(v, "name", "fn", "dtype")
}
