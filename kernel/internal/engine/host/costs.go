package host

import (
	"bytes"
	"os"
	"runtime/metrics"
	"strconv"
	"time"
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
}

// meter measures.
type meter struct {
	start   time.Time
	cpu     time.Duration
	metrics [2]metrics.Sample
	peaks   bool // the system has begun a new maximum
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
	m.cpu = processorTime()
	m.start = time.Now()
	return m
}

func (m *meter) stop() *Costs {
	c := &Costs{Wall: time.Since(m.start), CPU: processorTime() - m.cpu}
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
