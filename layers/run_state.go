package layers

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/layers/internal/safetensors"
	"github.com/gomlx/gomlx/core/tensors"
)

// snapshot is the whole state of a fit on the host: what a run saves, and what
// a fit returns to when a step fails.
type snapshot struct {
	position position
	weights  [][]float32 // of Model.Variables
	slots    [][]float32 // of Model.slots
}

// position is where a fit stands.
type position struct {
	Epoch      int       `json:"epoch"` // epochs done, InitialEpoch included
	Step       int       `json:"step"`  // steps done of the next one
	Iterations int       `json:"iterations"`
	Rate       float64   `json:"learning_rate"`
	Rates      []float64 `json:"learning_rates,omitempty"` // of groups, if there are several
	Sums       []float32 `json:"sums,omitempty"`           // of the epoch's steps so far
	Seconds    float64   `json:"seconds"`                  // the epoch's time so far
	Stopped    bool      `json:"stopped"`                  // a callback ended the fit
	Done       bool      `json:"done"`                     // the last epoch's state, callbacks' last changes included
	History    *History  `json:"history"`
	Callbacks  [][]byte  `json:"callbacks,omitempty"`
	// Source is where the source of the batches stands, if there is one.
	Source *sourcePosition `json:"source,omitempty"`
}

// take copies weights and slots from the device, reusing the snapshot's
// memory.
func (s *snapshot) take(m *Model) error {
	var err error
	if s.weights, err = m.weights(s.weights); err != nil {
		return err
	}
	slots := m.slots()
	if s.slots == nil {
		s.slots = make([][]float32, len(slots))
	}
	for i, slot := range slots {
		value, err := m.slotValue(slot)
		if err != nil {
			return err
		}
		if s.slots[i], err = copyValue(s.slots[i], value); err != nil {
			return fmt.Errorf("layers: reading the optimizer's %s: %w", slot.describe(), err)
		}
	}
	s.position.Iterations = m.compiled.state.Iterations
	s.position.Rate = m.compiled.optimizer.LearningRate()
	if all := optimizers(m.compiled.optimizer); len(all) > 1 {
		s.position.Rates = rates(all)
	}
	return nil
}

// copyValues reads one tensor of each variable into the given slices.
func copyValues(into [][]float32, variables []*Variable, of func(*Variable) *tensors.Tensor) ([][]float32, error) {
	if into == nil {
		into = make([][]float32, len(variables))
	}
	for i, v := range variables {
		var err error
		if into[i], err = copyValue(into[i], of(v)); err != nil {
			return nil, fmt.Errorf("layers: reading %s: %w", v.Path, err)
		}
	}
	return into, nil
}

// copyValue reads a tensor into a slice, which it makes if there is none.
func copyValue(into []float32, t *tensors.Tensor) ([]float32, error) {
	if into == nil {
		into = make([]float32, t.Shape().Size())
	}
	return into, tensors.ConstFlatData(t, func(flat []float32) { copy(into, flat) })
}

// restore brings the model and its optimizer back to the snapshot.
func (s *snapshot) restore(m *Model) error {
	if err := m.setWeights(s.weights); err != nil {
		return err
	}
	state := &m.compiled.state
	state.Iterations = s.position.Iterations
	state.Slots = map[any]*tensors.Tensor{}
	for i, slot := range m.slots() {
		state.Slots[slot.key()] = tensors.FromFlatDataAndDimensions(s.slots[i], slot.Shape...)
	}
	if all := optimizers(m.compiled.optimizer); len(all) == len(s.position.Rates) {
		setRates(all, s.position.Rates)
	} else {
		m.compiled.optimizer.SetLearningRate(s.position.Rate)
	}
	return nil
}

// save writes the snapshot to the run.
func (r *run) save(m *Model, s *snapshot) error {
	text, err := json.Marshal(s.position)
	if err != nil {
		return fmt.Errorf("layers: saving the run %q: %w", r.name, err)
	}
	list := m.savedWeights(s.weights)
	names := m.variableNames()
	for i, slot := range m.slots() {
		list = append(list, safetensors.Tensor{Name: slot.inRun(names), Shape: slot.Shape, Values: s.slots[i]})
	}
	if err := safetensors.Write(filepath.Join(r.dir, stateFile), list,
		map[string]string{stateKey: string(text)}); err != nil {
		return err
	}
	return r.writeJSON(historyFile, s.position.History)
}

const slotPrefix = "optimizer/"

// inRun is the slot's name in a run's file.
func (s ownSlot) inRun(variables map[*Variable]string) string {
	if s.Variable == nil {
		return fmt.Sprintf("%s%s/%d", slotPrefix, s.Name, s.optimizer)
	}
	return slotPrefix + s.Name + "/" + variables[s.Variable]
}

// load reads the run's state: its position and tensors; nil where there is
// none yet.
func (r *run) load() (*position, []safetensors.Tensor, error) {
	path := filepath.Join(r.dir, stateFile)
	list, metadata, err := safetensors.Read(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%w; remove the directory, or fit with layers.Fresh()", err)
	}
	p := &position{}
	if err := json.Unmarshal([]byte(metadata[stateKey]), p); err != nil {
		return nil, nil, fmt.Errorf("layers: %s is damaged: its position: %w; remove the directory, or fit with "+
			"layers.Fresh()", path, err)
	}
	if p.History == nil || p.Epoch < 0 || p.Step < 0 || p.Iterations < p.Step {
		return nil, nil, fmt.Errorf("layers: %s is damaged: epoch %d, step %d, %d iterations; remove the directory, "+
			"or fit with layers.Fresh()",
			path, p.Epoch, p.Step, p.Iterations)
	}
	return p, list, nil
}

// snapshotFrom turns a run's tensors into a snapshot of the model. The
// optimizer's must be all there in their shapes, and no others.
func snapshotFrom(m *Model, p *position, list []safetensors.Tensor) (*snapshot, error) {
	weights, err := m.find(list, weightPrefix, m.Variables())
	s := &snapshot{position: *p, weights: weights}
	problems := []error{err}
	saved := map[string]safetensors.Tensor{}
	for _, t := range list {
		if strings.HasPrefix(t.Name, slotPrefix) {
			saved[t.Name] = t
		}
	}
	names := m.variableNames()
	for _, slot := range m.slots() {
		name := slot.inRun(names)
		t, ok := saved[name]
		switch {
		case !ok:
			problems = append(problems, fmt.Errorf("%s is missing", name))
		case !slot.Shape.Equal(Shape(t.Shape)):
			problems = append(problems, fmt.Errorf("%s has shape %v, want %v", name, t.Shape, []int(slot.Shape)))
		}
		delete(saved, name)
		s.slots = append(s.slots, t.Values)
	}
	for _, name := range slices.Sorted(maps.Keys(saved)) {
		problems = append(problems, fmt.Errorf("the optimizer keeps no %s", name))
	}
	return s, errors.Join(problems...)
}
