package host

import (
	"bytes"
	"os"
	"runtime/metrics"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/host/peek"
)

// Costs are what a cell took, as the process of cells sees it. Of processor time
// and memory they are the whole process's while the cell ran: goroutines that
// earlier cells have left behind count, too.
type Costs struct {
	Wall time.Duration
	// CPU is the time of all processors.
	CPU time.Duration
	// Allocated are the bytes that Go code asked for, in so many Objects.
	Allocated, Objects uint64
	// Peak is the most memory that the process had, in bytes; 0 where the system
	// does not tell.
	Peak uint64
	// XLA is what the graphs of package layers took; nil where none were compiled
	// or run and no tensor came to a device.
	XLA *XLACosts `json:",omitempty"`
}

// XLACosts are what XLA took.
type XLACosts struct {
	// Compile is the time of compiling so many programs, or of reading them from a
	// cache.
	Compile  time.Duration
	Compiled int64
	// Run is the time in which at least one program ran, Runs how often one did.
	Run  time.Duration
	Runs int64
	// Bytes are the most on all devices while the cell ran: tensors, those of
	// earlier cells included, and what a running program needs beside them.
	Bytes int64
}

// Plus is the sum of two costs, of which each may be nil.
func (c *XLACosts) Plus(more *XLACosts) *XLACosts {
	switch {
	case c == nil:
		return more
	case more == nil:
		return c
	}
	return &XLACosts{c.Compile + more.Compile, c.Compiled + more.Compiled, c.Run + more.Run, c.Runs + more.Runs,
		max(c.Bytes, more.Bytes)}
}

// xlaSymbol is the name of numbers in package layers/xlaplugin, which the host
// cannot import: those of XLACosts, for the whole process so far. The last but
// one are the bytes now, the last their maximum, which may be set.
const xlaSymbol = "gocifar_xla_costs"

// xlaCosts is where they are, 0 as long as nothing that has them is loaded.
var xlaCosts atomic.Uintptr

// findXLA looks for them in what has just been loaded.
func findXLA() {
	if xlaCosts.Load() == 0 {
		xlaCosts.Store(address(xlaSymbol))
	}
}

// xlaNumbers are they; nil while there are none.
func xlaNumbers() *[6]atomic.Int64 {
	return (*[6]atomic.Int64)(peek.Pointer(xlaCosts.Load()))
}

// xlaSoFar reads them.
func xlaSoFar() (c XLACosts) {
	all := xlaNumbers()
	if all == nil {
		return c
	}
	return XLACosts{time.Duration(all[0].Load()), all[1].Load(), time.Duration(all[2].Load()), all[3].Load(),
		all[5].Load()}
}

// startXLA reads them and lets a new maximum begin.
func startXLA() XLACosts {
	if all := xlaNumbers(); all != nil {
		all[5].Store(all[4].Load())
	}
	return xlaSoFar()
}

// since is what has come after an earlier time, nil if nothing has.
func (c XLACosts) since(before XLACosts) *XLACosts {
	if c == before {
		return nil
	}
	return &XLACosts{c.Compile - before.Compile, c.Compiled - before.Compiled, c.Run - before.Run, c.Runs - before.Runs,
		c.Bytes}
}

// meter measures.
type meter struct {
	start   time.Time
	cpu     time.Duration
	metrics [2]metrics.Sample
	peaks   bool // the system has begun a new maximum
	xla     XLACosts
}

const (
	allocatedMetric = "/gc/heap/allocs:bytes"
	objectsMetric   = "/gc/heap/allocs:objects"
)

func startMeter() *meter {
	m := &meter{}
	m.metrics[0].Name, m.metrics[1].Name = allocatedMetric, objectsMetric
	metrics.Read(m.metrics[:])
	// 5 resets the maximum of the memory (proc(5), clear_refs).
	m.peaks = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil
	m.xla = startXLA()
	m.cpu = processorTime()
	m.start = time.Now()
	return m
}

func (m *meter) stop() *Costs {
	c := &Costs{Wall: time.Since(m.start), CPU: processorTime() - m.cpu}
	c.XLA = xlaSoFar().since(m.xla)
	before := m.metrics
	metrics.Read(m.metrics[:])
	since := func(i int) uint64 {
		if m.metrics[i].Value.Kind() != metrics.KindUint64 {
			return 0
		}
		return m.metrics[i].Value.Uint64() - before[i].Value.Uint64()
	}
	c.Allocated, c.Objects = since(0), since(1)
	if m.peaks {
		c.Peak = peakMemory()
	}
	return c
}

// peakMemory reads the line "VmHWM:   123 kB".
func peakMemory() uint64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, line, _ := bytes.Cut(status, []byte("VmHWM:"))
	line, _, _ = bytes.Cut(line, []byte("kB"))
	n, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}
