package engine

import (
	"fmt"
	"strings"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/host"
	"github.com/gocifar/gocifar/kernel/internal/engine/host/peek"
)

// Costs are what a cell's Go code took.
type Costs struct {
	// Compile is the time until the code could run: types checked, packages
	// found, compiled, linked.
	Compile time.Duration
	// Slower says why Compile is longer than it mostly is: what a faster way
	// could not do, or was not there yet.
	Slower []string
	host.Costs
}

// compiled adds the time that it took to make code of a cell.
func (r *run) compiled(took time.Duration) {
	if r.costs == nil {
		r.costs = &Costs{}
	}
	r.costs.Compile += took
	r.costs.Slower = append(r.costs.Slower, r.compiler.Slower()...)
}

// addCosts adds what code took that has run. A cell with %rerun runs several.
func (r *run) addCosts(c *host.Costs) {
	if c == nil || r.costs == nil {
		return
	}
	r.costs.Wall += c.Wall
	r.costs.CPU += c.CPU
	r.costs.Allocated += c.Allocated
	r.costs.Objects += c.Objects
	r.costs.Peak = max(r.costs.Peak, c.Peak)
	r.costs.XLA = r.costs.XLA.Plus(c.XLA)
}

// text is a sentence for people.
func (c *Costs) text() string {
	compiled := "compiled in " + rounded(c.Compile)
	if len(c.Slower) > 0 {
		compiled += " (" + strings.Join(c.Slower, "; ") + ")"
	}
	parts := []string{compiled, "ran for " + rounded(c.Wall),
		"processors " + rounded(c.CPU),
		fmt.Sprintf("allocated %s in %d objects", peek.Bytes(int64(c.Allocated), false), c.Objects)}
	if c.Peak > 0 {
		parts = append(parts, "at most "+peek.Bytes(int64(c.Peak), false)+" of memory")
	}
	if x := c.XLA; x != nil {
		parts = append(parts, fmt.Sprintf("XLA compiled for %s (programs: %d) and computed for %s (runs: %d)",
			rounded(x.Compile), x.Compiled, rounded(x.Run), x.Runs))
		if x.Bytes > 0 {
			parts = append(parts, "at most "+peek.Bytes(x.Bytes, false)+" on the device")
		}
	}
	return strings.Join(parts, ", ")
}

// rounded is a time with three digits.
func rounded(d time.Duration) string {
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit).String()
}
