package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/engine/host"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/engine/session"
	"github.com/gocifar/gocifar/kernel/internal/gocell"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// runGo compiles a cell's Go code, loads and runs it.
func (k *Kernel) runGo(x *execution, c *gocell.Cell, code string, number int64) error {
	k.noticeChanges()
	program, err := k.prepare(x.ctx, c, code, number)
	if err != nil {
		return err
	}
	plugin, err := k.builder.Compile(x.ctx, k.dir, number, program.Source)
	if err != nil {
		return k.buildFailure(x, err)
	}
	// Once loaded it is not needed any more.
	defer os.Remove(plugin)
	for _, notice := range program.Notices {
		k.stderr("note: %s\n", notice)
	}
	answer, err := k.process.do(x.ctx2(), host.Command{Path: plugin, Entry: library.EntryName(number), Cell: number,
		Input: x.content.AllowStdin, Args: c.Args, Flags: program.Flags, Dir: k.cwd, Env: k.env})
	if err != nil {
		// What the cell declared stays, whatever its statements did.
		k.session.Commit(program)
		return k.died(err)
	}
	if answer.Outcome == host.Refused {
		return &failure{name: session.CompileError, value: "the cell could not be loaded: " + answer.Error}
	}
	k.session.Commit(program)
	switch answer.Outcome {
	case host.Exited:
		if answer.Status == 0 {
			return nil
		}
		return &failure{name: exitError, value: fmt.Sprintf("exit status %d", answer.Status)}
	case host.NoInput:
		return &failure{name: inputError, value: answer.Error, traceback: traceback(answer.Error, answer.Frames)}
	case host.Interrupted:
		if x.interrupts == 0 {
			return &failure{name: exitError, value: "the cell ended its goroutine (runtime.Goexit)"}
		}
		return errInterrupted
	case host.Panicked:
		if x.interrupts > 0 && strings.Contains(answer.Error, "interrupt") {
			return &failure{name: interruptedError, value: answer.Error, traceback: traceback(answer.Error, answer.Frames)}
		}
		return &failure{name: panicError, value: answer.Error, traceback: traceback(answer.Error, answer.Frames)}
	}
	k.mu.Lock()
	refused := x.refused
	k.mu.Unlock()
	if refused != nil {
		return refused
	}
	if answer.Result != nil && !x.content.Silent {
		k.server.publish(x.request, &jupyter.ExecuteResult{ExecutionCount: x.count, Data: bundle(answer.Result)})
	}
	return nil
}

// ctx2 is for the time in which the cell runs: an interrupt ends the cell, not
// the wait for it.
func (x *execution) ctx2() context.Context { return context.WithoutCancel(x.ctx) }

// prepare makes a program of a cell, fetching packages that it imports.
func (k *Kernel) prepare(ctx context.Context, c *gocell.Cell, code string, number int64) (*session.Program, error) {
	added := map[string]bool{}
	for {
		program, err := k.session.Prepare(number, c, code)
		var need *session.NeedPackages
		var wrong *session.Error
		switch {
		case errors.As(err, &need) && !added[need.Paths[0]]:
			if err := k.addSome(ctx, need.Paths); err != nil {
				return nil, err
			}
			added[need.Paths[0]] = true
			continue
		case errors.As(err, &wrong):
			paths := k.findPackages(ctx, wrong.Unknown)
			if len(paths) > 0 && !added[paths[0]] && k.addPackages(ctx, paths) == nil {
				added[paths[0]] = true
				continue
			}
			return nil, sessionFailure(wrong)
		case err != nil:
			return nil, &failure{name: session.CompileError, value: err.Error()}
		}
		return program, nil
	}
}

func sessionFailure(e *session.Error) *failure {
	f := &failure{name: e.Class, value: e.Error(), html: e.HTML()}
	for _, d := range e.Diagnostics {
		f.traceback = append(f.traceback, strings.Split(d.Text(), "\n")...)
	}
	return f
}

// buildFailure explains what the compiler or the linker said.
func (k *Kernel) buildFailure(x *execution, err error) error {
	if x.ctx.Err() != nil {
		return errInterrupted
	}
	var tool *library.ToolError
	if !errors.As(err, &tool) {
		return &failure{name: session.CompileError, value: fmt.Sprintf("the toolchain could not be run: %v", err)}
	}
	switch text := tool.Output; {
	case strings.Contains(text, "object is [") || strings.Contains(text, "version mismatch"):
		return &failure{name: session.CompileError, value: "the Go toolchain differs from the one that the library for cells was built with; run `%reload`, or `go run ./kernel setup` and restart the kernel:\n" + text}
	case strings.Contains(text, "executable file not found") || strings.Contains(text, "no such file or directory") && strings.Contains(text, "gcc"):
		return &failure{name: session.CompileError, value: "there is no C compiler, which links cells: install one (Debian, Ubuntu: apt install gcc libc6-dev; Fedora: dnf install gcc):\n" + text}
	}
	return sessionFailure(k.session.FromCompiler(tool.Output))
}

// died starts a new process after the old one has ended, and says what is lost.
func (k *Kernel) died(err error) error {
	var died *diedError
	if !errors.As(err, &died) {
		k.process.kill(err.Error())
		died = &diedError{killed: err.Error()}
	}
	<-k.process.ended
	k.displays.close()
	lost, anew := k.session.Restart("because the process ended")
	f := &failure{name: exitError, value: "the process in which cells run is gone: " + died.Error()}
	if died.killed != "" {
		f.name = interruptedError
	}
	if err := k.startProcess(); err != nil {
		f.value += "; a new one cannot be started: " + err.Error()
		return f
	}
	f.value += ". A new one has been started"
	if len(lost) > 0 {
		f.value += "; lost are the values of " + strings.Join(lost, ", ") +
			" (declarations are kept). Run the cells that define them again, or `%rerun` with their numbers"
	}
	if len(anew) > 0 {
		f.value += "; made anew when a cell uses them: " + strings.Join(anew, ", ")
	}
	return f
}
