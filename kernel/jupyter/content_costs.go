package jupyter

import "encoding/json"

// ExecutionMetadata is the metadata of an execute_reply: ipykernel's fields, and
// those of the live kernel under a key of its own.
type ExecutionMetadata struct {
	Started string  `json:"started,omitempty"` // time in UTC
	Status  string  `json:"status,omitempty"`
	Live    LiveOwn `json:"gocifar,omitzero"`
}

// LiveOwn is what only the live kernel says.
type LiveOwn struct {
	// Require are the modules, MODULE@VERSION, that cells have come to need.
	Require []string `json:"require,omitempty"`
	Costs   *Costs   `json:"costs,omitempty"`
}

// Costs are what an execution took. All numbers are those of the process in
// which cells run, while the cell ran.
type Costs struct {
	// Compile is in seconds, as are Wall, the time that the code ran, and CPU,
	// the time of all processors in it.
	Compile float64 `json:"compile_seconds"`
	Wall    float64 `json:"run_seconds"`
	CPU     float64 `json:"cpu_seconds"`
	// Allocated are the bytes that code asked for, in so many Objects. What it
	// allocates outside of the language's own memory is not in them.
	Allocated uint64 `json:"allocated_bytes"`
	Objects   uint64 `json:"allocated_objects"`
	// Peak is the most memory in bytes that the process had; 0 is unknown.
	Peak uint64 `json:"peak_bytes,omitempty"`
	// Slower says why Compile is longer than it mostly is, such as "linked by the
	// C compiler"; mostly there is nothing.
	Slower []string `json:"slower,omitempty"`
	// XLA is what its programs took; nil where the cell had none.
	XLA *XLACosts `json:"xla,omitempty"`
}

// XLACosts are what XLA's programs took, in seconds: so many were compiled, or
// read from a cache, and so many runs took the time in which at least one ran.
// Bytes are the most on its devices: tensors, those of earlier executions
// included, and what a running program needs beside them.
type XLACosts struct {
	Compile  float64 `json:"compile_seconds"`
	Compiled int64   `json:"compiled"`
	Run      float64 `json:"run_seconds"`
	Runs     int64   `json:"runs"`
	Bytes    int64   `json:"device_bytes,omitempty"`
}

// CostsOf reads the costs in an execute_reply's metadata. It is nil where there
// are none: kernels but our own say nothing.
func CostsOf(m *Message) *Costs {
	if m == nil || len(m.Metadata) == 0 {
		return nil
	}
	var metadata ExecutionMetadata
	if json.Unmarshal(m.Metadata, &metadata) != nil {
		return nil
	}
	return metadata.Live.Costs
}
