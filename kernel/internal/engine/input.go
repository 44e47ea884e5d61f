package engine

import (
	"errors"
	"fmt"
)

var errNoInput = errors.New("this front end does not take input for cells")

// refusedInput is the error of a cell that asks for input that cannot be had.
func refusedInput(prompt string) error {
	return &Failure{Name: inputError, Value: fmt.Sprintf("the cell wants input (%q), but %v", prompt, errNoInput)}
}

// input asks the user for a line.
func (r *run) input(prompt string, password bool) (string, error) {
	if !r.cell.Input {
		return "", refusedInput(prompt)
	}
	return r.front().Input(r.ctx, prompt, password)
}

// inputForCell answers gonbui.RequestInput: the line goes to the process's
// standard input.
func (r *run) inputForCell(p *process, prompt string, password bool) {
	if r == nil || p == nil {
		return
	}
	if !r.cell.Input {
		r.mu.Lock()
		r.refused = refusedInput(prompt)
		r.mu.Unlock()
		return
	}
	r.mu.Lock()
	r.asking = true
	r.mu.Unlock()
	go func() {
		line, err := r.input(prompt, password)
		// Before the cell has the line: it may read again at once, and asks for
		// more but once.
		r.mu.Lock()
		r.asking = false
		r.mu.Unlock()
		if err == nil {
			_, _ = p.stdin.WriteString(line + "\n")
		}
	}()
}

// inputForReader asks for a line that the cell reads without having asked for
// it, as with fmt.Scan.
func (e *Engine) inputForReader() {
	e.mu.Lock()
	r, p := e.running, e.process
	asked := r == nil || r.asking
	e.mu.Unlock()
	if !asked {
		r.inputForCell(p, "", false)
	}
}
