package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/host"
	"github.com/gocifar/gocifar/kernel/internal/engine/session"
)

// While a debugger is attached, cells are compiled with hooks (package session)
// at which their goroutines can stop (package host). This file knows the
// breakpoints and which sites of which programs they are at.

// Breakpoint is a line of a cell's text at which to stop.
type Breakpoint struct {
	Line int
	// Condition is a Go expression that has to be true, and Log a message to
	// print instead of stopping, with expressions in braces; both may be empty.
	Condition, Log string
	// Hits is how often the breakpoint is to be met before it stops, 0 for at
	// once.
	Hits int
}

// Placed is what became of a breakpoint.
type Placed struct {
	ID   int
	Line int
	// Problem says why there is none, and Note what else there is to say.
	Problem, Note string
}

// Stopped is why goroutines have stopped.
type Stopped = host.Stopped

// Thread is a goroutine, Call a call on its stack.
type (
	Thread = host.Thread
	Call   = host.Call
)

// debugging is what the engine knows for a debugger.
type debugging struct {
	mu       sync.Mutex
	on       bool
	panics   bool
	lastID   int
	byText   map[string][]placedMark // breakpoints, by the cell's text or the file's path
	programs map[int64]debugProgram  // with hooks, that the process has

	hooks   map[string]*session.HookedPackage // by import path, as they were compiled last
	refused map[string]string                 // why packages have no hooks, by folder
	files   map[string][]string               // of packages of the user's modules, by import path
}

type placedMark struct {
	line int
	host.Mark
}

// debugProgram is a program with hooks.
type debugProgram struct {
	sites []session.Site
	texts map[int64]string // of the executions that the sites are in, or paths of the files
}

// Debug attaches a debugger, or detaches it, and then everything goes on.
func (e *Engine) Debug(ctx context.Context, on bool) error {
	e.turn.Lock()
	e.session.Debug(on)
	e.turn.Unlock()
	d := &e.debugging
	d.mu.Lock()
	d.on, d.panics, d.byText, d.refused = on, false, nil, nil
	d.mu.Unlock()
	_, err := e.askDebugger(ctx, host.Debug{On: &on})
	return err
}

// BreakOnPanic sets whether a panic that nothing recovers stops.
func (e *Engine) BreakOnPanic(ctx context.Context, yes bool) error {
	e.debugging.mu.Lock()
	e.debugging.panics = yes
	e.debugging.mu.Unlock()
	_, err := e.askDebugger(ctx, host.Debug{Panics: &yes})
	return err
}

// askDebugger has the process do something at once, whatever runs.
func (e *Engine) askDebugger(ctx context.Context, d host.Debug) (*host.DebugAnswer, error) {
	_, _, p := e.looks()
	ctx, cancel := context.WithTimeoutCause(ctx, queryLimit,
		fmt.Errorf("the process for cells did not answer within %s", queryLimit))
	defer cancel()
	a, err := p.ask(ctx, host.Command{Debug: &d})
	if err == nil && a.Outcome != host.OK {
		err = errors.New(a.Error)
	}
	if a.Debug == nil {
		a.Debug = &host.DebugAnswer{}
	}
	return a.Debug, err
}

// SetBreakpoints replaces the breakpoints of a cell's text. Each moves to the
// next line with a statement.
func (e *Engine) SetBreakpoints(ctx context.Context, text string, list []Breakpoint) ([]Placed, error) {
	lines, problem := session.Stops(text)
	return e.place(ctx, text, list, lines, problem)
}

// place sets the breakpoints of a cell's text or a file's path, which has
// statements at some lines.
func (e *Engine) place(ctx context.Context, text string, list []Breakpoint, lines []int, problem error) ([]Placed,
	error) {
	placed := make([]Placed, len(list))
	d := &e.debugging
	d.mu.Lock()
	var marks []placedMark
	for i, b := range list {
		d.lastID++
		placed[i] = Placed{ID: d.lastID, Line: b.Line}
		at, _ := slices.BinarySearch(lines, b.Line)
		switch {
		case problem != nil:
			placed[i].Problem = problem.Error()
		case at == len(lines):
			placed[i].Problem = fmt.Sprintf("there is no statement in line %d or below it", b.Line)
		default:
			placed[i].Line = lines[at]
			marks = append(marks, placedMark{lines[at], host.Mark{ID: d.lastID, Condition: b.Condition, Log: b.Log,
				Hits: b.Hits}})
		}
	}
	if d.byText == nil {
		d.byText = map[string][]placedMark{}
	}
	d.byText[text] = marks
	all := d.allMarks()
	d.mu.Unlock()
	_, err := e.askDebugger(ctx, host.Debug{Marks: all})
	return placed, err
}

// allMarks are the breakpoints of all programs; d is locked.
func (d *debugging) allMarks() map[int64]map[int][]host.Mark {
	all := map[int64]map[int][]host.Mark{}
	for number, p := range d.programs {
		all[number] = d.marksOf(p)
	}
	return all
}

// lineOf is the line of the statement at which a breakpoint is: a file may have
// been edited since it was set.
func (p debugProgram) lineOf(number int64, m placedMark) int {
	line := 0
	for _, s := range p.sites {
		if s.Cell == number && s.Line >= m.line && (line == 0 || s.Line < line) {
			line = s.Line
		}
	}
	return line
}

// marksOf are the breakpoints of a program, by site: each at the first of its
// line in every function that has some there.
func (d *debugging) marksOf(p debugProgram) map[int][]host.Mark {
	marks := map[int][]host.Mark{}
	for number, text := range p.texts {
		for _, m := range d.byText[text] {
			first, line := map[string]int{}, p.lineOf(number, m)
			for i, s := range p.sites {
				if s.Cell != number || s.Line != line {
					continue
				}
				if before, ok := first[s.Function]; !ok || s.Column < p.sites[before].Column {
					first[s.Function] = i
				}
			}
			for _, i := range first {
				marks[i] = append(marks[i], m.Mark)
			}
		}
	}
	return marks
}

// withHooks tells the process of a program's hooks, with the command that runs
// it.
func (r *run) withHooks(c *host.Command, program *session.Program) {
	if len(program.Sites) == 0 {
		return
	}
	d, of := &r.debugging, c.Cell
	d.mu.Lock()
	defer d.mu.Unlock()
	p := debugProgram{sites: program.Sites, texts: map[int64]string{}}
	if known, ok := d.programs[of]; ok && c.Path == "" {
		p = known // it is loaded already
	}
	for _, s := range p.sites {
		if _, known := p.texts[s.Cell]; !known {
			if p.texts[s.Cell] = r.session.Source(s.Cell); s.Cell == of {
				p.texts[s.Cell] = program.Text()
			}
		}
		c.Sites = append(c.Sites, hostSite(s, "cell["+strconv.FormatInt(s.Cell, 10)+"]"))
	}
	if d.programs == nil {
		d.programs = map[int64]debugProgram{}
	}
	d.programs[of] = p
	c.Marks = d.marksOf(p)
}

// hostSite is a site for the process.
func hostSite(s session.Site, file string) host.Site {
	var names []string
	for _, v := range s.Locals {
		names = append(names, v.Name)
	}
	return host.Site{File: file, Line: s.Line, Column: s.Column, Function: s.Function, Names: names, Loop: s.Loop,
		End: s.End, Node: s.Node, Calls: s.Calls, Dynamic: s.Dynamic}
}

// attachAnew tells a new process of the debugger.
func (e *Engine) attachAnew(ctx context.Context) error {
	d := &e.debugging
	d.mu.Lock()
	on, panics := d.on, d.panics
	d.programs = nil
	d.mu.Unlock()
	if !on {
		return nil
	}
	if _, err := e.askDebugger(ctx, host.Debug{On: &on, Panics: &panics}); err != nil {
		return err
	}
	return e.tellHooks(ctx)
}

// debugEvent takes what the process tells of the debugger.
func (e *Engine) debugEvent(a host.Answer) {
	switch {
	case a.Debug == nil:
	case a.Outcome == host.WantsCode && a.Debug.Wants != nil:
		go e.compileForBreakpoint(*a.Debug.Wants)
	case e.options.Debugger == nil || a.Debug.Stopped == nil:
	case a.Outcome == host.Halted:
		e.options.Debugger.Stopped(*a.Debug.Stopped)
	case a.Outcome == host.Resumed:
		e.options.Debugger.Resumed()
	}
}

// Debugger is told of what happens to goroutines. Its methods return soon.
type Debugger interface {
	// Stopped says that a goroutine has stopped, and that the others do.
	Stopped(Stopped)
	// Resumed says that all go on although nobody asked for it: the cell was
	// interrupted.
	Resumed()
}

// compileForBreakpoint compiles a condition or message, for which a goroutine
// waits.
func (e *Engine) compileForBreakpoint(c host.Compiled) {
	plugin, err := e.compileExpression(context.Background(), &c)
	if err != nil {
		c.Error = err.Error()
	}
	if _, err := e.askDebugger(context.Background(), host.Debug{Compiled: &c}); err != nil {
		fmt.Fprintln(os.Stderr, "live kernel: a breakpoint's expression:", err)
	}
	if plugin != "" {
		os.Remove(plugin)
	}
}

// Threads lists the goroutines of cells, those that have stopped first.
func (e *Engine) Threads(ctx context.Context) ([]Thread, error) {
	a, err := e.askDebugger(ctx, host.Debug{Threads: true})
	return a.Threads, err
}

// Stack lists the calls of a goroutine that has stopped, the innermost first. 0
// is the one that stopped first.
func (e *Engine) Stack(ctx context.Context, thread int64) ([]Call, error) {
	a, err := e.askDebugger(ctx, host.Debug{Stack: true, Thread: thread})
	return a.Calls, err
}

// Locals describes the variables of a call: of the one in which a goroutine has
// stopped, and of those below as they were before the statement that calls.
func (e *Engine) Locals(ctx context.Context, call int) ([]Variable, error) {
	a, err := e.askDebugger(ctx, host.Debug{Locals: call})
	for i := range a.Locals {
		a.Locals[i] = forPeople(a.Locals[i])
	}
	return a.Locals, err
}

// Go lets goroutines go on: "continue", "next", "stepIn", "stepOut"; or has them
// stop: "pause".
func (e *Engine) Go(ctx context.Context, how string, thread int64) error {
	_, err := e.askDebugger(ctx, host.Debug{Go: how, Thread: thread})
	return err
}

// evaluationLimit is how long an expression may take, and evaluationGrace how
// long after it was told to stop.
const (
	evaluationLimit = 5 * time.Second
	evaluationGrace = time.Second
)
