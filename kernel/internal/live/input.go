package live

import (
	"errors"
	"fmt"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

var errNoInput = errors.New("this front end does not take input for cells")

// refusedInput is the error of a cell that asks for input that cannot be had.
func refusedInput(prompt string) error {
	return &failure{name: inputError, value: fmt.Sprintf("the cell wants input (%q), but %v", prompt, errNoInput)}
}

// input asks the user for a line.
func (k *Kernel) input(x *execution, prompt string, password bool) (string, error) {
	if !x.content.AllowStdin {
		return "", refusedInput(prompt)
	}
	k.server.ask(x.request, &jupyter.InputRequest{Prompt: prompt, Password: password})
	select {
	case line := <-k.inputs:
		return line, nil
	case <-x.ctx.Done():
		return "", errInterrupted
	case <-x.ended:
		return "", errors.New("the cell has ended")
	}
}

// inputForCell answers gonbui.RequestInput: the line goes to the process's
// standard input.
func (k *Kernel) inputForCell(x *execution, p *process, prompt string, password bool) {
	if x == nil || p == nil {
		return
	}
	if !x.content.AllowStdin {
		k.mu.Lock()
		x.refused = refusedInput(prompt)
		k.mu.Unlock()
		return
	}
	k.mu.Lock()
	x.asking = true
	k.mu.Unlock()
	go func() {
		line, err := k.input(x, prompt, password)
		if err == nil {
			_, _ = p.stdin.WriteString(line + "\n")
		}
		k.mu.Lock()
		x.asking = false
		k.mu.Unlock()
	}()
}

// inputForReader asks for a line that the cell reads without having asked for it, as
// with fmt.Scan.
func (k *Kernel) inputForReader() {
	k.mu.Lock()
	x, p := k.running, k.process
	asked := x == nil || x.asking
	k.mu.Unlock()
	if !asked {
		k.inputForCell(x, p, "", false)
	}
}
