package layers

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/layers/internal/engine"
	"github.com/gocifar/gocifar/layers/internal/safetensors"
	"github.com/gomlx/gomlx/core/tensors"
)

// weights copies all variables' values, into the given slices where there are
// any.
func (m *Model) weights(into [][]float32) ([][]float32, error) {
	return copyValues(into, m.Variables(), func(v *Variable) *tensors.Tensor { return v.Value })
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
		engine.Release(old)
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
	return m.named(nil, weightPrefix, m.Variables(), values)
}

// named adds a value of each variable to a file's tensors.
func (m *Model) named(list []safetensors.Tensor, prefix string, variables []*Variable,
	values [][]float32) []safetensors.Tensor {
	names := m.variableNames()
	for i, v := range variables {
		list = append(list, safetensors.Tensor{Name: prefix + names[v], Shape: v.Shape, Values: values[i]})
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

// find is the inverse of named: every variable must be there under the prefix,
// in its shape, and nothing else.
func (m *Model) find(list []safetensors.Tensor, prefix string, variables []*Variable) (values [][]float32, err error) {
	saved := map[string]safetensors.Tensor{}
	for _, t := range list {
		if name, ok := strings.CutPrefix(t.Name, prefix); ok {
			saved[name] = t
		}
	}
	var problems []error
	names := m.variableNames()
	for _, v := range variables {
		name := names[v]
		t, ok := saved[name]
		switch {
		case !ok:
			problems = append(problems, fmt.Errorf("%s%s is missing", prefix, name))
		case !v.Shape.Equal(Shape(t.Shape)):
			problems = append(problems, fmt.Errorf("%s%s has shape %v, want %v", prefix, name, t.Shape, []int(v.Shape)))
		}
		delete(saved, name)
		values = append(values, t.Values)
	}
	for _, name := range slices.Sorted(maps.Keys(saved)) {
		problems = append(problems, fmt.Errorf("%s%s is in no layer of the model", prefix, name))
	}
	return values, errors.Join(problems...)
}

// takeWeights sets the weights from a file's tensors, all or none.
func (m *Model) takeWeights(list []safetensors.Tensor) error {
	values, err := m.find(list, weightPrefix, m.Variables())
	if err != nil {
		return err
	}
	return m.setWeights(values)
}
