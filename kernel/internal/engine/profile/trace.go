package profile

import (
	"cmp"
	"errors"
	"fmt"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/exp/trace"
)

// TraceSummary is what an execution trace says of goroutines, by the function that
// each began with, and of the garbage collector.
type TraceSummary struct {
	Wall   time.Duration
	Groups []*Group
	// Collections is how often the garbage collector ran, Collecting for how long,
	// Stopped how long all goroutines were stopped, for that or for anything else.
	Collections         int
	Collecting, Stopped time.Duration
	// Names makes a function's name one for people. It may be nil.
	Names func(string) string
}

// Group are goroutines that began with the same function.
type Group struct {
	Function string
	Count    int
	// Running is the time on processors, Ready the wait for one, Syscall the time
	// in system calls and in C. Blocked are other waits by their reason.
	Running, Ready, Syscall time.Duration
	Blocked                 map[string]time.Duration
}

// goroutine is one as the trace goes on.
type goroutine struct {
	function string
	state    trace.GoState
	since    trace.Time
	reason   string
	spent    map[trace.GoState]time.Duration
	blocked  map[string]time.Duration
}

// summarizer takes the events of a trace.
type summarizer struct {
	goroutines map[trace.GoID]*goroutine
	ranges     map[string]trace.Time // that have begun, by name and scope
	first      trace.Time
	last       trace.Time
	summary    TraceSummary
}

// ReadTrace sums up a trace of runtime/trace.
func ReadTrace(r io.Reader) (*TraceSummary, error) {
	reader, err := trace.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("the trace cannot be read: %w", err)
	}
	s := summarizer{goroutines: map[trace.GoID]*goroutine{}, ranges: map[string]trace.Time{}}
	for {
		e, err := reader.ReadEvent()
		if errors.Is(err, io.EOF) {
			return s.end(), nil
		}
		if err != nil {
			return nil, fmt.Errorf("the trace cannot be read: %w", err)
		}
		s.take(e)
	}
}

func (s *summarizer) take(e trace.Event) {
	if s.first == 0 {
		s.first = e.Time()
	}
	s.last = e.Time()
	switch e.Kind() {
	case trace.EventStateTransition:
		if t := e.StateTransition(); t.Resource.Kind == trace.ResourceGoroutine {
			s.transition(e, t)
		}
	case trace.EventRangeBegin, trace.EventRangeActive:
		key := fmt.Sprint(e.Range().Name, e.Range().Scope)
		if _, open := s.ranges[key]; !open {
			s.ranges[key] = e.Time()
		}
	case trace.EventRangeEnd:
		s.endRange(e)
	}
}

func (s *summarizer) endRange(e trace.Event) {
	key := fmt.Sprint(e.Range().Name, e.Range().Scope)
	begun, open := s.ranges[key]
	if !open {
		return
	}
	delete(s.ranges, key)
	took := e.Time().Sub(begun)
	switch name := e.Range().Name; {
	case name == "GC concurrent mark phase":
		s.summary.Collections++
		s.summary.Collecting += took
	case strings.HasPrefix(name, "stop-the-world"):
		s.summary.Stopped += took
	}
}

func (s *summarizer) transition(e trace.Event, t trace.StateTransition) {
	id := t.Resource.Goroutine()
	from, to := t.Goroutine()
	g := s.goroutines[id]
	if g == nil {
		g = &goroutine{state: from, since: s.first, spent: map[trace.GoState]time.Duration{},
			blocked: map[string]time.Duration{}}
		if from == trace.GoNotExist || from == trace.GoUndetermined {
			g.since = e.Time()
		}
		s.goroutines[id] = g
	}
	g.leave(e.Time())
	g.state, g.since, g.reason = to, e.Time(), t.Reason
	if g.function == "" || wrapper.MatchString(g.function) {
		for f := range t.Stack.Frames() {
			// The last is the outermost. The compiler puts a function around "go f(x)".
			if g.function == "" || !wrapper.MatchString(f.Func) {
				g.function = f.Func
			}
		}
	}
}

var wrapper = regexp.MustCompile(`\bgowrap\d+$`)

// leave counts the time in a state.
func (g *goroutine) leave(at trace.Time) {
	took := at.Sub(g.since)
	g.spent[g.state] += took
	if g.state == trace.GoWaiting {
		g.blocked[cmp.Or(g.reason, "other")] += took
	}
}

func (s *summarizer) end() *TraceSummary {
	s.summary.Wall = s.last.Sub(s.first)
	byFunction := map[string]*Group{}
	for _, g := range s.goroutines {
		g.leave(s.last)
		name := cmp.Or(g.function, "(did nothing meanwhile)")
		group := byFunction[name]
		if group == nil {
			group = &Group{Function: name, Blocked: map[string]time.Duration{}}
			byFunction[name] = group
			s.summary.Groups = append(s.summary.Groups, group)
		}
		group.Count++
		group.Running += g.spent[trace.GoRunning]
		group.Ready += g.spent[trace.GoRunnable]
		group.Syscall += g.spent[trace.GoSyscall]
		for reason, took := range g.blocked {
			group.Blocked[reason] += took
		}
	}
	s.summary.Groups = slices.DeleteFunc(s.summary.Groups, func(g *Group) bool { return g.Running == 0 })
	slices.SortFunc(s.summary.Groups, func(a, b *Group) int {
		return cmp.Or(cmp.Compare(b.Running, a.Running), strings.Compare(a.Function, b.Function))
	})
	return &s.summary
}

// blocked lists the waits of a group, the longest first.
func (g *Group) blocked() string {
	reasons := make([]string, 0, len(g.Blocked))
	for reason := range g.Blocked {
		reasons = append(reasons, reason)
	}
	slices.SortFunc(reasons, func(a, b string) int {
		return cmp.Or(cmp.Compare(g.Blocked[b], g.Blocked[a]), strings.Compare(a, b))
	})
	for i, reason := range reasons {
		reasons[i] = reason + " " + short(g.Blocked[reason])
	}
	return strings.Join(reasons[:min(len(reasons), 4)], ", ")
}

func short(d time.Duration) string {
	if d >= time.Second {
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}

func (t *TraceSummary) head() string {
	return fmt.Sprintf("%s in all; the garbage collector ran %d times, for %s beside the goroutines, "+
		"which were stopped for %s", short(t.Wall), t.Collections, short(t.Collecting), short(t.Stopped))
}

func (t *TraceSummary) columns(g *Group) []string {
	name := g.Function
	if strings.HasSuffix(name, "kernel/internal/engine/host.call.func1") {
		name = "the cell"
	} else if t.Names != nil {
		name = t.Names(name)
	}
	return []string{name, fmt.Sprint(g.Count), short(g.Running), short(g.Ready), short(g.Syscall), g.blocked()}
}

var traceTitles = []string{"goroutines that began with", "number", "running", "ready", "system calls", "waiting for"}

// PlainText is the summary as a table.
func (t *TraceSummary) PlainText() string {
	var b strings.Builder
	b.WriteString(t.head() + "\n\n")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(traceTitles, "\t"))
	for _, g := range t.Groups[:min(len(t.Groups), mostRows)] {
		fmt.Fprintln(w, strings.Join(t.columns(g), "\t"))
	}
	_ = w.Flush()
	return strings.TrimRight(b.String(), "\n")
}

// HTML is the summary as a table.
func (t *TraceSummary) HTML() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<div>%s</div><table><thead><tr>", html.EscapeString(t.head()))
	for _, title := range traceTitles {
		fmt.Fprintf(&b, "<th>%s</th>", title)
	}
	b.WriteString("</tr></thead><tbody>")
	for _, g := range t.Groups[:min(len(t.Groups), mostRows)] {
		b.WriteString("<tr>")
		for _, column := range t.columns(g) {
			fmt.Fprintf(&b, "<td>%s</td>", html.EscapeString(column))
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</tbody></table>")
	return b.String()
}
