package engine

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/host"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/engine/session"
)

// Options say how an engine runs.
type Options struct {
	// Library is the folder of the library for cells.
	Library string
	// Module is where cells import packages from that are not Go's own.
	Module library.Module
	// CoverProfile is a file for a profile of the lines of the user's packages
	// that cells have reached, as `go tool cover` reads it; "" for none.
	CoverProfile string
	// Front is where the notebook's user sits.
	Front Front
	// Page is where GoNB's library shows its widgets; may be nil.
	Page Page
	// Debugger is told what happens while one is attached; may be nil.
	Debugger Debugger
	// Comms takes what cells say to front ends through comms; may be nil.
	Comms Comms
	// Require are modules with versions, MODULE@VERSION, that a session without
	// a module of the user's begins with.
	Require []string
	// Dir is the working directory, by default this process's.
	Dir string
	// Grace is how long an interrupted cell may take before the process is
	// ended, and its state with it; DefaultGrace if it is 0.
	Grace time.Duration
	// Env are variables for cells and commands, beside those of GoNB that tell
	// folders. Variables of cells are this process's, too: the go command and
	// the C compiler look at some.
	Env map[string]string
}

// DefaultGrace is how long an interrupted cell may take.
const DefaultGrace = 10 * time.Second

// Front is where the user of a notebook sits. Its methods may be called by
// several goroutines at once, also when no cell runs: goroutines of cells live
// on.
type Front interface {
	// Print shows text that was written to "stdout" or "stderr".
	Print(stream, text string)
	// Show shows data.
	Show(Display)
	// Input asks the user for a line. It is called only for cells with Input.
	Input(ctx context.Context, prompt string, password bool) (string, error)
}

// Display is data to show.
type Display struct {
	// Data is the same thing in one or several forms, by MIME type: text,
	// bytes, or what encoding/json takes.
	Data, Metadata map[string]any
	// ID, if there is one, is a place: a display takes that of an earlier one
	// with the same ID.
	ID string
}

// Engine runs the cells of a notebook. One goroutine runs cells and asks for
// drafts; Interrupt is for any.
type Engine struct {
	options  Options
	library  *library.Library
	compiler *library.Compiler
	session  *session.Session
	dir      string // for the files of cells

	// The following belong to the goroutine that runs cells.
	count    int             // the highest number of a cell
	unstored int64           // executions without such a number
	cells    map[int]string  // what ran, by number
	searched map[string]bool // see findPackages
	fetch    bool            // packages that are missing
	flags    []string        // %goflags
	added    []string        // packages that are not in the library, as cells have asked for them
	extra    []host.Command  // that have loaded them
	env      map[string]string
	cwd      string
	warned   string // what the user has been told of changed packages
	covered  bool   // the user has been told that there is no coverage
	tracked  tracking
	cover    *coverage                   // nil: not wanted
	hooked   []string                    // folders of packages that are compiled with hooks, see takeHooks
	loaded   map[[sha256.Size]byte]int64 // executions whose code can be called again, by the sums of their programs

	debugging debugging

	// turn lets one cell at a time change the above. A cell gives it away while
	// its code runs.
	turn sync.Mutex

	mu      sync.Mutex
	besides map[*run]bool // the cells that run beside
	process *process
	pipes   *pipes
	comms   *commPipes
	running *run
	capture *os.File
	// visible and executing are for who asks for variables while a cell runs.
	visible   visible
	executing int64
}

// Open starts an engine, whose process lives until Close.
func Open(ctx context.Context, o Options) (*Engine, error) {
	if o.Grace <= 0 {
		o.Grace = DefaultGrace
	}
	e := &Engine{options: o, besides: map[*run]bool{}, cells: map[int]string{}, searched: map[string]bool{}, fetch: true,
		env: map[string]string{}}
	var err error
	if e.library, err = library.Open(o.Library); err != nil {
		return nil, err
	}
	if o.CoverProfile != "" {
		e.cover = newCoverage(o.CoverProfile)
	}
	e.compiler = e.newCompiler()
	e.session = session.New(e.compiler)
	if e.cwd, err = filepath.Abs(o.Dir); err != nil {
		return nil, err
	}
	if e.dir, err = newFolder(); err != nil {
		return nil, err
	}
	variables := map[string]string{"GONB_DIR": e.cwd, "GONB_TMP_DIR": e.dir}
	maps.Copy(variables, o.Env)
	for name, value := range variables {
		err = errors.Join(err, e.setenv(name, value))
	}
	if err == nil {
		err = e.compiler.Workspace(e.dir, o.Require)
	}
	if err == nil {
		err = e.startProcess(ctx)
	}
	if err != nil {
		os.RemoveAll(e.dir)
		return nil, err
	}
	return e, nil
}

// newCompiler returns a compiler that puts into packages what the session wants.
func (e *Engine) newCompiler() *library.Compiler {
	c := library.NewCompiler(e.library, e.options.Module)
	if e.cover != nil {
		c.Count(e.cover.Coverage)
	}
	if len(e.hooked) > 0 {
		c.Rewrite(e.rewrite, e.rewriteFailed)
	}
	return c
}

// Close ends the process and forgets all.
func (e *Engine) Close() {
	e.Interrupt()
	e.process.close()
	e.pipes.close()
	e.comms.close()
	e.compiler.Close()
	if err := os.RemoveAll(e.dir); err != nil {
		fmt.Fprintln(os.Stderr, "live kernel:", err)
	}
}

// Dir is the folder in which cells are compiled, a module of its own.
func (e *Engine) Dir() string { return e.dir }

// Require lists the modules with versions, MODULE@VERSION, that a session
// without a module of the user's has come to need.
func (e *Engine) Require() []string {
	e.turn.Lock()
	defer e.turn.Unlock()
	return e.compiler.Require(e.dir)
}

// GoVersion is the version of Go that compiles cells.
func (e *Engine) GoVersion() string { return e.library.GoVersion }

// Expect prepares for the cell with a number while the user writes it. It
// returns at once.
func (e *Engine) Expect(number int) { e.compiler.Prepare(e.dir, int64(number)) }

// Draft makes a Go file of a cell that is being written, see
// [session.Session.Draft].
func (e *Engine) Draft(code string, offset int) (file string, place int, ok bool) {
	e.turn.Lock()
	defer e.turn.Unlock()
	return e.session.Draft(code, offset)
}

// startProcess starts a host and loads the packages that the session has added.
func (e *Engine) startProcess(ctx context.Context) error {
	pipes, err := openPipes(e.dir, e.display)
	if err != nil {
		return err
	}
	comms, err := openCommPipes(e.dir, e.options.Comms)
	if err != nil {
		pipes.close()
		return err
	}
	p, err := startProcess(processOptions{program: e.library.Host(), dir: e.cwd,
		env: slices.Concat(os.Environ(), pipes.env(), comms.env()), write: e.print, input: e.inputForReader,
		handler: func(a host.Answer) {
			if a.Cell != 0 {
				e.printedBeside(a)
				return
			}
			comms.handler(a)
		}, debugger: e.debugEvent})
	if err != nil {
		pipes.close()
		comms.close()
		return err
	}
	e.mu.Lock()
	e.process, e.pipes, e.comms = p, pipes, comms
	e.mu.Unlock()
	e.loaded = map[[sha256.Size]byte]int64{}
	if err := e.loadExtra(ctx); err != nil {
		return err
	}
	return e.attachAnew(ctx)
}

// setenv sets a variable for cells, shell commands and the process.
func (e *Engine) setenv(name, value string) error {
	if err := os.Setenv(name, value); err != nil {
		return err
	}
	e.env[name] = value
	return nil
}

// print shows text, and copies it into the file of %capture.
func (e *Engine) print(stream, text string) {
	e.mu.Lock()
	capture := e.capture
	e.mu.Unlock()
	if capture != nil {
		_, _ = capture.WriteString(text)
	}
	e.options.Front.Print(stream, text)
}

// stderr prints to the cell.
func (e *Engine) stderr(format string, args ...any) { e.print("stderr", fmt.Sprintf(format, args...)) }

// openCapture copies the cell's output into a file, too.
func (e *Engine) openCapture(path string, flags int) error {
	f, err := os.OpenFile(path, flags|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.capture != nil {
		e.capture.Close()
	}
	e.capture = f
	return nil
}
