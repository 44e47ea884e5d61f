package layers

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
)

// ErrOutOfMemory is wrapped by the errors of Fit, Evaluate and Predict where the
// device has no memory left. Fit has put the model back to its last good state.
var ErrOutOfMemory = errors.New("the device has no memory left")

// explainMemory adds to an error of the backend, if it is about the device's
// memory, what helps. PJRT has a code for it, but GoMLX passes on its text
// alone: "Out of memory allocating 9423421632512 bytes" of XLA on a CPU,
// "RESOURCE_EXHAUSTED" on a GPU.
func explainMemory(err error, batch int) error {
	if err == nil {
		return nil
	}
	text := strings.ToLower(err.Error())
	if !strings.Contains(text, "out of memory") && !strings.Contains(text, "resource_exhausted") && !strings.Contains(text, "resource exhausted") {
		return err
	}
	return fmt.Errorf("%w: a BatchSize below %d takes less, and so does a smaller model or fewer examples: %w", ErrOutOfMemory, batch, err)
}

// fitsMachine returns an error if a layer's output alone is larger than the
// machine's memory. XLA's rewriter for oneDNN, asked to compile such a program
// for the CPU, ends the process.
func fitsMachine(l Layer, output *graph.Node) error {
	has := machineMemory()
	if wants := uint64(output.Shape().ByteSize()); has > 0 && wants > has && onCPU(output.Graph()) {
		return fmt.Errorf("out of memory: the output of layer %q takes %d bytes, the machine has %d", l.Name(), wants, has)
	}
	return nil
}
