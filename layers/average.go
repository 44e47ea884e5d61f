package layers

import (
	"fmt"

	"github.com/gocifar/gocifar/layers/internal/engine"
	"github.com/gomlx/gomlx/core/tensors"
)

// takeAverages puts the moving averages of [UseEMA] in the weights' place, as
// Keras' Fit does at its end.
func (m *Model) takeAverages() error {
	if !m.hasState() {
		return nil
	}
	for _, s := range m.slots() {
		if s.Name != averageSlot || s.Variable == nil || m.compiled.state.Iterations == 0 {
			continue
		}
		average, err := m.slotValue(s)
		if err != nil {
			return err
		}
		values, err := tensors.CopyFlatData[float32](average)
		if err != nil {
			return fmt.Errorf("layers: reading the average of %s: %w", s.Variable.Path, err)
		}
		old := s.Variable.Value
		if err := s.Variable.SetFlat(values); err != nil {
			return err
		}
		engine.Release(old)
	}
	return nil
}
