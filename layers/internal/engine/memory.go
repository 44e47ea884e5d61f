package engine

import (
	"errors"
	"fmt"
	"strings"
)

// ErrOutOfMemory is wrapped by the errors of Fit, Evaluate and Predict where the
// device has no memory left. Fit has put the model back to its last good state.
var ErrOutOfMemory = errors.New("the device has no memory left")

// ExplainMemory adds to an error of the backend, if it is about the device's
// memory, what helps. PJRT has a code for it, but GoMLX passes on its text
// alone: "Out of memory allocating 9423421632512 bytes" of XLA on a CPU,
// "RESOURCE_EXHAUSTED" on a GPU.
func ExplainMemory(err error, batch int) error {
	if err == nil {
		return nil
	}
	text := strings.ToLower(err.Error())
	if !strings.Contains(text, "out of memory") && !strings.Contains(text, "resource_exhausted") &&
		!strings.Contains(text, "resource exhausted") {
		return err
	}
	return fmt.Errorf("%w: a BatchSize below %d takes less, and so does a smaller model or fewer examples: %w",
		ErrOutOfMemory, batch, err)
}
