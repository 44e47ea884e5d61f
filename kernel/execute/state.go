package execute

import (
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// State says what became of a cell in a run. It is stored as
// metadata.gocifar.state.
type State string

const (
	Pending State = "pending" // will run
	Running State = "running" // the file was saved while the cell ran
	OK      State = "ok"
	Failed  State = "error"
	Timeout State = "timeout" // stopped because its time, or the run's, was over
	Skipped State = "skipped" // a tag said so, or it is before the cell the run started from
	NotRun  State = "not-run" // the run ended earlier
)

// metadataKey is the key, in a notebook's and in a cell's metadata, under which
// a run is recorded.
const metadataKey = "gocifar"

// Timing is when things happened to a cell, by this process's clock: kernels
// differ in the precision of their own (GoNB: whole seconds). A zero time means
// that it did not happen.
type Timing struct {
	Busy    time.Time // the kernel said that it began
	Input   time.Time // it published the code
	Reply   time.Time // it sent the reply
	Idle    time.Time // it said that it ended
	Started time.Time // the request was sent
	Ended   time.Time // reply and idle were there, or waiting for them ended
}

// Duration is the time from sending the request to its end.
func (t Timing) Duration() time.Duration {
	if t.Started.IsZero() || t.Ended.IsZero() {
		return 0
	}
	return t.Ended.Sub(t.Started)
}

// timeFormat is the one of nbclient's metadata.execution.
const timeFormat = "2006-01-02T15:04:05.000000Z"

// store writes the times under nbclient's keys.
func (t Timing) store(cell *nbformat.Cell) {
	record := nbformat.NewObject()
	for key, at := range map[string]time.Time{
		"iopub.execute_input": t.Input,
		"iopub.status.busy":   t.Busy,
		"iopub.status.idle":   t.Idle,
		"shell.execute_reply": t.Reply,
	} {
		if !at.IsZero() {
			record.Set(key, at.UTC().Format(timeFormat))
		}
	}
	cell.Metadata().Set("execution", record)
}

// storeState records what became of a cell; failure may be nil. Other keys
// beside the record's own are left alone: a cell's time limit stands there too.
func storeState(cell *nbformat.Cell, state State, duration time.Duration, failure *Failure, warnings []string) {
	record := cell.Metadata().Ensure(metadataKey)
	setOrDelete(record, "error", failure != nil, func() any { return failure.Class })
	setOrDelete(record, "seconds", duration > 0, func() any { return float64(duration.Microseconds()) / 1e6 })
	setOrDelete(record, "warnings", len(warnings) > 0, func() any { return warnings })
	record.Set("state", string(state))
}

func setOrDelete(o *nbformat.Object, key string, set bool, value func() any) {
	if set {
		o.Set(key, value())
	} else {
		o.Delete(key)
	}
}

// storeCosts records what a cell took, beside its state.
func storeCosts(cell *nbformat.Cell, costs *jupyter.Costs) {
	record := cell.Metadata().Ensure(metadataKey)
	setOrDelete(record, "costs", costs != nil, func() any { return costsObject(costs) })
}

// costsObject has the names of the kernel's message.
func costsObject(costs *jupyter.Costs) *nbformat.Object {
	o := nbformat.NewObject()
	o.Set("compile_seconds", costs.Compile)
	o.Set("run_seconds", costs.Wall)
	o.Set("cpu_seconds", costs.CPU)
	o.Set("allocated_bytes", costs.Allocated)
	o.Set("allocated_objects", costs.Objects)
	if costs.Peak > 0 {
		o.Set("peak_bytes", costs.Peak)
	}
	if x := costs.XLA; x != nil {
		of := nbformat.NewObject()
		of.Set("compile_seconds", x.Compile)
		of.Set("compiled", x.Compiled)
		of.Set("run_seconds", x.Run)
		of.Set("runs", x.Runs)
		if x.Bytes > 0 {
			of.Set("device_bytes", x.Bytes)
		}
		o.Set("xla", of)
	}
	if len(costs.Slower) > 0 {
		o.Set("slower", costs.Slower)
	}
	return o
}
