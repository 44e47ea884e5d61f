package xla

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// FitsMachine returns an error if a layer's output alone is larger than the
// machine's memory. XLA's rewriter for oneDNN (JAX 0.11.2), asked to compile
// such a program for the CPU, ends the process.
func FitsMachine(layer string, output *graph.Node) error {
	has := machineMemory()
	if wants := uint64(output.Shape().ByteSize()); has > 0 && wants > has && OnCPU(output.Graph()) {
		return fmt.Errorf("out of memory: the output of layer %q takes %d bytes, the machine has %d", layer, wants, has)
	}
	return nil
}
