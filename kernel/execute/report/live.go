package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// Live shows a run in a terminal. At the bottom stands a line for each running
// notebook with its cell and the time; with one notebook the end of the cell's
// output stands under it and changes as it does in JupyterLab: progress bars
// move, displays are updated, clear_output clears. When the cell has ended, its
// output is printed above for good.
//
// Use [NewLive], and Close at the end.
type Live struct {
	out  io.Writer
	size func() (width, height int)
	name func(path string) string

	mu    sync.Mutex
	runs  []*liveRun
	drawn int       // lines that stand at the bottom
	last  time.Time // when they were drawn
	stale bool      // they show less than there is
	frame int
	stop  chan struct{}
	ended sync.WaitGroup
}

// liveRun is a running notebook.
type liveRun struct {
	path  string
	cell  *execute.CellRef // nil between cells
	start time.Time
	items []liveItem
}

// liveItem is an output of the running cell.
type liveItem struct {
	stream *execute.StreamText
	name   string           // the stream's
	output *nbformat.Object // what updates of the display are told by
	text   string
}

const (
	redrawEvery = 100 * time.Millisecond // the time and the spinner
	redrawMost  = 30 * time.Millisecond  // what cells print
	mostWindow  = 10                     // lines of output under the status
	mostPrinted = 400                    // lines of one cell that are printed in the end
)

// NewLive starts a display. Size tells the terminal's, in characters; it is
// asked again and again. Name is a short name for a notebook's path.
func NewLive(out io.Writer, size func() (width, height int), name func(path string) string) *Live {
	l := &Live{out: out, size: size, name: name, stop: make(chan struct{})}
	l.ended.Go(func() {
		tick := time.NewTicker(redrawEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				l.mu.Lock()
				if l.frame++; len(l.runs) > 0 || l.stale {
					l.draw("")
				}
				l.mu.Unlock()
			case <-l.stop:
				return
			}
		}
	})
	return l
}

// Close takes the bottom lines away.
func (l *Live) Close() {
	close(l.stop)
	l.ended.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runs = nil
	l.draw("")
}

// Observe is the run's observer.
func (l *Live) Observe(event execute.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch e := event.(type) {
	case execute.NotebookStart:
		l.runs = append(l.runs, &liveRun{path: e.Path})
		l.print("%s: %d code cells on %s\n", l.name(e.Path), e.Cells, kernelText(e.Kernel))
	case execute.CellExecute:
		if run := l.run(e.Path); run != nil {
			run.cell, run.start, run.items = &e.CellRef, e.At, nil
			l.change()
		}
	case execute.CellOutput:
		l.output(e)
	case execute.CellExecuted:
		l.executed(e)
	case execute.CellError:
		l.print("%s%s\n%s", l.prefix(e.Path), failureLine(e), failureDetail(e, terminalText))
	case execute.CellComplete:
		for _, warning := range e.Result.Warnings {
			l.print("%s[%d/%d] warning: %s\n", l.prefix(e.Path), e.Number, e.Of, warning)
		}
	case execute.NotebookError:
		l.print("%serror: %v\n", l.prefix(e.Path), e.Err)
	case execute.NotebookComplete:
		l.runs = slices.DeleteFunc(l.runs, func(r *liveRun) bool { return r.path == e.Path })
		var b strings.Builder
		for _, warning := range e.Result.Warnings {
			fmt.Fprintf(&b, "%swarning: %s\n", l.prefix(e.Path), warning)
		}
		l.print("%s%s: %s\n", b.String(), l.name(e.Path), summary(e.Result))
	}
}

func (l *Live) run(path string) *liveRun {
	for _, r := range l.runs {
		if r.path == path {
			return r
		}
	}
	return nil
}

// prefix names the notebook where there are several.
func (l *Live) prefix(path string) string {
	if len(l.runs) < 2 {
		return ""
	}
	return l.name(path) + ": "
}

// output takes in what a cell shows.
func (l *Live) output(e execute.CellOutput) {
	run := l.run(e.Path)
	if run == nil {
		return
	}
	if run.cell == nil || run.cell.Index != e.Index { // late
		if e.Kind == "stream" {
			l.print("%s[%d/%d] later:\n%s", l.prefix(e.Path), e.Number, e.Of, indented(terminalText(e.Text)))
		}
		return
	}
	switch e.Kind {
	case "clear_output":
		run.items = nil
	case "stream":
		last := len(run.items) - 1
		if last < 0 || run.items[last].stream == nil || run.items[last].name != e.Name {
			run.items = append(run.items, liveItem{stream: &execute.StreamText{}, name: e.Name})
			last++
		}
		run.items[last].stream.Write(e.Text)
	default:
		run.show(e.Output)
	}
	l.change()
}

// show adds an output or replaces the one whose display was updated.
func (r *liveRun) show(output nbformat.Output) {
	if output.Type() == nbformat.Error {
		return // it follows the cell's end
	}
	text := terminalText(outputText(output))
	for i := range r.items {
		if r.items[i].output == output.Object() {
			r.items[i].text = text
			return
		}
	}
	r.items = append(r.items, liveItem{output: output.Object(), text: text})
}

// text is all that the cell shows now.
func (r *liveRun) text() string {
	var b strings.Builder
	for _, item := range r.items {
		text := item.text
		if item.stream != nil {
			text = terminalText(item.stream.String())
		}
		b.WriteString(text)
		if !strings.HasSuffix(text, "\n") {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// tail is the end of the cell's output, in at most n lines; it looks at no more
// than it must.
func (r *liveRun) tail(n int) []string {
	var lines []string
	for i := len(r.items) - 1; i >= 0 && len(lines) < n; i-- {
		text := r.items[i].text
		if r.items[i].stream != nil {
			text = r.items[i].stream.Tail(n)
		}
		own := strings.Split(strings.TrimRight(termtext.Plain(text), "\n"), "\n")
		lines = append(own, lines...)
	}
	return lines[max(0, len(lines)-n):]
}

// executed prints a cell's end and its output.
func (l *Live) executed(e execute.CellExecuted) {
	text := ""
	if run := l.run(e.Path); run != nil {
		if len(l.runs) == 1 {
			text = cut(run.text(), mostPrinted)
		}
		run.cell, run.items = nil, nil
	}
	l.print("%s[%d/%d] %s  %s %s\n%s", l.prefix(e.Path), e.Number, e.Of, title(e.Cell.Source()), e.State,
		seconds(e.Timing.Duration()), indented(text))
}

// cut keeps the last lines of a text.
func cut(text string, most int) string {
	lines := strings.SplitAfter(text, "\n")
	if len(lines) <= most+1 {
		return text
	}
	left := len(lines) - most - 1
	return fmt.Sprintf("… %d lines more in the notebook\n", left) + strings.Join(lines[left:], "")
}

func indented(text string) string {
	if text == "" {
		return ""
	}
	return indent + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+indent) + "\n"
}

// change shows what changed, now or with the next tick.
func (l *Live) change() {
	l.stale = true
	if time.Since(l.last) >= redrawMost {
		l.draw("")
	}
}

// print puts text above the bottom lines, for good.
func (l *Live) print(format string, args ...any) { l.draw(fmt.Sprintf(format, args...)) }

// draw replaces the bottom lines, in one write so that nothing flickers.
func (l *Live) draw(above string) {
	var b strings.Builder
	if l.drawn > 0 {
		b.WriteString("\r")
		if l.drawn > 1 {
			fmt.Fprintf(&b, "\x1b[%dA", l.drawn-1)
		}
		b.WriteString("\x1b[J")
	}
	b.WriteString(above)
	lines := l.bottom()
	b.WriteString(strings.Join(lines, "\n"))
	l.drawn, l.last, l.stale = len(lines), time.Now(), false
	if b.Len() > 0 {
		io.WriteString(l.out, b.String())
	}
}

var spinner = []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}

// bottom are the lines that stand at the bottom now.
func (l *Live) bottom() []string {
	width, height := l.size()
	var lines []string
	for _, run := range l.runs {
		if run.cell == nil {
			continue
		}
		ran := seconds(time.Since(run.start))
		status := fmt.Sprintf("%s %s[%d/%d] %s", spinner[l.frame%len(spinner)], l.prefix(run.path), run.cell.Number,
			run.cell.Of, title(run.cell.Cell.Source()))
		lines = append(lines, termtext.Fit(status, width-len(ran)-3)+"  "+ran)
		if len(l.runs) == 1 {
			for _, line := range run.tail(min(mostWindow, height-3)) {
				lines = append(lines, termtext.Fit(indent+line, width-1))
			}
		}
	}
	return lines[:min(len(lines), max(height-1, 1))]
}
