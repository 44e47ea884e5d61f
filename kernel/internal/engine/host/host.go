// Package host is the process in which the cells of a live kernel run, and what
// their compiled code calls.
//
// The process is a child of the kernel. It loads each cell as a plugin and
// calls it. All cells are compiled as one package, so package-level variables
// and types have the same symbol in each of them; the system's dynamic linker
// binds a symbol to the first definition it has loaded, and so a later cell
// finds the living variables of an earlier one, and its very types. Functions
// are local to each plugin, and a new definition takes effect at once.
package host

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Main serves commands until the kernel goes away.
func Main() {
	install(onExit, onPanic, onInput, watchComms(os.Getenv(commVariable)))
	// Without this, an interrupt would end the process and all state with it.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt)
	go func() {
		for range signals {
			if x := current.Load(); x != nil {
				stop(x.cell)
			} else {
				stopHandler()
			}
		}
	}()
	pending := make(chan Command)
	go receive(pending)
	collectTypes()
	for c := range pending {
		send(serve(c))
	}
}

// collectTypes reads the types of all that is loaded, while the first cell is
// compiled: the runtime would do that when the cell is loaded.
var collectTypes = func() {}

// answers is where answers go.
var answers struct {
	sync.Mutex
	encoder *json.Encoder
}

// send answers the kernel.
func send(a Answer) {
	answers.Lock()
	defer answers.Unlock()
	if answers.encoder == nil {
		answers.encoder = json.NewEncoder(os.NewFile(AnswerFD, "answers"))
	}
	if err := answers.encoder.Encode(a); err != nil {
		fmt.Fprintln(os.Stderr, "live host: answer:", err)
		leave(1)
	}
}

// leave really ends the process.
func leave(status int) {
	leaving.Store(true)
	os.Exit(status)
}

// receive reads commands and ends the process when the kernel is gone, also
// while a cell runs.
func receive(pending chan<- Command) {
	commands := json.NewDecoder(os.NewFile(CommandFD, "commands"))
	for {
		var c Command
		if err := commands.Decode(&c); err != nil {
			if !errors.Is(err, io.EOF) {
				fmt.Fprintln(os.Stderr, "live host: command:", err)
			}
			leave(0)
		}
		switch {
		case c.Query != nil:
			go answerQuery(c)
			continue
		case c.Debug != nil:
			go answerDebug(c)
			continue
		case c.Stop != 0:
			stop(c.Stop)
			continue
		case c.Beside:
			go serveBeside(c)
			continue
		}
		pending <- c
	}
}

// serve does what one command asks for.
func serve(c Command) Answer {
	if err := prepare(c); err != nil {
		return Answer{Outcome: Refused, Error: err.Error()}
	}
	if c.Path == "" && c.Entry == "" {
		return Answer{Outcome: OK}
	}
	dropFlags(c.Flags)
	os.Args = append([]string{"cell"}, c.Args...)
	return call(c)
}

func prepare(c Command) error {
	if c.Dir != "" {
		if err := os.Chdir(c.Dir); err != nil {
			return err
		}
	}
	for name, value := range c.Env {
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("cannot set the variable %q: %w", name, err)
		}
	}
	return nil
}

// interrupted numbers the cell to stop.
var interrupted atomic.Int64

// wake ends the sleep of interrupted cells.
var wake = waker{c: make(chan struct{})}

// waker wakes all who wait.
type waker struct {
	mu sync.Mutex
	c  chan struct{}
}

// next is closed at the next call of all.
func (w *waker) next() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.c
}

func (w *waker) all() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.c)
	w.c = make(chan struct{})
}

// stop asks the goroutines of a cell to end, which they do in loops and when
// they sleep.
func stop(cell int64) {
	interrupted.Store(cell)
	wake.all()
}

// lingering is how long the cell's statements may take to end after something
// else has ended the cell.
const lingering = 100 * time.Millisecond

// call runs a cell on a goroutine of its own, so that the cell can be ended by
// ending the goroutine.
func call(c Command) (a Answer) {
	x := &execution{cell: c.Cell, beside: c.Beside, input: c.Input, early: make(chan Answer, 1)}
	beginning.RLock()
	executions.Store(c.Cell, x)
	defer executions.Delete(c.Cell)
	if !c.Beside {
		current.Store(x)
		defer current.Store(nil)
	}
	beginning.RUnlock()
	ended := make(chan Answer, 1)
	measure := startMeter()
	go func() {
		a := Answer{Outcome: Interrupted}
		defer func() { ended <- a }()
		guarded(&a, x, c)
	}()
	select {
	case a = <-ended:
	case a = <-x.early:
		x.end(a) // for below
		stop(c.Cell)
		select {
		case <-ended:
		case <-time.After(lingering):
		}
	}
	select {
	case a = <-x.early: // more than that the goroutine has ended
	default:
	}
	a.Result, a.Variables = x.result, x.values
	a.Costs = measure.stop()
	if stop := x.recorded.Load(); stop != nil {
		if err := (*stop)(); err != nil {
			fmt.Fprintln(os.Stderr, "the profile is not complete:", err)
		}
	}
	flush()
	stepEnds(c.Cell)
	return a
}

// entries are what cells that were loaded call, by symbol. loading guards them.
var entries = map[string]func(){}

// guarded loads and runs a cell and writes down how it ended: a goroutine that is
// ended does not return.
func guarded(a *Answer, x *execution, c Command) {
	defer func() {
		if a.Outcome == OK || a.Outcome == Refused {
			return
		}
		if p := recover(); p != nil {
			*a = panicked(p)
			if c.Evaluation == nil {
				stopOnPanic(*a)
			}
			if err, ok := p.(error); ok && interrupted.Load() == c.Cell && strings.Contains(err.Error(), "interrupt") {
				a.Outcome = Interrupted
			}
		}
	}()
	adopt(c.Cell)
	noteSites(c)
	defer evaluationEnds(c)
	if err := evaluationBegins(c); err != nil {
		*a = Answer{Outcome: Refused, Error: err.Error()}
		return
	}
	entry, err := entryOf(c)
	if err != nil {
		*a = Answer{Outcome: Refused, Error: err.Error()}
		return
	}
	if entry != nil {
		stop, err := c.Profile.start()
		if err != nil {
			*a = Answer{Outcome: Refused, Error: "the profile cannot be made: " + err.Error()}
			return
		}
		x.recorded.Store(&stop)
		entry()
	}
	a.Outcome = OK
}

// entryOf is what a command calls. Its library is loaded, if it has one.
func entryOf(c Command) (func(), error) {
	loading.Lock()
	defer loading.Unlock()
	if c.Path == "" {
		return entries[c.Entry], nil
	}
	entry, err := load(c.Path, c.Entry)
	if err != nil {
		return nil, err
	}
	if c.Entry == "" {
		findSyncs()
	}
	entries[c.Entry] = entry
	return entry, replace(c.Path, c.Replace)
}

// frames is the stack below the panic that is being recovered, without the
// runtime's and the host's own.
func frames() []Frame {
	pcs := make([]uintptr, 200)
	iterator := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	var list []Frame
	for {
		f, more := iterator.Next()
		switch {
		case f.Function == "runtime.gopanic":
			list = list[:0]
		case strings.HasPrefix(f.Function, "runtime."):
		case strings.HasSuffix(f.Function, "kernel/internal/engine/host.guarded"):
			return list
		default:
			list = append(list, Frame{f.Function, f.File, f.Line})
		}
		if !more {
			return list
		}
	}
}

// describe is what Go prints after "panic: ".
func describe(p any) (text string) {
	defer func() {
		if again := recover(); again != nil {
			text = fmt.Sprintf("a %T, whose text cannot be had: %v", p, again)
		}
	}()
	switch v := p.(type) {
	case runtime.Error:
		return v.Error()
	case error:
		return v.Error()
	case fmt.Stringer:
		return v.String()
	case string:
		return v
	}
	return fmt.Sprintf("%v", p)
}

// displaySync is the function by which GoNB's library waits until the kernel has
// all that was displayed. Cells may import the library or not, so the host does
// not. The linker adds the calling convention to the names of functions in
// libraries.
const displaySync = "github.com/janpfeifer/gonb/gonbui.Sync.abiinternal"

// commSync is the same function of our package for comms.
const commSync = "github.com/gocifar/gocifar/kernel/comm.Sync.abiinternal"

// syncs are those that are loaded.
var syncs atomic.Pointer[[]func()]

// findSyncs looks for them, after packages were loaded: cells have none, and to
// find nothing takes longer the more cells are loaded.
func findSyncs() {
	var found []func()
	for _, name := range []string{commSync, displaySync} {
		if f := symbol(name); f != nil {
			found = append(found, f)
		}
	}
	syncs.Store(&found)
}

// flush waits until the kernel has everything that the cell displayed.
func flush() {
	loaded := syncs.Load()
	if loaded == nil || len(*loaded) == 0 {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, wait := range *loaded {
			wait()
		}
	}()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
	}
}

// dropFlags removes command line flags, so that a cell can define them again.
func dropFlags(names []string) {
	if len(names) == 0 {
		return
	}
	drop := map[string]bool{}
	for _, name := range names {
		drop[name] = true
	}
	kept := flag.NewFlagSet("cell", flag.PanicOnError)
	flag.CommandLine.VisitAll(func(f *flag.Flag) {
		if !drop[f.Name] {
			kept.Var(f.Value, f.Name, f.Usage)
		}
	})
	flag.CommandLine = kept
}
