package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/host"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/engine/session"
	"github.com/gocifar/gocifar/kernel/internal/gocell"
)

// Cell is a cell to run.
type Cell struct {
	Code string
	// Number is the cell's number in the notebook, from 1, each higher than
	// those before. A cell without one, 0, cannot be run again by %rerun.
	Number int
	// Input tells whether the user can be asked for input.
	Input bool
	// Beside is where a cell's user sits that runs beside others: in a subshell.
	// It is nil for the cells that run one after the other.
	Beside Front
}

// Outcome is what became of a cell, beside what the front was told to show.
type Outcome struct {
	// Result is the value of the cell's last expression by MIME type, nil if
	// there is none.
	Result map[string]any
	// Failure says why the cell did not reach its end, nil if it did.
	Failure *Failure
	// Costs are what the cell's Go code took, nil if there was none.
	Costs *Costs
}

// run is a cell that runs.
type run struct {
	*Engine
	cell   Cell
	ctx    context.Context // ends with an interrupt
	cancel context.CancelCauseFunc
	// waits ends with leave: nobody waits any more for a cell of a subshell that
	// does not stop. canLeave says that its user knows of that.
	waits    context.Context
	leave    context.CancelCauseFunc
	canLeave bool
	ended    chan struct{}
	number   int64 // that the process knows it by, while it runs there; guarded by mu
	// interrupts counts the requests to stop.
	interrupts int
	asking     bool // the user has been asked for input that the cell is to read
	// refused says that the cell wanted input that cannot be had.
	refused error
	// shellInput is what the next shell command reads: %with_inputs,
	// %with_password.
	shellInput inputKind
	rest       string // the special line behind its name, as it stands
	costs      *Costs // so far
	timed      bool   // %time: they are told at the end
	recording  *recording
	records    []recorded       // %record: they are shown at the end
	ranIn      *process         // the last that the cell was given to
	declares   *session.Program // until it is taken over
}

// unstoredBase is above the numbers of all cells: executions that have none are
// counted from there.
const unstoredBase = 1_000_000

// Run runs a cell: special commands first, then its Go code. One goroutine runs
// cells, and any may run such that run beside them.
func (e *Engine) Run(ctx context.Context, c Cell) Outcome {
	e.turn.Lock()
	defer e.turn.Unlock()
	e.count = max(e.count, c.Number)
	r := e.begin(ctx, c)
	var result map[string]any
	err := shielded(func() (err error) {
		result, err = r.code(c.Code, e.execution(c))
		return err
	})
	r.sayTime()
	e.end(r)
	if err != nil {
		return Outcome{Failure: r.failure(err), Costs: r.costs}
	}
	return Outcome{Result: result, Costs: r.costs}
}

// execution identifies an execution for good, by the cell's number if it has
// one.
func (e *Engine) execution(c Cell) int64 {
	if c.Number > 0 {
		return int64(c.Number)
	}
	e.unstored++
	return unstoredBase + e.unstored
}

func (e *Engine) begin(ctx context.Context, c Cell) *run {
	r := &run{Engine: e, cell: c, ended: make(chan struct{})}
	r.ctx, r.cancel = context.WithCancelCause(ctx)
	r.waits, r.leave = context.WithCancelCause(context.WithoutCancel(ctx))
	e.mu.Lock()
	defer e.mu.Unlock()
	if r.cell.Beside != nil {
		e.besides[r] = true
	} else {
		e.running = r
	}
	return r
}

func (e *Engine) end(r *run) {
	e.noteVisible()
	e.noteCoverage(r.ctx)
	e.mu.Lock()
	var capture *os.File
	if r.cell.Beside != nil {
		delete(e.besides, r)
	} else {
		capture, e.running, e.capture = e.capture, nil, nil
	}
	e.mu.Unlock()
	if capture != nil {
		capture.Close()
	}
	close(r.ended)
	r.cancel(nil)
	r.leave(nil)
}

// shielded calls do and makes an error of a panic: a bug in the engine must not
// cost the user's values.
func shielded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(os.Stderr, "live kernel: a cell: %v\n%s", p, debug.Stack())
			err = &Failure{Name: kernelError, Value: fmt.Sprintf("the kernel made a mistake with this cell: %v; "+
				"its log says more. Please report it with the cell; values are kept", p)}
		}
	}()
	return do()
}

// code runs a cell's text.
func (r *run) code(code string, execution int64) (result map[string]any, err error) {
	c := gocell.Parse(code).Sort()
	if c.Magic != "" {
		return nil, r.cellMagic(c)
	}
	for _, command := range c.Commands {
		if err := r.special(command); err != nil {
			return nil, err
		}
	}
	if c.HasGo() {
		r.noteCover(c.Test)
		r.noticeTracked()
		if execution < unstoredBase {
			r.cells[int(execution)] = code
		}
		if result, err = r.goCode(c, code, execution); err != nil {
			return nil, err
		}
	}
	return result, r.showRecords()
}

// goCode compiles a cell's Go code, loads and runs it. The code of a cell that is
// run again with nothing changed is in the process already.
func (r *run) goCode(c *gocell.Cell, code string, execution int64) (result map[string]any, err error) {
	begun := time.Now()
	if err := r.takeEdits(); err != nil {
		return nil, err
	}
	if err := r.takeHooks(); err != nil {
		return nil, err
	}
	program, err := r.prepare(c, code, execution)
	if err != nil {
		return nil, err
	}
	sum := program.Sum()
	of, again := r.loaded[sum]
	delete(r.loaded, sum) // nobody else is to run it at the same time
	plugin := ""
	if !again {
		of = execution
		if plugin, err = r.compiler.Compile(r.ctx, r.dir, execution, program.Source); err != nil {
			return nil, r.buildFailure(err)
		}
		// Once loaded it is not needed any more.
		defer os.Remove(plugin)
	}
	for _, notice := range program.Notices {
		r.stderr("note: %s\n", notice)
	}
	r.compiled(time.Since(begun))
	command := host.Command{Path: plugin, Entry: library.EntryName(of),
		Cell: of, Input: r.cell.Input, Args: c.Args, Flags: program.Flags, Dir: r.cwd, Env: r.env,
		Profile: r.hostProfile()}
	r.withHooks(&command, program)
	r.declares = program
	answer, err := r.inProcess(of, command)
	r.addCosts(answer.Costs)
	r.showRecording()
	if err != nil {
		// What the cell declared stays, whatever its statements did.
		r.commit()
		return nil, r.died(err)
	}
	if answer.Outcome == host.Refused {
		return nil, compileFailure("the cell could not be loaded: " + answer.Error)
	}
	r.commit()
	for i, f := range answer.Frames {
		answer.Frames[i].File = strings.Replace(f.File, fmt.Sprintf("cell[%d]", of), fmt.Sprintf("cell[%d]", execution), 1)
	}
	if err := r.outcome(answer); err != nil {
		return nil, err
	}
	// Goroutines of a cell that did not reach its end may have to stop for as long as they live, so its number is
	// not used again.
	r.loaded[sum] = of
	return answer.Result, nil
}

// outcome is the error of a cell that did not reach its end.
func (r *run) outcome(answer host.Answer) error {
	failed := &Failure{Value: answer.Error, Traceback: traceback(answer.Error, answer.Frames)}
	switch answer.Outcome {
	case host.Exited:
		if answer.Status == 0 {
			return nil
		}
		return &Failure{Name: exitError, Value: fmt.Sprintf("exit status %d", answer.Status)}
	case host.NoInput:
		failed.Name = inputError
		return failed
	case host.Interrupted:
		if r.interrupts == 0 {
			return &Failure{Name: exitError, Value: "the cell ended its goroutine (runtime.Goexit)"}
		}
		return errInterrupted
	case host.Panicked:
		failed.Name = panicError
		if r.interrupts > 0 && strings.Contains(answer.Error, "interrupt") {
			failed.Name = interruptedError
		}
		return failed
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refused
}

// prepare makes a program of a cell, fetching packages that it imports.
func (r *run) prepare(c *gocell.Cell, code string, execution int64) (*session.Program, error) {
	added := map[string]bool{}
	for {
		program, err := r.session.Prepare(execution, c, code)
		var need *session.NeedPackages
		var mistakes *session.Error
		switch {
		case errors.As(err, &need) && !added[need.Paths[0]]:
			if err := r.addSome(need.Paths); err != nil {
				return nil, err
			}
			added[need.Paths[0]] = true
			continue
		case errors.As(err, &mistakes):
			paths := r.findPackages(mistakes.Unknown)
			if len(paths) > 0 && !added[paths[0]] && r.addPackages(paths) == nil {
				added[paths[0]] = true
				continue
			}
			return nil, sessionFailure(mistakes)
		case err != nil:
			return nil, compileFailure(err.Error())
		}
		return program, nil
	}
}

// died starts a new process after the old one has ended, and says what is lost.
func (r *run) died(err error) error {
	if r.process != r.ranIn && r.ranIn != nil { // another cell has seen it, and there is a new one
		return &Failure{Name: exitError, Value: "the process in which cells run is gone, and a new one has been started"}
	}
	var died *diedError
	if !errors.As(err, &died) {
		r.process.kill(err.Error())
		died = &diedError{killed: err.Error()}
	}
	<-r.process.ended
	r.pipes.close()
	r.comms.close()
	lost, anew := r.session.Restart("because the process ended")
	f := &Failure{Name: exitError, Value: "the process in which cells run is gone: " + died.Error()}
	if died.killed != "" {
		f.Name = interruptedError
	}
	if err := r.startProcess(context.WithoutCancel(r.ctx)); err != nil {
		f.Value += "; a new one cannot be started: " + err.Error()
		return f
	}
	f.Value += ". A new one has been started"
	if len(lost) > 0 {
		f.Value += "; lost are the values of " + strings.Join(lost, ", ") +
			" (declarations are kept). Run the cells that define them again, or `%rerun` with their numbers"
	}
	if len(anew) > 0 {
		f.Value += "; made anew when a cell uses them: " + strings.Join(anew, ", ")
	}
	return f
}
