package repl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// plainReader reads inputs where there is no line editor: from a terminal that
// cannot move its cursor, as under Emacs, or while the output goes elsewhere.
type plainReader struct {
	input      *lineInput
	out        io.Writer // for prompts
	complete   func(source string) (complete bool, indent string)
	history    *history
	interrupts <-chan struct{}

	mu    sync.Mutex
	ended error
	stop  context.CancelFunc
}

func (p *plainReader) read(prompt string) (string, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p.mu.Lock()
	p.stop = cancel
	err := p.ended
	p.mu.Unlock()
	if err != nil {
		return "", err
	}
	fmt.Fprint(p.out, prompt)
	var source string
	for {
		line, err := p.input.line(ctx, p.interrupts)
		switch {
		case errors.Is(err, errCanceled):
			fmt.Fprintln(p.out)
			return "", errInterrupted
		case err != nil:
			if p.aborted() != nil {
				return "", p.aborted()
			}
			if source != "" && errors.Is(err, io.EOF) {
				return source, nil
			}
			return "", err
		}
		source += line
		if complete, _ := p.complete(source); complete {
			_, err := p.history.Write(source)
			if err != nil {
				fmt.Fprintln(p.out, err)
			}
			return source, nil
		}
		source += "\n"
		fmt.Fprint(p.out, strings.Repeat(" ", max(0, len(prompt)-len("...: ")))+"...: ")
	}
}

func (p *plainReader) aborted() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended
}

func (p *plainReader) above(f func()) { f() }

func (p *plainReader) typed() (string, bool) { return "", false }

func (p *plainReader) abort(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = err
	if p.stop != nil {
		p.stop()
	}
}
