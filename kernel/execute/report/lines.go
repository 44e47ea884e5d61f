package report

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// Lines reports a run as plain lines, for logs and CI. Streams are shown line
// by line, as soon as a line is whole: what a progress bar overwrote is left
// out. With several notebooks at a time each line begins with the notebook's
// name.
type Lines struct {
	Out io.Writer
	// Name is a short name for a notebook's path; nil uses the path.
	Name func(path string) string
	// Prefix puts the notebook's name before every line.
	Prefix bool

	mu      sync.Mutex
	text    strings.Builder                // what the event at hand shows, written at its end
	partial map[string]*execute.StreamText // by path: the line being written by the stream named in stream
	stream  map[string]string
}

// Observe is the run's observer.
func (l *Lines) Observe(event execute.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.show(event)
	l.flush()
}

func (l *Lines) show(event execute.Event) {
	switch e := event.(type) {
	case execute.NotebookStart:
		l.print(e.Path, "%s: %d code cells on %s", l.name(e.Path), e.Cells, kernelText(e.Kernel))
	case execute.CellExecute:
		l.print(e.Path, "[%d/%d] %s", e.Number, e.Of, title(e.Cell.Source()))
	case execute.CellOutput:
		l.output(e)
	case execute.CellExecuted:
		l.endLine(e.Path)
		l.print(e.Path, "[%d/%d] %s %s", e.Number, e.Of, e.State, seconds(e.Timing.Duration()))
	case execute.CellError:
		l.print(e.Path, "%s", failureLine(e))
		if detail := failureDetail(e, termtext.Plain); detail != "" {
			l.lines(e.Path, "", strings.TrimRight(detail, "\n"))
		}
	case execute.CellComplete:
		for _, warning := range e.Result.Warnings {
			l.print(e.Path, "[%d/%d] warning: %s", e.Number, e.Of, warning)
		}
	case execute.NotebookError:
		l.print(e.Path, "error: %v", e.Err)
	case execute.NotebookComplete:
		for _, warning := range e.Result.Warnings {
			l.print(e.Path, "warning: %s", warning)
		}
		l.print(e.Path, "%s: %s", l.name(e.Path), summary(e.Result))
	}
}

// failureLine is a failure as its cell's last line.
func failureLine(e execute.CellError) string {
	allowed := ""
	if e.Allowed {
		allowed = " (allowed)"
	}
	return fmt.Sprintf("[%d/%d] %s%s", e.Number, e.Of, e.Failure.Text(), allowed)
}

// failureDetail is what there is to say of a failure that ends the run,
// indented: where in the cell it happened, in the kernel's words, or how the
// output differs. What the cell printed has been shown. The text is cleaned by
// clean.
func failureDetail(e execute.CellError, clean func(string) string) string {
	if e.Allowed {
		return ""
	}
	text := strings.Join(e.Failure.Traceback, "\n")
	if e.Failure.Class == execute.ClassOutputs {
		text = e.Failure.Detail
	}
	if text == "" && strings.Contains(strings.TrimSpace(e.Failure.Value), "\n") {
		text = e.Failure.Value
	}
	const most = 60
	return indented(cut(clean(text), most))
}

func kernelText(k execute.KernelInfo) string {
	if k.Implementation == "" {
		return k.Name
	}
	return fmt.Sprintf("%s (%s %s)", k.Name, k.Implementation, k.Version)
}

func (l *Lines) name(path string) string {
	if l.Name == nil {
		return path
	}
	return l.Name(path)
}

func (l *Lines) print(path, format string, args ...any) {
	l.lines(path, "", strings.TrimRight(fmt.Sprintf(format, args...), "\n"))
}

// lines writes a text's lines, each behind the indent.
func (l *Lines) lines(path, indent, text string) {
	l.text.Grow(min(len(text)+len(text)/8, mostBuffered))
	for line := range strings.SplitSeq(text, "\n") {
		if l.Prefix {
			l.text.WriteString(l.name(path) + ": ")
			line = strings.TrimPrefix(line, l.name(path)+": ")
		}
		l.text.WriteString(indent)
		l.text.WriteString(strings.TrimRight(line, "\r"))
		l.text.WriteByte('\n')
		if l.text.Len() > mostBuffered {
			l.flush()
		}
	}
}

const mostBuffered = 1 << 20

func (l *Lines) flush() {
	if l.text.Len() > 0 {
		io.WriteString(l.Out, l.text.String())
		l.text.Reset()
	}
}

const indent = "    "

// output shows what a cell printed, indented below its line.
func (l *Lines) output(e execute.CellOutput) {
	if e.Kind == "stream" {
		l.write(e.Path, e.Name, e.Text)
		return
	}
	l.endLine(e.Path)
	// Updates replace something that was shown, many times a second: a log
	// needs the first form only. The error follows the cell's end.
	if e.Kind == "clear_output" || e.Kind == "update_display_data" || e.Output.Type() == nbformat.Error {
		return
	}
	l.lines(e.Path, indent, strings.TrimRight(termtext.Plain(outputText(e.Output)), "\r\n"))
}

// write prints the whole lines of a stream and keeps the rest.
func (l *Lines) write(path, name, text string) {
	if l.partial == nil {
		l.partial, l.stream = map[string]*execute.StreamText{}, map[string]string{}
	}
	if l.stream[path] != name {
		l.endLine(path)
		l.stream[path] = name
	}
	partial := l.partial[path]
	if partial == nil {
		partial = &execute.StreamText{}
		l.partial[path] = partial
	}
	last := strings.LastIndexByte(text, '\n') + 1
	if partial.String() == "" && last > 0 && !strings.ContainsAny(text[:last], "\r\b") { // most text
		l.lines(path, indent, text[:last-1])
		text, last = text[last:], 0
	}
	partial.Write(text[:last])
	if last > 0 {
		l.endLine(path)
		partial = &execute.StreamText{}
		l.partial[path] = partial
	}
	partial.Write(text[last:])
}

// endLine prints what a stream has begun.
func (l *Lines) endLine(path string) {
	if text := l.partial[path]; text != nil {
		if shown := text.String(); shown != "" {
			l.lines(path, indent, strings.TrimSuffix(shown, "\n"))
		}
	}
	delete(l.partial, path)
}
