package kerasfile

import (
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"strconv"

	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/kerasfile/hdf5"
)

// SaveOption changes what SaveModel writes.
type SaveOption func(*saving)

// saving is what goes into a file beside the model and its weights.
type saving struct {
	withoutOptimizer bool
	compiled         map[string]any         // Keras' compile_config, nil for a model that is not compiled
	state            *layers.OptimizerState // nil before training
}

// WithoutOptimizer leaves out how the model is compiled and the optimizer's
// state, as Keras' include_optimizer=False does: the file is then a third of
// the size with Adam or Adamax, and whoever trains on compiles anew.
func WithoutOptimizer() SaveOption { return func(s *saving) { s.withoutOptimizer = true } }

// gather takes from a model what a file keeps of its training.
func gather(m *layers.Model, options []SaveOption) (s saving, err error) {
	for _, o := range options {
		o(&s)
	}
	if s.withoutOptimizer {
		return s, nil
	}
	if s.compiled = m.CompileConfig(); s.compiled == nil {
		return s, nil
	}
	s.state, err = m.OptimizerState()
	return s, err
}

// legacy is the attribute training_config of a legacy file: compile_config
// without the names of modules, nil for a model that is not compiled.
func (s *saving) legacy() map[string]any {
	if s.compiled == nil {
		return nil
	}
	config := maps.Clone(s.compiled)
	for key, v := range config {
		config[key] = legacyObject(v)
	}
	config["optimizer_config"] = config["optimizer"]
	delete(config, "optimizer")
	return config
}

// legacyObject is the older form of a serialized object: the class, by its
// registered name if it has one, and the configuration. Lists and maps of them
// stay what they are.
func legacyObject(v any) any {
	switch v := v.(type) {
	case []any:
		list := []any{}
		for _, item := range v {
			list = append(list, legacyObject(item))
		}
		return list
	case map[string]any:
		class := v["registered_name"]
		if class == nil {
			class = v["class_name"]
		}
		if class != nil {
			return map[string]any{"class_name": class, "config": v["config"]}
		}
		byName := map[string]any{}
		for name, item := range v {
			byName[name] = legacyObject(item)
		}
		return byName
	}
	return v // a name
}

// put writes the optimizer's arrays into a group under the numbers 0, 1, …: the
// number of steps, the learning rate unless it follows a schedule, the slots.
func (s *saving) put(t *hdf5.Tree) {
	next := 0
	place := func() string {
		next++
		return strconv.Itoa(next - 1)
	}
	whole := func(n int64) {
		t.Put(place(), hdf5.Array{Type: hdf5.Int64, Write: func(w io.Writer) error {
			return binary.Write(w, binary.LittleEndian, n)
		}})
	}
	if whole(int64(s.state.Iterations)); !s.state.Scheduled {
		t.PutFloat32(place(), nil, []float32{float32(s.state.LearningRate)})
	}
	for _, slot := range s.state.Slots {
		if slot.Whole {
			whole(int64(slot.Values[0]))
		} else {
			t.PutFloat32(place(), slot.Shape, slot.Values)
		}
	}
}

// compile gives a loaded model the file's compilation and optimizer's state. A
// compilation that is not supported here must not keep the model from being
// used: the model keeps the reason, and Fit returns it.
func (f *file) compile(m *layers.Model, config map[string]any) error {
	training, err := f.trainingConfig(config)
	if err != nil || training == nil {
		return err
	}
	if m.CompileFromConfig(training) != nil {
		return nil
	}
	list, err := f.optimizerArrays()
	if err != nil || list == nil {
		return err
	}
	scheduled := false
	if o, ok := m.Optimizer().(interface{ Schedule() layers.Schedule }); ok {
		scheduled = o.Schedule() != nil
	}
	state, err := readState(list, scheduled)
	if err == nil && (state.Iterations > 0 || len(state.Slots) > 0) { // compiled and never trained, it has no slots
		err = m.SetOptimizerState(state)
	}
	if err != nil {
		_ = m.RefuseToTrain(fmt.Errorf("%s: %w", f.path, err))
	}
	return nil
}

// trainingConfig finds the compilation; nil where the model was not compiled.
func (f *file) trainingConfig(config map[string]any) (map[string]any, error) {
	if f.archive != nil {
		training, _ := config["compile_config"].(map[string]any)
		if len(training) == 0 {
			return nil, nil // Keras writes an empty object
		}
		return training, nil
	}
	root, err := f.weights.Root()
	if err != nil {
		return nil, err
	}
	text, found, err := root.Text("training_config")
	if err != nil || !found {
		return nil, err
	}
	return decodeConfig("training_config", []byte(text))
}

// optimizerArrays lists the optimizer's arrays in Keras' order; nil where the
// file has none.
func (f *file) optimizerArrays() ([]tensor, error) {
	root, err := f.weights.Root()
	if err != nil {
		return nil, err
	}
	if f.archive == nil {
		if has, err := root.Has("optimizer_weights"); !has || err != nil {
			return nil, err
		}
		s, err := readLegacyLayer(root, "optimizer_weights")
		return s.tensors, err
	}
	at := root
	for _, name := range []string{"optimizer", "vars"} {
		if has, err := at.Has(name); !has || err != nil {
			return nil, err
		}
		if at, err = at.Group(name); err != nil {
			return nil, err
		}
	}
	return readVars(at)
}

// readState reads the arrays: the number of steps, the learning rate unless it
// follows a schedule, the slots.
func readState(list []tensor, scheduled bool) (*layers.OptimizerState, error) {
	if len(list) < 1 || len(list) < 2 && !scheduled {
		return nil, fmt.Errorf("the optimizer has %d arrays, wants at least its iteration and learning rate", len(list))
	}
	iterations, err := list[0].data.Int()
	if err != nil {
		return nil, fmt.Errorf("the optimizer's number of steps: %w", err)
	}
	state := &layers.OptimizerState{Iterations: int(iterations), Scheduled: scheduled}
	for i, t := range list[1:] {
		values, err := numbers(t.data)
		if err != nil {
			return nil, fmt.Errorf("the optimizer's %s: %w", t.name, err)
		}
		if i > 0 || scheduled {
			state.Slots = append(state.Slots, layers.SlotValue{Name: t.name, Shape: t.data.Shape(), Values: values})
			continue
		}
		if len(values) != 1 {
			return nil, fmt.Errorf("the optimizer's %s is no learning rate: its shape is %s",
				t.name, layers.Shape(t.data.Shape()).Tuple())
		}
		state.LearningRate = layers.ShortestRate(values[0])
	}
	return state, nil
}

// numbers are an array's values, or the only whole number that it holds.
func numbers(data *hdf5.Dataset) ([]float32, error) {
	if len(data.Shape()) == 0 {
		if n, err := data.Int(); err == nil {
			return []float32{float32(n)}, nil
		}
	}
	return data.Float32s()
}
