package live

import (
	"encoding/json"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// executionMetadata is the metadata of an execute_reply. JupyterLab writes the
// time in started into the cell, where somebody has it record times; kernel run
// writes the rest.
func executionMetadata(started time.Time, status string, require []string, c *engine.Costs) json.RawMessage {
	m := jupyter.ExecutionMetadata{Started: started.UTC().Format("2006-01-02T15:04:05.000000Z"), Status: status}
	m.Live.Require = require
	if c != nil {
		m.Live.Costs = &jupyter.Costs{Compile: c.Compile.Seconds(), Wall: c.Wall.Seconds(), CPU: c.CPU.Seconds(),
			Allocated: c.Allocated, Objects: c.Objects, Peak: c.Peak, Slower: c.Slower}
		if x := c.XLA; x != nil {
			m.Live.Costs.XLA = &jupyter.XLACosts{Compile: x.Compile.Seconds(), Compiled: x.Compiled, Run: x.Run.Seconds(),
				Runs: x.Runs, Bytes: x.Bytes}
		}
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return nil
	}
	return raw
}
