package session

import (
	"fmt"
	"html"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// Classes of an [Error], which are the names that the notebook sees.
const (
	ParseError   = "ParseError"
	TypeError    = "TypeError"
	CompileError = "CompileError"
)

// Error says what is wrong with a cell, before it has run.
type Error struct {
	Class       string
	Diagnostics []Diagnostic
	// Unknown are names that may be those of packages that the library does not
	// have, with what the cell uses of them.
	Unknown map[string][]string
}

// Diagnostic is one mistake.
type Diagnostic struct {
	Cell         int64 // 0 if the place is not known
	Line, Column int   // from 1, columns in bytes
	Message      string
	Source       string // the line
}

// Error lists the diagnostics as Go's compiler does.
func (e *Error) Error() string {
	var lines []string
	for _, d := range e.Diagnostics {
		lines = append(lines, d.String())
	}
	return strings.Join(lines, "\n")
}

// String is the place and the message.
func (d Diagnostic) String() string {
	if d.Cell == 0 {
		return d.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", cellName(d.Cell), d.Line, d.Column, d.Message)
}

// Text is the diagnostic with its line and a mark under the column.
func (d Diagnostic) Text() string {
	if d.Source == "" {
		return d.String()
	}
	return d.String() + "\n    " + d.Source + "\n    " + d.indent() + "^"
}

// indent is as wide as what stands before the column.
func (d Diagnostic) indent() string {
	before := d.Source[:max(0, min(d.Column-1, len(d.Source)))]
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, before)
}

// HTML is the same for a browser.
func (e *Error) HTML() string {
	var b strings.Builder
	b.WriteString(`<div style="font-family:monospace">`)
	for _, d := range e.Diagnostics {
		fmt.Fprintf(&b, `<div><b>%s</b></div>`, html.EscapeString(d.String()))
		if d.Source == "" {
			continue
		}
		at := max(0, min(d.Column-1, len(d.Source)))
		fmt.Fprintf(&b, `<pre style="margin:0 0 0.6em 2em">%s<span style="background:rgba(255,80,80,.35)">%s</span></pre>`,
			html.EscapeString(d.Source[:at]), html.EscapeString(d.Source[at:]))
	}
	b.WriteString(`</div>`)
	return b.String()
}

var compilerLine = regexp.MustCompile(`(?m)^(?:.*?)cell\[(\d+)\]:(\d+)(?::(\d+))?: (.*)$`)

// FromCompiler turns what the compiler printed into an Error. It should have
// nothing to say that the check of types has not said before.
func (s *Session) FromCompiler(text string) *Error {
	e := &Error{Class: CompileError}
	for _, m := range compilerLine.FindAllStringSubmatch(text, -1) {
		number, _ := strconv.ParseInt(m[1], 10, 64)
		line, _ := strconv.Atoi(m[2])
		column, _ := strconv.Atoi(m[3])
		e.Diagnostics = append(e.Diagnostics, Diagnostic{Cell: number, Line: line, Column: max(1, column), Message: m[4]})
	}
	if len(e.Diagnostics) == 0 {
		e.Diagnostics = []Diagnostic{{Message: text}}
	}
	return e
}

// withSources adds the lines that the diagnostics are about.
func (s *Session) withSources(e *Error, number int64, source string) *Error {
	for i := range e.Diagnostics {
		d := &e.Diagnostics[i]
		text := source
		if d.Cell != number {
			text = s.sources[d.Cell]
		}
		if lines := strings.Split(text, "\n"); d.Line >= 1 && d.Line <= len(lines) {
			d.Source = strings.TrimRight(lines[d.Line-1], "\r")
		}
	}
	sort.SliceStable(e.Diagnostics, func(i, j int) bool {
		a, b := e.Diagnostics[i], e.Diagnostics[j]
		return a.Cell == b.Cell && a.Line < b.Line
	})
	return e
}
