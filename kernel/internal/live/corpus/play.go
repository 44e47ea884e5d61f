package corpus

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// Play runs cells on a kernel of its own, as a front end would, and returns
// what they did together: the first error ends the notebook. It ends a notebook
// that takes longer than limit. What a notebook shows beside a program's two
// streams, such as the value of a last expression, is not counted. A debugger may
// be attached.
func Play(ctx context.Context, spec *jupyter.Spec, dir string, cells []string, limit time.Duration,
	debugger Debugger) (Outcome, error) {
	k, err := jupyter.Launch(ctx, jupyter.LaunchOptions{Spec: spec, Dir: dir})
	if err != nil {
		return Outcome{}, err
	}
	defer k.Close()
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	p := &player{kernel: k, debugger: debugger}
	if err := p.attach(limited); err != nil {
		return Outcome{}, err
	}
	for i, text := range cells {
		switch err := p.run(limited, text); {
		case ctx.Err() != nil:
			return Outcome{}, ctx.Err()
		case limited.Err() != nil:
			p.failure = fmt.Sprintf("takes longer than %v", limit)
		case err != nil:
			p.failure = err.Error()
		}
		if p.failure != "" {
			p.failure = fmt.Sprintf("cell %d of %d: %s", i+1, len(cells), p.failure)
			break
		}
	}
	return Outcome{Stdout: p.stdout.String(), Stderr: p.stderr.String(), Failure: p.failure}, nil
}

// player collects what the cells of a notebook show.
type player struct {
	kernel         *jupyter.Kernel
	debugger       Debugger
	stdout, stderr strings.Builder
	failure        string
}

// run runs a cell.
func (p *player) run(ctx context.Context, text string) error {
	if err := p.breakEverywhere(ctx, text); err != nil {
		return err
	}
	id, err := p.kernel.Execute(ctx, jupyter.ExecuteRequest{Code: text, StoreHistory: true, StopOnError: true})
	if err != nil {
		return err
	}
	idle, replied := false, false
	for !idle || !replied {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e, open := <-p.kernel.Events():
			if !open || e.Err != nil {
				return fmt.Errorf("the kernel is gone: %v: %s", e.Err, p.kernel.Log())
			}
			if e.ParentID() != id {
				continue
			}
			switch m := e.Content.(type) {
			case *jupyter.Status:
				idle = idle || m.State == jupyter.Idle
			case *jupyter.ExecuteReply:
				replied = true
			default:
				p.collect(m)
			}
		}
	}
	return nil
}

func (p *player) collect(c jupyter.Content) {
	switch m := c.(type) {
	case *jupyter.Stream:
		if m.Name == "stdout" {
			p.stdout.WriteString(m.Text)
		} else {
			p.stderr.WriteString(m.Text)
		}
	case *jupyter.ErrorOutput:
		p.failure = m.Name + ": " + m.Value
	}
}
