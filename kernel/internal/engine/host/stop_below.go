package host

import (
	"path/filepath"
	"runtime"
	"slices"
)

// This file is about the variables of calls below the innermost one of a
// goroutine that stops. Their hooks have been passed by then. So hooks whose
// statements may call a function with a breakpoint look, too, and leave copies of
// the variables for the case that something stops. While panics stop, all hooks
// do: nobody knows which statement panics.

// passedHook is what a hook has left.
type passedHook struct {
	program int64
	site    int
	copies  []any
}

const (
	// mostDepth is how many calls may be on a stack whose variables are kept, and
	// mostPassing the number of goroutines.
	mostDepth   = 500
	mostPassing = 10_000
	// mostPasses is how often copies are left at a site: they take some
	// microseconds each, and a loop may pass it millions of times.
	mostPasses = 20_000
)

// hookedFunction is one of a cell's program, or of a package, whose program is 0.
type hookedFunction struct {
	program int64
	name    string
}

// spread finds out at which sites copies are left. The debugger is locked.
func spread() {
	debugger.passing = nil
	marked := false
	for number, p := range debugger.programs {
		p.leads = nil
		marked = marked || len(debugger.marks[number]) > 0
	}
	if !debugger.on || !marked && !debugger.panics {
		return
	}
	reaching := map[hookedFunction]bool{} // have a breakpoint, or call what has one
	anything := false                     // that is called as a value
	leads := func(program int64, calls []string) bool {
		for _, name := range calls {
			if name == AnyCall && anything || reaching[hookedFunction{program, name}] || reaching[hookedFunction{0, name}] {
				return true
			}
		}
		return false
	}
	for changed := true; changed; {
		changed = false
		for number, p := range debugger.programs {
			for i, s := range p.sites {
				f := hookedFunction{max(number, 0), s.Node}
				if reaching[f] && (anything || !s.Dynamic) {
					continue
				}
				if len(debugger.marks[number][i]) > 0 || leads(max(number, 0), s.Calls) {
					reaching[f], anything, changed = true, anything || s.Dynamic, true
				}
			}
		}
	}
	for number, p := range debugger.programs {
		p.leads, p.passes = make([]bool, len(p.sites)), make([]int, len(p.sites))
		for i, s := range p.sites {
			p.leads[i] = debugger.panics || leads(max(number, 0), s.Calls)
		}
	}
}

// pass leaves copies of the variables at a hook that has been passed. It is
// called by Stop.
func (t *thread) pass() {
	debugger.Lock()
	p := debugger.programs[t.program]
	wanted := debugger.on && p != nil && t.site < len(p.sites) && (debugger.panics || len(p.sites[t.site].Calls) > 0)
	debugger.Unlock()
	if !wanted {
		return
	}
	var pcs [mostDepth]uintptr
	depth, id := runtime.Callers(3, pcs[:]), goroutine() // but for Callers, pass and Stop
	if depth == len(pcs) {
		return
	}
	debugger.Lock()
	defer debugger.Unlock()
	if debugger.passing == nil || len(debugger.passing) > mostPassing {
		debugger.passing = map[int64][]passedHook{}
	}
	list := debugger.passing[id]
	for len(list) <= depth {
		list = append(list, passedHook{})
	}
	list[depth] = passedHook{t.program, t.site, t.copies}
	debugger.passing[id] = list
	if t.site >= len(p.leads) {
		return
	}
	if p.passes[t.site]++; p.passes[t.site] >= mostPasses && p.leads[t.site] {
		p.leads[t.site] = false
		refresh()
	}
}

// below fills in what is known of a call at a depth of the stack. The debugger is
// locked.
func (c *stackCall) below(depth int) {
	c.Below = true
	list := debugger.passing[c.thread.id]
	if depth >= len(list) || list[depth].copies == nil {
		return
	}
	h := list[depth]
	p := debugger.programs[h.program]
	if p == nil || h.site >= len(p.sites) {
		return
	}
	left := h.site < len(p.passes) && p.passes[h.site] < mostPasses
	if left && filepath.Base(p.sites[h.site].File) == filepath.Base(c.File) && p.calling(h.site, c.Frame.Line) {
		c.Program, c.Site, c.copies = h.program, h.site, h.copies
	}
}

// calling tells whether a site's statement is the one that calls in a line, and
// not one around that.
func (p *hooked) calling(site, line int) bool {
	s := p.sites[site]
	if line < s.Line || line > s.End {
		return false
	}
	for _, inner := range p.sites {
		if inner.File == s.File && inner.Node == s.Node && len(inner.Calls) > 0 && inner.Line > s.Line &&
			inner.Line <= line && line <= inner.End {
			return false
		}
	}
	return true
}

// depthsOf are the depths of calls that are among all of a stack, in its order;
// 0 of one that is not.
func depthsOf(some, all []Frame, depths []int) []int {
	found := make([]int, len(some))
	for i, f := range some {
		if at := slices.Index(all, f); at >= 0 {
			found[i] = depths[at]
			all, depths = all[at+1:], depths[at+1:]
		}
	}
	return found
}
