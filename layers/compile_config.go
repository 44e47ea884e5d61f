package layers

import (
	"errors"
	"fmt"
	"strconv"
)

// CompileConfig is how the model was compiled, as Keras' get_compile_config
// has it: the object compile_config in config.json of a .keras file. It is nil
// for a model that is not compiled, and for an optimizer, loss or metric that
// is not of this package, which Keras would not know either.
func (m *Model) CompileConfig() map[string]any {
	c := m.compiled
	if c == nil || c.err != nil {
		return nil
	}
	switch c.optimizer.(type) {
	case *AdamaxOptimizer, *AdamOptimizer, *SGDOptimizer, *RMSpropOptimizer:
	default:
		return nil
	}
	loss, ok := c.loss.(CrossEntropy)
	if !ok {
		return nil
	}
	metrics := []any{}
	for _, metric := range c.metrics {
		config, ok := metricConfig(metric, loss)
		if !ok {
			return nil
		}
		metrics = append(metrics, config)
	}
	return map[string]any{
		"optimizer": kerasObject("keras.optimizers", c.optimizer.Class(), c.optimizer.Config()),
		"loss":      loss.Name(), "loss_weights": nil, "metrics": metrics, "weighted_metrics": nil,
		"run_eagerly": false, "steps_per_execution": 1, "jit_compile": false,
	}
}

func kerasObject(module, class string, config map[string]any) map[string]any {
	return map[string]any{"module": module, "class_name": class, "config": config, "registered_name": nil}
}

// metricConfig is a metric as Keras serializes it. Keras has two classes of
// top-k accuracy, for one-hot labels and for indices; the loss tells which.
func metricConfig(metric Metric, loss CrossEntropy) (any, bool) {
	switch metric := metric.(type) {
	case accuracy:
		return string(metric), true
	case topK:
		class := "TopKCategoricalAccuracy"
		if loss == SparseCategoricalCrossEntropy {
			class = "Sparse" + class
		}
		return kerasObject("keras.metrics", class, map[string]any{"name": metric.name, "dtype": "float32", "k": metric.k}), true
	}
	return nil, false
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
	err := fmt.Errorf("layers: model %q cannot go on training as it was: %w; call Compile to train it anew", m.Name(), reason)
	m.compiled = &compiled{err: err}
	return err
}

func compileArguments(config map[string]any) (Optimizer, Loss, []Metric, error) {
	object, _ := config["optimizer"].(map[string]any)
	if object == nil {
		object, _ = config["optimizer_config"].(map[string]any) // of .h5 files
	}
	if object == nil {
		return nil, nil, nil, fmt.Errorf("its optimizer is %v, not an object", config["optimizer"])
	}
	class, _ := object["class_name"].(string)
	settings, _ := object["config"].(map[string]any)
	optimizer, err := optimizerFromConfig(class, settings)
	if err != nil {
		return nil, nil, nil, err
	}
	loss, err := lossFromConfig(config["loss"])
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

// optimizerFromConfig makes an optimizer from Keras' class name and
// configuration. Absent settings take Keras' defaults.
func optimizerFromConfig(class string, config map[string]any) (Optimizer, error) {
	r := newConfigReader(config)
	r.ignore("name", "ema_momentum", "jit_compile", "is_legacy_optimizer")
	r.only("decay", 0.0)
	r.only("weight_decay", 0.0)
	rate := shortest(r.float("learning_rate", map[bool]float64{true: 0.01, false: 0.001}[class == "SGD"]))
	var o Optimizer
	switch class {
	case "Adamax":
		o = Adamax(rate).Betas(r.float("beta_1", 0.9), r.float("beta_2", 0.999)).Epsilon(r.float("epsilon", 1e-7))
	case "Adam":
		adam := Adam(rate).Betas(r.float("beta_1", 0.9), r.float("beta_2", 0.999)).Epsilon(r.float("epsilon", 1e-7))
		adam.amsgrad = r.bool("amsgrad", false)
		o = adam
	case "SGD":
		sgd := SGD(rate).Momentum(r.float("momentum", 0))
		sgd.nesterov = r.bool("nesterov", false)
		o = sgd
	case "RMSprop":
		rms := RMSprop(rate).Rho(r.float("rho", 0.9)).Momentum(r.float("momentum", 0)).Epsilon(r.float("epsilon", 1e-7))
		rms.centered = r.bool("centered", false)
		o = rms
	default:
		return nil, fmt.Errorf("the optimizer %q is not supported, only Adamax, Adam, SGD and RMSprop", class)
	}
	if err := errors.Join(r.finish(), o.Err()); err != nil {
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

// named reads a loss or metric: a name, or an object with class and settings.
func named(v any) (name string, settings *configReader, err error) {
	switch v := v.(type) {
	case string:
		return v, newConfigReader(nil), nil
	case map[string]any:
		class, _ := v["class_name"].(string)
		if f, ok := v["config"].(string); ok && class == "function" {
			return f, newConfigReader(nil), nil
		}
		config, _ := v["config"].(map[string]any)
		return class, newConfigReader(config), nil
	}
	return "", nil, fmt.Errorf("wants a name or an object, got %v", v)
}

func lossFromConfig(v any) (Loss, error) {
	name, r, err := named(v)
	if err != nil {
		return nil, fmt.Errorf("loss: %w", err)
	}
	var loss CrossEntropy
	switch name {
	case "categorical_crossentropy", "CategoricalCrossentropy":
		loss = CategoricalCrossEntropy
	case "sparse_categorical_crossentropy", "SparseCategoricalCrossentropy":
		loss = SparseCategoricalCrossEntropy
	default:
		return nil, fmt.Errorf("the loss %q is not supported, only categorical_crossentropy and sparse_categorical_crossentropy", name)
	}
	r.ignore("name", "fn", "dtype")
	r.only("label_smoothing", 0.0)
	r.only("axis", -1.0)
	r.only("reduction", "sum_over_batch_size", "auto")
	if err := r.finish(); err != nil {
		return nil, fmt.Errorf("loss %s: %w", name, err)
	}
	return loss, nil
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
	class, r, err := named(v)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	if class == "MeanMetricWrapper" { // Keras 2
		class = r.string("fn", "")
	}
	r.ignore("fn", "dtype")
	name := r.string("name", "")
	var metric Metric
	switch class {
	case "accuracy", "acc":
		metric = accuracy(class)
		if name != "" {
			metric = accuracy(name)
		}
	case "categorical_accuracy", "CategoricalAccuracy", "sparse_categorical_accuracy", "SparseCategoricalAccuracy":
		if name == "" {
			name = SnakeCase(class)
		}
		metric = accuracy(name)
	case "top_k_categorical_accuracy", "TopKCategoricalAccuracy", "sparse_top_k_categorical_accuracy", "SparseTopKCategoricalAccuracy":
		if name == "" {
			name = SnakeCase(class)
		}
		metric = topK{r.int("k", 5), name}
	default:
		return nil, fmt.Errorf("the metric %q is not supported, only accuracy and top-k accuracy", class)
	}
	if err := r.finish(); err != nil {
		return nil, fmt.Errorf("metric %s: %w", class, err)
	}
	return metric, nil
}
