package host

import (
	"bytes"
	"cmp"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"unsafe"
)

// This file is the debugger's part that stands in the way of code. Package
// session writes hooks into cells: where a site is marked, the hook calls Stop
// with copies of the variables in scope. Which sites are marked follows from the
// breakpoints; all are while somebody steps, or while one goroutine has stopped,
// so that the others stop, too.

// debugger is what is known of it.
var debugger struct {
	sync.Mutex
	on, panics bool
	programs   map[int64]*hooked
	marks      map[int64]map[int][]Mark
	passed     map[int]int // how often a breakpoint was met, by its ID
	step       *step
	pause      bool
	stopped    map[int64]*thread      // by goroutine
	first      int64                  // the goroutine that the others wait for, or 0
	calls      []*stackCall           // of stopped goroutines, by ID-1
	parts      []declaration          // values in them that were shown
	kept       []any                  // what such values are in that only an evaluation has made
	codes      map[codeKey]*code      // of breakpoints
	passing    map[int64][]passedHook // by goroutine and the depth of its stack
}

// hooked is a program with hooks.
type hooked struct {
	hit    []byte
	sites  []Site
	leads  []bool // by site, whether its calls may lead to a breakpoint
	passes []int  // by site, how often that has been passed
}

// step is how far a goroutine may go.
type step struct {
	thread int64
	cell   int64
	// depth is the greatest at which it stops, 0 for any.
	depth int
}

// thread is a goroutine that has stopped.
type thread struct {
	id      int64
	cell    int64 // to which the goroutine belongs
	program int64 // whose hook it is: a cell's or a package's
	site    int   // -1 after a panic
	copies  []any
	depth   int
	calls   []*stackCall
	resume  chan struct{}
	// panicked is the stack of a goroutine that ends by a panic.
	panicked []Frame
}

// stackCall is a call on a stopped goroutine's stack.
type stackCall struct {
	Call
	thread *thread
	copies []any // nil where they are not known
}

// Hooks tells of a program's hooks, before it runs.
func Hooks(cell int64, hit []byte) {
	debugger.Lock()
	defer debugger.Unlock()
	p := program(cell)
	p.hit = hit
	refresh()
}

// program is what is known of one; the debugger is locked.
func program(cell int64) *hooked {
	p := debugger.programs[cell]
	if p == nil {
		p = &hooked{}
		if debugger.programs == nil {
			debugger.programs = map[int64]*hooked{}
		}
		debugger.programs[cell] = p
	}
	return p
}

// noteSites prepares for a program that is to be loaded.
func noteSites(c Command) {
	if len(c.Sites) == 0 {
		return
	}
	debugger.Lock()
	defer debugger.Unlock()
	program(c.Cell).sites = c.Sites
	if c.Marks != nil {
		if debugger.marks == nil {
			debugger.marks = map[int64]map[int][]Mark{}
		}
		debugger.marks[c.Cell] = c.Marks
	}
	spread()
	refresh()
}

// refresh sets the bytes at which hooks look. The debugger is locked.
func refresh() {
	all := debugger.on && (debugger.step != nil || debugger.pause || len(debugger.stopped) > 0)
	for cell, p := range debugger.programs {
		if len(p.hit) < len(p.sites) {
			continue // it has not run yet
		}
		clear(p.hit)
		for i, site := range p.sites {
			leads := i < len(p.leads) && p.leads[i]
			if !all && (!debugger.on || len(debugger.marks[cell][i]) == 0 && !leads) {
				continue
			}
			p.hit[i] = 1
			if site.Loop > 0 {
				p.hit[len(p.hit)-site.Loop] = 1
			}
		}
	}
}

// Stop is called by a hook, if its site is marked, with pointers to copies of the
// variables in scope. A bit of what it returns says of each that it has been set.
// It must not keep those pointers (stop_stack.go).
func Stop(program int64, site int, variables ...any) (set uint64) {
	t := &thread{cell: program, program: program, site: site}
	owner, _ := ownerOf(labels())
	if program < 0 { // a package's
		t.cell = owner
	}
	if isEvaluation(owner) {
		return 0 // somebody waits for it
	}
	if t.cell != 0 && interrupted.Load() == t.cell {
		return 0 // deferred calls of what ends
	}
	s := takeSnapshot(variables)
	t.copies = s.copies
	for {
		event, held := why(t)
		waited := false
		if event != nil || held {
			waited = t.wait(event)
		}
		if event == nil && !held || event != nil && waited {
			t.pass()
			return s.putBack(variables)
		}
	}
}

// why tells whether a goroutine has to stop: with an event, or held only for as
// long as another one is stopped.
func why(t *thread) (event *Stopped, held bool) {
	debugger.Lock()
	defer debugger.Unlock()
	if !debugger.on {
		return nil, false
	}
	if len(debugger.stopped) > 0 {
		return nil, true
	}
	marks := debugger.marks[t.program][t.site]
	if debugger.pause {
		return &Stopped{Reason: ReasonPause}, false
	}
	if s := debugger.step; s != nil && (s.depth == 0 || depth(s.depth+1) <= s.depth) && goroutine() == s.thread {
		return &Stopped{Reason: ReasonStep}, false
	}
	if len(marks) == 0 {
		return nil, false
	}
	return met(t, marks)
}

// met tells which breakpoints of a site stop the goroutine. The debugger is
// locked, but not while expressions are evaluated.
func met(t *thread, marks []Mark) (event *Stopped, held bool) {
	for _, m := range marks {
		if m.Condition != "" || m.Log != "" {
			debugger.Unlock()
			yes, text := t.holds(m)
			debugger.Lock()
			if !yes {
				continue
			}
			if len(debugger.stopped) > 0 {
				return nil, true
			}
			if event == nil {
				event = &Stopped{Reason: ReasonBreakpoint}
			}
			event.Text = cmp.Or(event.Text, text)
		}
		if debugger.passed == nil {
			debugger.passed = map[int]int{}
		}
		if debugger.passed[m.ID]++; debugger.passed[m.ID] < m.Hits {
			continue
		}
		if event == nil {
			event = &Stopped{Reason: ReasonBreakpoint}
		}
		event.Marks = append(event.Marks, m.ID)
	}
	if event != nil && len(event.Marks) == 0 {
		event = nil
	}
	return event, false
}

// wait keeps a goroutine until it is to go on. It does not wait for what is over
// by now.
func (t *thread) wait(event *Stopped) (waited bool) {
	t.id, t.resume = goroutine(), make(chan struct{})
	pcs := make([]uintptr, 10_000)
	pcs = pcs[:runtime.Callers(2, pcs)]
	frames, depths := callsOf(pcs)
	if t.depth = len(pcs) - 1; t.site < 0 { // but for Stop
		frames, depths = t.panicked, depthsOf(t.panicked, frames, depths)
	}
	if !t.enter(event, frames, depths) {
		return false
	}
	for waits := true; waits; {
		woken := wake.next()
		if t.cell != 0 && interrupted.Load() == t.cell {
			t.leave()
			goexit()
		}
		select {
		case <-t.resume:
			waits = false
		case <-woken:
		}
	}
	return true
}

// enter adds a goroutine to those that have stopped, and tells the kernel if it
// is the first. It is not added if what it waits for is over by now.
func (t *thread) enter(event *Stopped, frames []Frame, depths []int) bool {
	debugger.Lock()
	defer debugger.Unlock()
	if !debugger.on || (len(debugger.stopped) > 0) != (event == nil) {
		return false
	}
	if debugger.stopped == nil {
		debugger.stopped = map[int64]*thread{}
	}
	debugger.stopped[t.id] = t
	for i, f := range frames {
		c := &stackCall{thread: t,
			Call: Call{ID: len(debugger.calls) + 1, Frame: f, Program: t.program, Site: -1, Column: 1, Cell: t.cell}}
		if i == 0 && t.site >= 0 {
			c.Site, c.copies = t.site, t.copies
			if p := debugger.programs[t.program]; p != nil && t.site < len(p.sites) {
				c.Line, c.Column = p.sites[t.site].Line, p.sites[t.site].Column
			}
		} else {
			c.below(depths[i])
		}
		debugger.calls = append(debugger.calls, c)
		t.calls = append(t.calls, c)
	}
	if event == nil {
		return true
	}
	debugger.first, debugger.step, debugger.pause = t.id, nil, false
	refresh()
	event.Thread = t.id
	send(Answer{Outcome: Halted, Debug: &DebugAnswer{Stopped: event}})
	return true
}

// leave takes a goroutine that ends from those that have stopped. If it is the
// one that the others wait for, they go on.
func (t *thread) leave() {
	debugger.Lock()
	defer debugger.Unlock()
	delete(debugger.stopped, t.id)
	if debugger.first == t.id {
		releaseAll()
		send(Answer{Outcome: Resumed, Debug: &DebugAnswer{Stopped: &Stopped{Thread: t.id}}})
	}
}

// releaseAll lets all go on. The debugger is locked.
func releaseAll() {
	for _, t := range debugger.stopped {
		close(t.resume)
	}
	clear(debugger.stopped)
	debugger.first, debugger.calls, debugger.parts, debugger.kept = 0, nil, nil, nil
	refresh()
}

// memory is a variable's, from a pointer to it.
func memory(pointer any) []byte {
	v := reflect.ValueOf(pointer)
	return unsafe.Slice((*byte)(v.UnsafePointer()), v.Type().Elem().Size())
}

// depth is how many calls are on this goroutine's stack, if they are fewer than
// most.
func depth(most int) int {
	var few [64]uintptr
	pcs := few[:]
	if most+ownDepth > len(pcs) {
		pcs = make([]uintptr, most+ownDepth)
	}
	return runtime.Callers(1, pcs[:most+ownDepth]) - ownDepth
}

// ownDepth are the calls between runtime.Callers in depth and the hook: depth,
// why and Stop.
const ownDepth = 3

// callsOf are the calls of cells and of what cells call, the innermost first, each
// with the number of calls up to it.
func callsOf(pcs []uintptr) (list []Frame, depths []int) {
	iterator := runtime.CallersFrames(pcs)
	for depth := len(pcs); ; depth-- {
		f, more := iterator.Next()
		if f.Function != "" && f.Function != "runtime.goexit" && !strings.HasPrefix(f.Function, hostPath) &&
			f.File != "gocell" {
			list, depths = append(list, Frame{f.Function, f.File, f.Line}), append(depths, depth)
		}
		if !more {
			return list, depths
		}
	}
}

// hostPath begins the names of this package's functions.
const hostPath = "github.com/gocifar/gocifar/kernel/internal/engine/host."

// goroutine is the number of this one.
func goroutine() int64 {
	var buffer [40]byte
	id, _ := goroutineOf(buffer[:runtime.Stack(buffer[:], false)])
	return id
}

// goroutineOf reads the head of a stack trace: "goroutine 7 [running]:".
func goroutineOf(trace []byte) (id int64, ok bool) {
	rest, ok := bytes.CutPrefix(trace, []byte("goroutine "))
	if !ok {
		return 0, false
	}
	number, _, _ := bytes.Cut(rest, []byte(" "))
	id, err := strconv.ParseInt(string(number), 10, 64)
	return id, err == nil
}

// stopOnPanic keeps a goroutine before a panic ends it, if that is wanted.
func stopOnPanic(a Answer) {
	cell, _ := ownerOf(labels())
	for {
		debugger.Lock()
		wanted, others := debugger.on && debugger.panics && interrupted.Load() != cell, len(debugger.stopped) > 0
		debugger.Unlock()
		t := &thread{cell: cell, program: cell, site: -1, panicked: a.Frames}
		event := &Stopped{Reason: ReasonPanic, Text: "panic: " + a.Error}
		if others {
			event = nil
		}
		if !wanted {
			return
		}
		if waited := t.wait(event); waited && event != nil {
			return
		}
	}
}
