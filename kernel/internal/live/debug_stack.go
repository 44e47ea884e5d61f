package live

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/google/go-dap"

	"github.com/gocifar/gocifar/kernel/internal/engine"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

func (d *debugger) threads(cells debuggerCells, _ *jupyter.DebugRequest) (any, error) {
	list, err := cells.Threads(d.kernel.server.ctx)
	body := dap.ThreadsResponseBody{Threads: []dap.Thread{}}
	for _, t := range list {
		body.Threads = append(body.Threads, dap.Thread{Id: int(t.ID), Name: t.Name})
	}
	return body, err
}

// anyThread is what front ends call a thread that know of none: in Python, the
// main one. No cell runs on the goroutine of that number.
const anyThread = 1

// stack lists the calls of a goroutine and remembers them by their numbers.
func (d *debugger) stack(cells debuggerCells, thread int) ([]engine.Call, error) {
	if thread == anyThread {
		thread = 0
	}
	list, err := cells.Stack(d.kernel.server.ctx, int64(thread))
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range list {
		if d.calls != nil {
			d.calls[d.numberOf(c)] = c
		}
	}
	return list, err
}

// numberOf is a call's number for front ends; d is locked. It is another one
// after each evaluation: JupyterLab asks again for variables only of a call that
// it has not known.
func (d *debugger) numberOf(c engine.Call) int { return d.evaluated%1000<<16 | c.ID&0xffff }

func (d *debugger) stackTrace(cells debuggerCells, c *jupyter.DebugRequest) (any, error) {
	a, err := arguments[dap.StackTraceArguments](c)
	if err != nil {
		return nil, err
	}
	list, err := d.stack(cells, a.ThreadId)
	body := dap.StackTraceResponseBody{StackFrames: []dap.StackFrame{}}
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	all, numbers := d.allCode, make([]int, len(list))
	for i, call := range list {
		numbers[i] = d.numberOf(call)
	}
	d.mu.Unlock()
	for i, call := range list {
		f := dap.StackFrame{Id: numbers[i], Name: functionOf(call.Function), Line: call.Line, Column: call.Column}
		if strings.HasPrefix(call.File, "cell[") {
			f.Source = &dap.Source{Name: call.File, Path: d.know(cells.TextOf(call))}
		} else if path := cells.PathOf(call); path != "" {
			f.Source = &dap.Source{Name: filepath.Base(path), Path: path}
		} else if all {
			f.Source, f.PresentationHint = &dap.Source{Name: call.File, Path: call.File}, "subtle"
		} else {
			continue
		}
		body.StackFrames = append(body.StackFrames, f)
	}
	body.TotalFrames = len(body.StackFrames)
	first := min(max(a.StartFrame, 0), body.TotalFrames)
	last := body.TotalFrames
	if a.Levels > 0 {
		last = min(last, first+a.Levels)
	}
	body.StackFrames = body.StackFrames[first:last]
	return body, nil
}

// functionOf is a function as a cell calls it.
func functionOf(name string) string { return strings.TrimPrefix(library.GivenSymbol(name), "main.") }

// call finds a call by its number.
func (d *debugger) call(cells debuggerCells, number int) (*engine.Call, error) {
	for range 2 {
		d.mu.Lock()
		call, ok := d.calls[number]
		d.mu.Unlock()
		if ok {
			return &call, nil
		}
		if _, err := d.stack(cells, 0); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("there is no call %d: the code has gone on since", number)
}

func (d *debugger) goOn(cells debuggerCells, c *jupyter.DebugRequest) (any, error) {
	a, err := arguments[dap.ContinueArguments](c)
	if err != nil {
		return nil, err
	}
	ctx, thread := d.kernel.server.ctx, int64(a.ThreadId)
	if thread == anyThread {
		thread = 0
	}
	if c.Command != "pause" {
		if _, err := cells.Stack(ctx, thread); err != nil {
			return nil, err
		}
		d.Resumed() // before what comes next is told
	}
	if err := cells.Go(ctx, c.Command, thread); err != nil {
		return nil, err
	}
	if c.Command == "continue" {
		return dap.ContinueResponseBody{AllThreadsContinued: true}, nil
	}
	return struct{}{}, nil
}
