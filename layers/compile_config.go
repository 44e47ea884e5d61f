package layers

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// CompileConfig is how the model was compiled, as Keras' get_compile_config
// has it: the object compile_config in config.json of a .keras file. It is nil
// for a model that is not compiled, and for an optimizer, loss or metric that
// is not registered: see [RegisterOptimizer].
func (m *Model) CompileConfig() map[string]any {
	c := m.compiled
	if c == nil || c.err != nil {
		return nil
	}
	optimizer, loss, metrics := optimizerClasses.save(c.optimizer), lossClasses.save(c.loss), []any{}
	for _, metric := range c.metrics {
		metrics = append(metrics, metricClasses.save(metric))
	}
	if optimizer == nil || loss == nil || slices.Contains(metrics, nil) {
		return nil
	}
	return map[string]any{
		"optimizer": optimizer, "loss": loss, "loss_weights": nil, "metrics": metrics, "weighted_metrics": nil,
		"run_eagerly": false, "steps_per_execution": 1, "jit_compile": false,
	}
}

// CompileFromConfig compiles the model as Keras' compile_from_config does,
// from what CompileConfig returns, from compile_config of a .keras file, or
// from training_config of an .h5 file. What is not supported here is an error,
// which the model keeps until Compile is called: Fit and Evaluate return it.
func (m *Model) CompileFromConfig(config map[string]any) error {
	optimizer, loss, metrics, err := compileArguments(config)
	if err != nil {
		return m.RefuseToTrain(err)
	}
	return m.Compile(optimizer, loss, metrics...)
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

func compileArguments(config map[string]any) (Optimizer, Loss, []Metric, error) {
	object := config["optimizer"]
	if object == nil {
		object = config["optimizer_config"] // of .h5 files
	}
	optimizer, err := optimizerFromConfig(object)
	if err != nil {
		return nil, nil, nil, err
	}
	loss, err := lossClasses.load(config["loss"], "name", "fn", "dtype", "reduction")
	if err != nil {
		return nil, nil, nil, err
	}
	metrics, err := metricsFromConfig(config["metrics"])
	if err != nil {
		return nil, nil, nil, err
	}
	for _, key := range []string{"loss_weights", "weighted_metrics"} {
		if list, isList := config[key].([]any); config[key] != nil && !(isList && len(list) == 0) {
			return nil, nil, nil, fmt.Errorf("%s = %v is not supported", key, config[key])
		}
	}
	return optimizer, loss, metrics, nil
}

// optimizerFromConfig makes an optimizer from Keras' form. Absent settings take
// Keras' defaults.
func optimizerFromConfig(object any) (Optimizer, error) {
	class, config, err := savedClass(object)
	if err != nil {
		return nil, fmt.Errorf("optimizer: %w", err)
	}
	config = maps.Clone(config)
	if rate, ok := config["learning_rate"].(float64); ok {
		config["learning_rate"] = shortest(rate)
	}
	for _, key := range []string{"decay", "weight_decay"} {
		if config[key] == 0.0 {
			delete(config, key)
		}
	}
	o, err := optimizerClasses.load(map[string]any{"class_name": class, "config": config},
		"name", "ema_momentum", "jit_compile", "is_legacy_optimizer")
	if err == nil {
		err = o.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("optimizer %s: %w", class, err)
	}
	return o, nil
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
