package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gocifar/gocifar/internal/child"
	"github.com/gocifar/gocifar/kernel/internal/engine/host"
)

// process is a running host.
type process struct {
	cmd      *exec.Cmd
	commands *os.File
	encoder  *json.Encoder
	answers  chan host.Answer
	stdin    *os.File
	streams  []*stream
	ended    chan struct{} // closed when the process is gone and its output read
	state    *os.ProcessState

	// listens says that the host has answered once, so that it catches signals.
	listens atomic.Bool

	sending sync.Mutex // a command

	mu      sync.Mutex
	killed  string // why we ended it
	reading sync.WaitGroup
	asked   map[int64]chan host.Answer // queries that wait for answers, by ID
	lastID  int64
}

// processOptions say how a host is started.
type processOptions struct {
	program string
	dir     string
	env     []string
	// write gets what the process prints: to "stdout" or "stderr".
	write func(name, text string)
	// input is called when the process reads its standard input and finds
	// nothing.
	input func()
	// handler gets what handlers of comms print, and that they have ended.
	handler func(host.Answer)
	// debugger gets what happens to goroutines that a debugger stops.
	debugger func(host.Answer)
}

// startProcess starts a host.
func startProcess(o processOptions) (*process, error) {
	p := &process{answers: make(chan host.Answer), ended: make(chan struct{})}
	var closers []io.Closer
	closeAll := func() {
		for _, c := range closers {
			c.Close()
		}
	}
	pipe := func() (r, w *os.File, err error) {
		if r, w, err = os.Pipe(); err == nil {
			closers = append(closers, r, w)
		}
		return r, w, err
	}
	var files [5][2]*os.File
	for i := range files {
		var err error
		if files[i][0], files[i][1], err = pipe(); err != nil {
			closeAll()
			return nil, fmt.Errorf("cannot start the process for cells: %w", err)
		}
	}
	stdin, stdout, stderr, commands, answers := files[0], files[1], files[2], files[3], files[4]
	p.cmd = exec.Command(o.program)
	p.cmd.Dir, p.cmd.Env = o.dir, o.env
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = stdin[0], stdout[1], stderr[1]
	p.cmd.ExtraFiles = []*os.File{commands[0], answers[1]}
	child.OwnGroup(p.cmd)
	if err := p.cmd.Start(); err != nil {
		closeAll()
		return nil, fmt.Errorf("cannot start the process for cells: %w", err)
	}
	for _, ours := range []*os.File{stdin[0], stdout[1], stderr[1], commands[0], answers[1]} {
		ours.Close()
	}
	p.stdin, p.commands, p.encoder = stdin[1], commands[1], json.NewEncoder(commands[1])
	for name, r := range map[string]*os.File{"stdout": stdout[0], "stderr": stderr[0]} {
		s := newStream(r, func(text string) { o.write(name, text) })
		p.streams = append(p.streams, s)
		p.reading.Go(s.read)
	}
	p.reading.Go(func() { p.receive(answers[0], o) })
	go p.wait()
	return p, nil
}

// receive passes answers on, and asks for input where that is wanted.
func (p *process) receive(r *os.File, o processOptions) {
	defer r.Close()
	decoder := json.NewDecoder(r)
	for {
		var a host.Answer
		if err := decoder.Decode(&a); err != nil {
			return
		}
		switch a.Outcome {
		case host.WantsInput:
			if o.input != nil {
				go o.input()
			}
		case host.Printed, host.Handled:
			if o.handler != nil {
				o.handler(a)
			}
		case host.Halted, host.Resumed, host.WantsCode:
			if o.debugger != nil {
				o.debugger(a)
			}
		default:
			if a.ID != 0 {
				p.pass(a)
				continue
			}
			p.answers <- a
		}
	}
}

// lastWords is how long what a dead process's children still write is waited
// for.
const lastWords = 500 * time.Millisecond

func (p *process) wait() {
	_ = p.cmd.Wait() // how it ended is in ProcessState
	p.state = p.cmd.ProcessState
	_ = child.Signal(p.cmd.Process.Pid, syscall.SIGKILL)
	p.commands.Close()
	p.stdin.Close()
	read := make(chan struct{})
	go func() {
		p.reading.Wait()
		close(read)
	}()
	select {
	case <-read:
	case <-time.After(lastWords):
		for _, s := range p.streams {
			s.close()
		}
	}
	close(p.ended)
}

// diedError says that the host is gone.
type diedError struct {
	state  *os.ProcessState
	killed string
}

// Error says how it ended.
func (e *diedError) Error() string {
	if e.killed != "" {
		return e.killed
	}
	if e.state == nil {
		return "it ended"
	}
	if status, ok := e.state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return fmt.Sprintf("it was ended by the signal %q", status.Signal())
	}
	return fmt.Sprintf("it ended with exit status %d", e.state.ExitCode())
}

// do sends a command and waits for the answer. The first command waits until
// the host is up, which takes no longer than without.
func (p *process) do(ctx context.Context, c host.Command) (host.Answer, error) {
	if !p.listens.Load() {
		if a, err := p.exchange(ctx, host.Command{}); err != nil {
			return a, err
		}
		p.listens.Store(true)
	}
	return p.exchange(ctx, c)
}

func (p *process) exchange(ctx context.Context, c host.Command) (host.Answer, error) {
	if err := p.send(c); err != nil {
		select {
		case <-p.ended:
			return host.Answer{}, p.died()
		case <-time.After(lastWords):
			return host.Answer{}, fmt.Errorf("the process for cells does not listen: %w", err)
		}
	}
	select {
	case a := <-p.answers:
		p.drain()
		return a, nil
	case <-p.ended:
		return host.Answer{}, p.died()
	case <-ctx.Done():
		return host.Answer{}, context.Cause(ctx)
	}
}

func (p *process) died() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return &diedError{state: p.state, killed: p.killed}
}

// drain returns when all has been passed on that the process has printed so
// far.
func (p *process) drain() {
	for _, s := range p.streams {
		s.drain()
	}
}

// interrupt asks the running cell to stop. A host that is just starting would
// end by the signal: it has no cell yet, and front ends repeat their
// interrupts, so that one often comes when a new process has taken the place of
// one that did not stop.
func (p *process) interrupt() error {
	if !p.listens.Load() {
		return nil
	}
	return p.cmd.Process.Signal(os.Interrupt)
}

// kill ends the process; why is for the user.
func (p *process) kill(why string) {
	p.mu.Lock()
	if p.killed == "" {
		p.killed = why
	}
	p.mu.Unlock()
	if err := child.Signal(p.cmd.Process.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
		_ = p.cmd.Process.Kill()
	}
}

// close ends the process and waits for it.
func (p *process) close() {
	p.kill("it was closed")
	<-p.ended
}
