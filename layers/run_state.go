package layers

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gocifar/gocifar/layers/internal/engine"
	"github.com/gocifar/gocifar/layers/internal/safetensors"
	"github.com/gomlx/gomlx/core/tensors"
)

// snapshot is the whole state of a fit on the host: what a run saves, and what
// a fit returns to when a step fails.
type snapshot struct {
	position position
	weights  [][]float32   // of Model.Variables
	slots    [][][]float32 // of Model.TrainableVariables
}

// position is where a fit stands.
type position struct {
	Epoch      int       `json:"epoch"` // epochs done, InitialEpoch included
	Step       int       `json:"step"`  // steps done of the next one
	Iterations int       `json:"iterations"`
	Rate       float64   `json:"learning_rate"`
	Sums       []float32 `json:"sums,omitempty"` // of the epoch's steps so far
	Seconds    float64   `json:"seconds"`        // the epoch's time so far
	Stopped    bool      `json:"stopped"`        // a callback ended the fit
	Done       bool      `json:"done"`           // the last epoch's state, callbacks' last changes included
	History    *History  `json:"history"`
	Callbacks  [][]byte  `json:"callbacks,omitempty"`
}

// take copies weights and slots from the device, reusing the snapshot's
// memory.
func (s *snapshot) take(m *Model) error {
	var err error
	if s.weights, err = m.weights(s.weights); err != nil {
		return err
	}
	trainable := m.TrainableVariables()
	if s.slots == nil {
		s.slots = make([][][]float32, len(m.compiled.optimizer.Slots()))
	}
	for i := range s.slots {
		slot := func(v *Variable) *tensors.Tensor { return m.compiled.state.Slots[&v.Value][i] }
		s.slots[i], err = copyValues(s.slots[i], trainable, slot)
		if err != nil {
			return err
		}
	}
	s.position.Iterations = m.compiled.state.Iterations
	s.position.Rate = m.compiled.optimizer.LearningRate()
	return nil
}

// copyValues reads one tensor of each variable into the given slices.
func copyValues(into [][]float32, variables []*Variable, of func(*Variable) *tensors.Tensor) ([][]float32, error) {
	if into == nil {
		into = make([][]float32, len(variables))
	}
	for i, v := range variables {
		if into[i] == nil {
			into[i] = make([]float32, v.Shape.Size())
		}
		err := tensors.ConstFlatData(of(v), func(flat []float32) { copy(into[i], flat) })
		if err != nil {
			return nil, fmt.Errorf("layers: reading %s: %w", v.Path, err)
		}
	}
	return into, nil
}

// restore brings the model and its optimizer back to the snapshot.
func (s *snapshot) restore(m *Model) error {
	if err := m.setWeights(s.weights); err != nil {
		return err
	}
	state := &m.compiled.state
	state.Iterations = s.position.Iterations
	state.Slots = map[engine.Cell][]*tensors.Tensor{}
	for i, v := range m.TrainableVariables() {
		for _, slot := range s.slots {
			state.Slots[&v.Value] = append(state.Slots[&v.Value], tensors.FromFlatDataAndDimensions(slot[i], v.Shape...))
		}
	}
	m.compiled.optimizer.SetLearningRate(s.position.Rate)
	return nil
}

// save writes the snapshot to the run.
func (r *run) save(m *Model, s *snapshot) error {
	text, err := json.Marshal(s.position)
	if err != nil {
		return fmt.Errorf("layers: saving the run %q: %w", r.name, err)
	}
	list := m.savedWeights(s.weights)
	for i, slot := range m.compiled.optimizer.Slots() {
		list = m.named(list, slotPrefix(slot), m.TrainableVariables(), s.slots[i])
	}
	if err := safetensors.Write(filepath.Join(r.dir, stateFile), list,
		map[string]string{stateKey: string(text)}); err != nil {
		return err
	}
	return r.writeJSON(historyFile, s.position.History)
}

func slotPrefix(slot string) string { return "optimizer/" + slot + "/" }

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

// snapshotFrom turns a run's tensors into a snapshot of the model.
func snapshotFrom(m *Model, p *position, list []safetensors.Tensor) (*snapshot, error) {
	weights, err := m.find(list, weightPrefix, m.Variables())
	s := &snapshot{position: *p, weights: weights}
	for _, slot := range m.compiled.optimizer.Slots() {
		values, slotErr := m.find(list, slotPrefix(slot), m.TrainableVariables())
		s.slots, err = append(s.slots, values), errors.Join(err, slotErr)
	}
	return s, err
}
