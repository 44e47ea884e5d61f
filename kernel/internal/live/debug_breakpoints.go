package live

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-dap"

	"github.com/gocifar/gocifar/kernel/internal/engine"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// dumpCell names a cell's text by a path.
func (d *debugger) dumpCell(_ debuggerCells, c *jupyter.DebugRequest) (any, error) {
	a, err := arguments[struct {
		Code string `json:"code"`
	}](c)
	if err != nil {
		return nil, err
	}
	return map[string]string{"sourcePath": d.know(a.Code)}, nil
}

// know remembers a cell's text by its path.
func (d *debugger) know(text string) (path string) {
	path = pathOf(text)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.texts == nil {
		d.texts = map[string]string{}
	}
	d.texts[path] = text
	return path
}

func (d *debugger) textOf(path string) (text string, known bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	text, known = d.texts[path]
	return text, known
}

// ofFile tells whether a path is that of a Go file that is there, and does not
// stand for a cell's text.
func ofFile(path string) bool {
	return filepath.IsAbs(path) && strings.HasSuffix(path, debugSuffix) && !strings.HasPrefix(path, debugPrefix)
}

func (d *debugger) source(cells debuggerCells, c *jupyter.DebugRequest) (any, error) {
	a, err := arguments[struct {
		Source dap.Source `json:"source"`
	}](c)
	if err != nil {
		return nil, err
	}
	text, known := d.textOf(a.Source.Path)
	if !known && ofFile(a.Source.Path) {
		if text, err = cells.FileText(a.Source.Path); err != nil {
			return nil, fmt.Errorf("source unavailable: %w", err)
		}
	} else if !known {
		return nil, fmt.Errorf("source unavailable: no cell is known as %q", a.Source.Path)
	}
	return dap.SourceResponseBody{Content: text, MimeType: "text/x-go"}, nil
}

func (d *debugger) setBreakpoints(cells debuggerCells, c *jupyter.DebugRequest) (any, error) {
	a, err := arguments[dap.SetBreakpointsArguments](c)
	if err != nil {
		return nil, err
	}
	path := a.Source.Path
	body := dap.SetBreakpointsResponseBody{Breakpoints: make([]dap.Breakpoint, len(a.Breakpoints))}
	list := make([]engine.Breakpoint, len(a.Breakpoints))
	bad := make([]string, len(list))
	for i, b := range a.Breakpoints {
		list[i] = engine.Breakpoint{Line: b.Line, Condition: strings.TrimSpace(b.Condition), Log: b.LogMessage}
		if hits := strings.TrimSpace(b.HitCondition); hits != "" {
			if list[i].Hits, err = strconv.Atoi(hits); err != nil || list[i].Hits < 1 {
				bad[i] = fmt.Sprintf("the hit condition is %q, but has to be a number from 1: how often to meet the breakpoint",
					hits)
			}
		}
	}
	text, known := d.textOf(path)
	if !known && !ofFile(path) {
		const why = "the kernel knows no such cell; dumpCell tells it"
		for i, b := range list {
			body.Breakpoints[i] = dap.Breakpoint{Line: b.Line, Message: why, Source: &dap.Source{Path: path}}
		}
		return body, nil
	}
	good := slices.Clone(list)
	for i := len(good) - 1; i >= 0; i-- {
		if bad[i] != "" {
			good = slices.Delete(good, i, i+1)
		}
	}
	var placed []engine.Placed
	if known {
		placed, err = cells.SetBreakpoints(d.kernel.server.ctx, text, good)
	} else {
		placed, err = cells.SetFileBreakpoints(d.kernel.server.ctx, path, good)
	}
	if err != nil {
		return nil, err
	}
	var set []dap.Breakpoint
	for i, b := range list {
		one := dap.Breakpoint{Line: b.Line, Message: bad[i], Source: &dap.Source{Path: path}}
		if bad[i] == "" {
			p := placed[0]
			placed = placed[1:]
			one.Id, one.Line, one.Message, one.Verified = p.ID, p.Line, cmp.Or(p.Problem, p.Note), p.Problem == ""
		}
		if one.Verified {
			set = append(set, one)
		}
		body.Breakpoints[i] = one
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.breakpoints == nil {
		d.breakpoints = map[string][]dap.Breakpoint{}
	}
	if d.breakpoints[path] = set; len(set) == 0 {
		delete(d.breakpoints, path)
	}
	return body, nil
}

func (d *debugger) setExceptionBreakpoints(cells debuggerCells, c *jupyter.DebugRequest) (any, error) {
	a, err := arguments[dap.SetExceptionBreakpointsArguments](c)
	if err != nil {
		return nil, err
	}
	for _, filter := range a.Filters {
		if filter != "panic" {
			return nil, fmt.Errorf("there is no filter %q: the only one is \"panic\"", filter)
		}
	}
	return struct{}{}, cells.BreakOnPanic(d.kernel.server.ctx, len(a.Filters) > 0)
}
