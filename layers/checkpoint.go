package layers

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gocifar/gocifar/layers/internal/safetensors"
)

// weights copies all variables' values, into the given slices where there are
// any.
func (m *Model) weights(into [][]float32) ([][]float32, error) {
	variables := m.Variables()
	if into == nil {
		into = make([][]float32, len(variables))
	}
	for i, v := range variables {
		var err error
		if into[i], err = v.Flat(); err != nil {
			return nil, err
		}
	}
	return into, nil
}

// setWeights is the inverse of weights.
func (m *Model) setWeights(values [][]float32) error {
	variables := m.Variables()
	if len(values) != len(variables) {
		return fmt.Errorf("layers: model %q has %d variables, got weights of %d", m.Name(), len(variables), len(values))
	}
	for i, v := range variables {
		old := v.Value
		if err := v.SetFlat(values[i]); err != nil {
			return err
		}
		release(old)
	}
	return nil
}

const weightPrefix = "weights/"

// SaveCheckpoint writes the model's weights to a safetensors file, in one
// move. Package kerasfile writes files that Keras reads.
func (m *Model) SaveCheckpoint(path string) error {
	if err := m.Ready(); err != nil {
		return err
	}
	if err := m.InitializeMissing(); err != nil {
		return err
	}
	values, err := m.weights(nil)
	if err != nil {
		return err
	}
	return safetensors.Write(path, m.savedWeights(values), nil)
}

// savedWeights names the weights for a file.
func (m *Model) savedWeights(values [][]float32) []safetensors.Tensor {
	var list []safetensors.Tensor
	for i, v := range m.Variables() {
		list = append(list, safetensors.Tensor{Name: weightPrefix + v.Path, Shape: v.Shape, Values: values[i]})
	}
	return list
}

// LoadCheckpoint reads what SaveCheckpoint or ModelCheckpoint wrote. All
// variables must be there in their shapes, and no others; else the error names
// each and the model keeps its weights.
func (m *Model) LoadCheckpoint(path string) error {
	if err := m.Ready(); err != nil {
		return err
	}
	list, _, err := safetensors.Read(path)
	if err != nil {
		return err
	}
	if err := m.takeWeights(list); err != nil {
		return fmt.Errorf("layers: loading %s into model %q: %w", path, m.Name(), err)
	}
	return nil
}

// savedTensors are a file's tensors by name.
type savedTensors map[string]safetensors.Tensor

// byName returns the tensors whose names have the prefix, by what follows it.
func byName(list []safetensors.Tensor, prefix string) savedTensors {
	all := savedTensors{}
	for _, t := range list {
		if name, ok := strings.CutPrefix(t.Name, prefix); ok {
			all[name] = t
		}
	}
	return all
}

// values returns what was saved under a name for a variable.
func (s savedTensors) values(name string, v *Variable) ([]float32, error) {
	t, ok := s[name]
	if !ok {
		return nil, fmt.Errorf("%s is missing", name)
	}
	if !v.Shape.Equal(Shape(t.Shape)) {
		return nil, fmt.Errorf("%s has shape %v, want %v", name, t.Shape, []int(v.Shape))
	}
	return t.Values, nil
}

// takeWeights sets the weights from a file's tensors, all or none.
func (m *Model) takeWeights(list []safetensors.Tensor) error {
	saved := byName(list, weightPrefix)
	var problems []error
	var values [][]float32
	for _, v := range m.Variables() {
		flat, err := saved.values(v.Path, v)
		delete(saved, v.Path)
		values, problems = append(values, flat), append(problems, err)
	}
	for name := range saved {
		problems = append(problems, fmt.Errorf("%s is in no layer of the model", name))
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	return m.setWeights(values)
}
