package host

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"unsafe"

	"github.com/gocifar/gocifar/kernel/internal/engine/host/peek"
)

// This file answers the kernel's commands for the debugger.

func answerDebug(c Command) {
	a := Answer{Outcome: OK, Debug: &DebugAnswer{}}
	if err := debugging(*c.Debug, a.Debug); err != nil {
		a = Answer{Outcome: Refused, Error: err.Error()}
	}
	a.ID = c.ID
	send(a)
}

// debugging does what one command asks for.
func debugging(d Debug, a *DebugAnswer) error {
	if d.Compiled != nil {
		takeCode(*d.Compiled)
		return nil
	}
	running := []Thread(nil)
	if d.Threads {
		running = goroutines()
	}
	debugger.Lock()
	defer debugger.Unlock()
	hookPackages(d.Packages)
	if d.Marks != nil {
		debugger.marks = d.Marks
		debugger.passed = nil
	}
	if d.Panics != nil {
		debugger.panics = *d.Panics
	}
	if d.On != nil {
		if debugger.on = *d.On; !debugger.on {
			debugger.step, debugger.pause, debugger.marks, debugger.panics = nil, false, nil, false
			releaseAll()
		}
	}
	if d.Marks != nil || d.On != nil || d.Packages != nil || d.Panics != nil {
		spread()
	}
	refresh()
	switch {
	case d.Go != "":
		return goOn(d)
	case d.Threads:
		a.Threads = threads(running)
	case d.Stack:
		t, err := stoppedThread(d.Thread)
		if err != nil {
			return err
		}
		for _, c := range t.calls {
			a.Calls = append(a.Calls, c.Call)
		}
	case d.Locals != 0:
		return locals(d.Locals, a)
	}
	return nil
}

// hookPackages takes packages with hooks, as far as the process has them.
func hookPackages(list []HookedPackage) {
	for _, h := range list {
		at := address(h.Symbol)
		if at == 0 {
			continue
		}
		p := program(h.Program)
		p.sites = h.Sites
		p.hit = unsafe.Slice((*byte)(peek.Pointer(at)), h.Bytes)
	}
}

// stoppedThread finds a goroutine that has stopped: 0 is the one for which the
// others wait. The debugger is locked.
func stoppedThread(id int64) (*thread, error) {
	if debugger.first == 0 {
		return nil, fmt.Errorf("nothing is stopped: the code runs, or no cell does")
	}
	if id == 0 {
		id = debugger.first
	}
	t := debugger.stopped[id]
	if t == nil {
		return nil, fmt.Errorf("goroutine %d is not stopped: it waits for something or has ended", id)
	}
	return t, nil
}

// goOn lets goroutines go on, or stops them. The debugger is locked.
func goOn(d Debug) error {
	if d.Go == "pause" {
		if debugger.first == 0 {
			debugger.pause = true
			refresh()
		}
		return nil
	}
	t, err := stoppedThread(d.Thread)
	if err != nil {
		return err
	}
	switch d.Go {
	case "next":
		debugger.step = &step{t.id, t.cell, t.depth}
	case "stepIn":
		debugger.step = &step{t.id, t.cell, 0}
	case "stepOut":
		debugger.step = &step{t.id, t.cell, max(1, t.depth-1)}
	}
	releaseAll()
	return nil
}

// stepEnds forgets a step of a cell that has ended.
func stepEnds(cell int64) {
	debugger.Lock()
	defer debugger.Unlock()
	if debugger.step != nil && debugger.step.cell == cell {
		debugger.step = nil
	}
	debugger.pause = false
	refresh()
}

// threads lists goroutines, those that have stopped first. The debugger is
// locked.
func threads(running []Thread) (list []Thread) {
	for _, t := range running {
		if _, t.Stopped = debugger.stopped[t.ID]; t.Stopped || t.ofCell {
			list = append(list, t)
		}
	}
	rank := func(t Thread) int {
		switch {
		case t.ID == debugger.first:
			return 0
		case t.Stopped:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(list, func(a, b Thread) int { return rank(a) - rank(b) })
	return list
}

// goroutines lists all, with the name of the function of a cell that they run, or
// else of the one that has started them.
func goroutines() (list []Thread) {
	traces := make([]byte, 4<<20)
	traces = traces[:runtime.Stack(traces, true)]
	for trace := range bytes.SplitSeq(traces, []byte("\n\n")) {
		id, ok := goroutineOf(trace)
		if !ok {
			continue
		}
		before, after, ofCell := strings.Cut(string(trace), "\nmain.")
		if !ofCell {
			_, after, _ = strings.Cut(before, "created by ")
		}
		name, _, _ := strings.Cut(after, "(")
		list = append(list, Thread{ID: id, Name: fmt.Sprintf("goroutine %d: %s", id, name), ofCell: ofCell})
	}
	return list
}

// firstPart is above the numbers of all values that the inspector has shown.
const firstPart = 1 << 24

// locals describes the variables of a call. The debugger is locked.
func locals(number int, a *DebugAnswer) error {
	c, err := callOf(number)
	if err != nil {
		return err
	}
	if c.copies == nil {
		return nil
	}
	p := debugger.programs[c.Program]
	limits := peek.Limits{Text: 200, Elements: 20}
	for i, copied := range c.copies {
		if p == nil || c.Site >= len(p.sites) || i >= len(p.sites[c.Site].Names) {
			break
		}
		d := declarationOf(c.Program, copied)
		v := peek.Look(d.t, d.at, limits)
		v.Name, v.Reference = p.sites[c.Site].Names[i], part(d)
		a.Locals = append(a.Locals, v)
	}
	return nil
}

// callOf finds a call; the debugger is locked.
func callOf(number int) (*stackCall, error) {
	if number < 1 || number > len(debugger.calls) {
		return nil, fmt.Errorf("there is no call %d: the code has gone on since", number)
	}
	return debugger.calls[number-1], nil
}

// part offers the parts of a value in a stopped goroutine. The debugger is locked.
func part(d declaration) int {
	if !peek.Compound(d.t) || len(debugger.parts) >= mostReferences {
		return 0
	}
	debugger.parts = append(debugger.parts, d)
	return firstPart + len(debugger.parts)
}

// stoppedParts answers a query for the parts of such a value.
func stoppedParts(reference int) Answer {
	debugger.Lock()
	defer debugger.Unlock()
	i := reference - firstPart - 1
	if i < 0 || i >= len(debugger.parts) {
		return Answer{Outcome: Refused, Error: "the value is gone: the code has gone on since"}
	}
	d := debugger.parts[i]
	a := Answer{Outcome: OK}
	for _, p := range peek.Parts(d.t, d.at, mostParts, peek.Limits{Text: 100, Elements: 10}) {
		v := p.Variable
		v.Reference = part(declaration{d.cell, p.Of, p.At})
		a.Variables = append(a.Variables, v)
	}
	return a
}
