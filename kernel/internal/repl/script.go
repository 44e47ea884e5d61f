package repl

import (
	"context"
	"errors"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/gocifar/gocifar/kernel/execute"
)

// inspectWait is how long the kernel may take to explain a name; gopls loads
// packages first.
const inspectWait = 20 * time.Second

// runScript runs the inputs of a file, a pipe or the command line, up to the
// first that fails.
func (s *session) runScript(ctx context.Context) error {
	s.engine.launch(ctx)
	defer s.engine.close()
	if _, err := s.kernel(ctx); err != nil {
		return s.startError(err)
	}
	err := s.runSources(ctx)
	var end *endError
	if errors.As(err, &end) {
		return end.error
	}
	return err
}

func (s *session) runSources(ctx context.Context) error {
	for _, code := range s.options.Code {
		if err := s.runCell(ctx, "-e", code); err != nil || s.quit {
			return err
		}
	}
	for _, path := range s.options.Files {
		cells, err := readCells(path)
		if err != nil {
			return &execute.UsageError{Reason: err}
		}
		for _, source := range cells {
			if err := s.runCell(ctx, path, source); err != nil || s.quit {
				return err
			}
		}
	}
	if len(s.options.Code)+len(s.options.Files) > 0 {
		return nil
	}
	script, err := io.ReadAll(s.options.Stdin)
	if err != nil {
		return &execute.UsageError{Reason: err}
	}
	s.input.err = io.EOF
	for _, source := range splitCells(string(script)) {
		if err := s.runCell(ctx, "stdin", source); err != nil || s.quit {
			return err
		}
	}
	return nil
}

// runCell runs one input. Its error says which input of what failed.
func (s *session) runCell(ctx context.Context, path, source string) error {
	if isDirective(source) || isHelp(source) {
		return s.perform(ctx, source)
	}
	o, err := s.evaluate(ctx, source)
	switch {
	case err != nil:
		return err
	case o.timedOut:
		return &execute.TimeoutError{Path: path, Number: s.record.count, Limit: s.options.CellTimeout}
	case o.interrupted:
		return context.Canceled
	case o.failure != nil:
		return &execute.CellFailedError{Path: path, Index: s.record.count - 1, Number: s.record.count, Source: source,
			Failure: o.failure}
	}
	return nil
}

// cellMark is a line that begins a new cell in a file of code, as editors and
// jupytext have it ("percent format").
var cellMark = regexp.MustCompile(`^(//|#)\s*%%(\s|$)`)

// splitCells cuts a script into inputs: at marks, and around directives.
// Without them it is one input, so that what it declares is known in all of it.
func splitCells(script string) []string {
	var cells []string
	var cell strings.Builder
	end := func() {
		if text := strings.Trim(cell.String(), "\n"); strings.TrimSpace(text) != "" {
			cells = append(cells, text)
		}
		cell.Reset()
	}
	for line := range strings.Lines(script) {
		switch text := strings.TrimRight(line, "\r\n"); {
		case cellMark.MatchString(text):
			end()
		case isDirective(text):
			end()
			cells = append(cells, text)
		default:
			cell.WriteString(line)
		}
	}
	end()
	return cells
}

var packageClause = regexp.MustCompile(`(?m)^package \w+[ \t]*;?[ \t]*(//.*)?$`)

// dropPackage blanks the package clause of a Go file: a cell has none.
func dropPackage(source string) string {
	at := packageClause.FindStringIndex(source)
	if at == nil {
		return source
	}
	return source[:at[0]] + source[at[1]:]
}
