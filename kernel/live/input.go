package live

import (
	"errors"
	"fmt"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

var errNoInput = errors.New("this front end does not take input for cells")

// input asks the user for a line.
func (k *Kernel) input(x *execution, prompt string, password bool) (string, error) {
	if !x.content.AllowStdin {
		return "", &failure{name: inputError, value: fmt.Sprintf("the cell wants input (%q), but %v", prompt, errNoInput)}
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
	line, err := k.input(x, prompt, password)
	if err != nil {
		k.stderr("%v\n", err)
		// Else the cell would wait for ever.
		line = ""
	}
	_, _ = p.stdin.WriteString(line + "\n")
}
