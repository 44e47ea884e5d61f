package live

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/go-dap"

	"github.com/gocifar/gocifar/kernel/internal/engine"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// debugger is a session with a debugger. There is one, whatever front ends take
// part in it.
type debugger struct {
	kernel   *Kernel
	attached atomic.Bool
	seq      atomic.Int64 // of the last answer or event

	mu          sync.Mutex
	last        *request          // a request of the front end
	texts       map[string]string // of cells, by the paths that stand for them
	breakpoints map[string][]dap.Breakpoint
	stopped     int64               // the goroutine that has stopped, or 0
	calls       map[int]engine.Call // of stopped goroutines, by number
	evaluated   int                 // how often, see numberOf
	values      map[int]value       // whose parts have been listed, by reference
	allCode     bool                // calls outside of cells are listed, too
}

// value is a value of the notebook's.
type value struct {
	path string       // a Go expression
	in   *engine.Call // nil for variables of the notebook
}

// heard remembers a request: events answer to it.
func (d *debugger) heard(r *request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = r
}

// event tells all front ends.
func (d *debugger) event(name string, body any) {
	d.mu.Lock()
	parent := d.last
	d.mu.Unlock()
	if r := d.kernel.runs(); r != nil {
		parent = r
	}
	d.kernel.server.publish(parent, &jupyter.DebugEvent{Seq: int(d.seq.Add(1)), Type: "event", Event: name, Body: body})
}

// Stopped says that goroutines have stopped.
func (d *debugger) Stopped(s engine.Stopped) {
	d.mu.Lock()
	d.stopped = s.Thread
	d.forget()
	d.mu.Unlock()
	d.event("stopped", dap.StoppedEventBody{Reason: s.Reason, Description: s.Text, Text: s.Text,
		ThreadId: int(s.Thread), AllThreadsStopped: true, HitBreakpointIds: s.Marks})
}

// Resumed says that they go on.
func (d *debugger) Resumed() {
	d.mu.Lock()
	thread := d.stopped
	d.stopped = 0
	d.forget()
	d.mu.Unlock()
	if thread != 0 {
		d.event("continued", dap.ContinuedEventBody{ThreadId: int(thread), AllThreadsContinued: true})
	}
}

// forget forgets what belongs to one stop; d is locked.
func (d *debugger) forget() { d.calls, d.values = map[int]engine.Call{}, map[int]value{} }

// cellEnded clears a stop whose goroutine is gone: the process may have ended.
func (d *debugger) cellEnded(ctx context.Context) {
	d.mu.Lock()
	stopped := d.stopped != 0
	d.mu.Unlock()
	cells, ok := d.kernel.cells.(debuggerCells)
	if !stopped || !ok {
		return
	}
	if _, err := cells.Stack(ctx, 0); err != nil {
		d.Resumed()
	}
}

// capabilities are what the debugger can do beyond what every one can.
var capabilities = dap.Capabilities{
	SupportsConfigurationDoneRequest:  true,
	SupportsConditionalBreakpoints:    true,
	SupportsHitConditionalBreakpoints: true,
	SupportsLogPoints:                 true,
	SupportsEvaluateForHovers:         true,
	SupportsSetVariable:               true,
	SupportsTerminateRequest:          true,
	SupportsModulesRequest:            true,
	ExceptionBreakpointFilters: []dap.ExceptionBreakpointsFilter{{Filter: "panic", Label: "Panics",
		Description: "Stop at a panic that nothing recovers, before its goroutine ends"}},
}

func (d *debugger) initialize(debuggerCells, *jupyter.DebugRequest) (any, error) {
	return capabilities, nil
}

func (d *debugger) attach(cells debuggerCells, c *jupyter.DebugRequest) (any, error) {
	a, err := arguments[struct {
		JustMyCode *bool `json:"justMyCode"`
	}](c)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.allCode = a.JustMyCode != nil && !*a.JustMyCode
	d.mu.Unlock()
	if !d.attached.Load() {
		if err := cells.Debug(d.kernel.server.ctx, true); err != nil {
			return nil, err
		}
		d.attached.Store(true)
	}
	d.event("initialized", struct{}{})
	return struct{}{}, nil
}

// disconnect ends the session, and lets go on what has stopped.
func (d *debugger) disconnect(cells debuggerCells, _ *jupyter.DebugRequest) (any, error) {
	if d.attached.Swap(false) {
		if err := cells.Debug(d.kernel.server.ctx, false); err != nil {
			return nil, err
		}
	}
	d.mu.Lock()
	d.breakpoints = nil
	d.mu.Unlock()
	d.Resumed()
	return struct{}{}, nil
}

// terminate interrupts the cell, too.
func (d *debugger) terminate(cells debuggerCells, c *jupyter.DebugRequest) (any, error) {
	if d.kernel.runs() != nil {
		d.kernel.cells.Interrupt()
		d.waitResumed() // what is stopped is to end, not to go on
	}
	body, err := d.disconnect(cells, c)
	d.event("terminated", struct{}{})
	return body, err
}

// resumeLimit is how long an interrupted goroutine may take to leave its stop.
const resumeLimit = 2 * time.Second

func (d *debugger) waitResumed() {
	for deadline := time.Now().Add(resumeLimit); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		d.mu.Lock()
		stopped := d.stopped
		d.mu.Unlock()
		if stopped == 0 {
			return
		}
	}
}

// JupyterLab names a cell's file by the prefix, a hash of the text, and the
// suffix, as it learns from debugInfo. No such files are written: source has
// their text.
const (
	debugSuffix = ".go"
	debugSeed   = 0xc70f6907
)

var debugPrefix = filepath.Join(os.TempDir(), "gocifar_live_"+strconv.Itoa(os.Getpid())) + string(filepath.Separator)

// pathOf stands for a cell's text.
func pathOf(text string) string {
	return debugPrefix + strconv.FormatUint(uint64(murmur2([]byte(text), debugSeed)), 10) + debugSuffix
}

// murmur2 is Austin Appleby's hash of 32 bits
// (https://github.com/aappleby/smhasher/blob/master/src/MurmurHash2.cpp), in
// which JupyterLab and ipykernel find cells again.
func murmur2(data []byte, seed uint32) uint32 {
	const m = 0x5bd1e995
	h := seed ^ uint32(len(data))
	for ; len(data) >= 4; data = data[4:] {
		k := uint32(data[0]) | uint32(data[1])<<8 | uint32(data[2])<<16 | uint32(data[3])<<24
		k *= m
		k ^= k >> 24
		k *= m
		h = h*m ^ k
	}
	for i := len(data) - 1; i >= 0; i-- {
		h ^= uint32(data[i]) << (8 * i)
	}
	if len(data) > 0 {
		h *= m
	}
	h ^= h >> 13
	h *= m
	return h ^ h>>15
}

// debugInfo is what JupyterLab asks first, with what ipykernel's answer has.
type debugInfo struct {
	IsStarted      bool             `json:"isStarted"`
	HashMethod     string           `json:"hashMethod"`
	HashSeed       int              `json:"hashSeed"`
	TmpFilePrefix  string           `json:"tmpFilePrefix"`
	TmpFileSuffix  string           `json:"tmpFileSuffix"`
	Breakpoints    []setBreakpoints `json:"breakpoints"`
	StoppedThreads []int64          `json:"stoppedThreads"`
	RichRendering  bool             `json:"richRendering"`
	ExceptionPaths []string         `json:"exceptionPaths"`
	CopyToGlobals  bool             `json:"copyToGlobals"`
}

// setBreakpoints are those of one file.
type setBreakpoints struct {
	Source      string           `json:"source"`
	Breakpoints []dap.Breakpoint `json:"breakpoints"`
}

func (d *debugger) info(debuggerCells, *jupyter.DebugRequest) (any, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := debugInfo{IsStarted: d.attached.Load(), HashMethod: "Murmur2", HashSeed: debugSeed, TmpFilePrefix: debugPrefix,
		TmpFileSuffix: debugSuffix, Breakpoints: []setBreakpoints{}, StoppedThreads: []int64{}, RichRendering: true,
		ExceptionPaths: []string{}, CopyToGlobals: true}
	for path, list := range d.breakpoints {
		i.Breakpoints = append(i.Breakpoints, setBreakpoints{path, list})
	}
	if d.stopped != 0 {
		i.StoppedThreads = append(i.StoppedThreads, d.stopped)
	}
	return i, nil
}
