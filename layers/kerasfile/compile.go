package kerasfile

import "github.com/gocifar/gocifar/layers"

// SaveOption adds to what SaveModel writes.
type SaveOption func(*compilation)

// compilation is what Keras' compile was given.
type compilation struct {
	optimizer layers.Optimizer
	loss      layers.Loss
	metrics   []layers.Metric
}

// Compiled writes how the model is trained into the file, so that Keras'
// load_model returns it compiled. The optimizer's state is not written: Keras
// says so in a warning and starts it afresh.
func Compiled(optimizer layers.Optimizer, loss layers.Loss, metrics ...layers.Metric) SaveOption {
	return func(c *compilation) { *c = compilation{optimizer, loss, metrics} }
}

// config is Keras' compile_config (keras/src/trainers/trainer.py,
// get_compile_config), but for the optimizer; nil without a compilation.
func (c *compilation) config() map[string]any {
	if c.optimizer == nil || c.loss == nil {
		return nil
	}
	metrics := []any{}
	for _, m := range c.metrics {
		metrics = append(metrics, m.Name())
	}
	return map[string]any{
		"loss": c.loss.Name(), "loss_weights": nil, "metrics": metrics, "weighted_metrics": nil,
		"run_eagerly": false, "steps_per_execution": 1, "jit_compile": false,
	}
}

// addTo adds the compilation to config.json of a .keras file.
func (c *compilation) addTo(model map[string]any) {
	config := c.config()
	if config == nil {
		return
	}
	config["optimizer"] = map[string]any{
		"module": "keras.optimizers", "class_name": c.optimizer.Class(),
		"config": c.optimizer.Config(), "registered_name": nil,
	}
	model["compile_config"] = config
}

// legacy is the attribute training_config of a legacy file, nil without a
// compilation.
func (c *compilation) legacy() map[string]any {
	config := c.config()
	if config != nil {
		config["optimizer_config"] = map[string]any{"class_name": c.optimizer.Class(), "config": c.optimizer.Config()}
	}
	return config
}
