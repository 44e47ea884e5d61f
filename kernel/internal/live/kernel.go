package live

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/commwire"
	"github.com/gocifar/gocifar/kernel/internal/engine"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// Options say how a kernel runs.
type Options struct {
	// Library is the folder of the library for cells.
	Library string
	// Module is where cells import packages from that are not Go's own.
	Module library.Module
	// Require are modules with versions that a session without a module begins
	// with.
	Require []string
	// CoverProfile is a file for what cells reach of the user's packages, "" for
	// none.
	CoverProfile string
	// Connection is the connection file.
	Connection string
	// Gopls is the language server for completion and inspection; empty: none.
	Gopls string
	// BuildGopls builds Gopls where it is missing, once somebody asks for it;
	// nil leaves it at that.
	BuildGopls func(context.Context) error
	// Grace is how long an interrupted cell may take before the process is
	// ended, and its state with it; DefaultGrace if it is 0.
	Grace time.Duration
}

// DefaultGrace is how long an interrupted cell may take. Front ends that give
// up a kernel must wait for longer: after this time the kernel ends the cell by
// itself and is well again. `kernel run` waits for
// execute.DefaultInterruptGrace.
const DefaultGrace = engine.DefaultGrace

// RestartLimit is how long a front end should allow for the new process after
// that, on a machine that has much to do.
const RestartLimit = 5 * time.Second

// Kernel is a running kernel.
type Kernel struct {
	cells  cells
	server *server
	gopls  *languageServer // nil: none
	comms  *comms
	gonb   *gonb

	shell   chan *request
	stop    context.CancelFunc
	stopped chan struct{}

	debugger debugger

	mu        sync.Mutex
	count     int // the highest number of a cell
	history   []string
	subshells map[string]*subshell // by id
	running   *execution
	shown     map[string]bool // display ids
	inputs    chan string
}

// cells run code: an engine, or what stands for one that cannot be.
type cells interface {
	Run(context.Context, engine.Cell) engine.Outcome
	Interrupt()
	Expect(number int)
	Draft(code string, offset int) (file string, place int, ok bool)
	Tell(*commwire.Frame) error
	Deliver(address string, value any)
	GoVersion() string
	Require() []string
	Close()
}

// Serve runs a kernel until it is shut down or ctx ends.
func Serve(ctx context.Context, o Options) error {
	return serve(ctx, o, func(ctx context.Context, k *Kernel) (cells, error) {
		e, err := engine.Open(ctx, engine.Options{Library: o.Library, Module: o.Module, Require: o.Require, Front: k,
			CoverProfile: o.CoverProfile,
			Comms:        k.comms, Debugger: &k.debugger, Page: k.gonb, Grace: o.Grace,
			Env: environment(kernelID(o.Connection))})
		if err != nil {
			return nil, err
		}
		if o.Gopls != "" {
			k.gopls = newLanguageServer(ctx, o.Gopls, e.Dir(), o.BuildGopls)
		}
		return e, nil
	})
}

// kernelID is what Jupyter knows the kernel by.
func kernelID(connection string) string {
	return strings.TrimSuffix(strings.TrimPrefix(filepath.Base(connection), "kernel-"), ".json")
}

// serve runs a kernel for the cells that open makes.
func serve(ctx context.Context, o Options, open func(context.Context, *Kernel) (cells, error)) error {
	info, err := jupyter.ReadConnectionFile(o.Connection)
	if err != nil {
		return err
	}
	k := &Kernel{shell: make(chan *request, 1000), stopped: make(chan struct{}), inputs: make(chan string, 1),
		shown: map[string]bool{}}
	k.comms, k.debugger.kernel = newComms(k), k
	k.gonb = newGonb(k, kernelID(o.Connection))
	ctx, k.stop = context.WithCancel(ctx)
	defer k.stop()
	if k.server, err = listen(ctx, info); err != nil {
		return err
	}
	defer k.server.Close()
	if k.cells, err = open(ctx, k); err != nil {
		return err
	}
	defer k.close()
	k.cells.Expect(1)
	k.server.start(k.receive)
	context.AfterFunc(ctx, func() { close(k.stopped) })
	k.watchSignals(ctx)
	k.watchParent(ctx)
	k.server.publish(nil, &jupyter.Status{State: jupyter.Starting})
	k.work()
	return nil
}

// watchSignals treats an interrupt signal like an interrupt request: some front
// ends know nothing else.
func (k *Kernel) watchSignals(ctx context.Context) {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		defer signal.Stop(signals)
		for {
			select {
			case s := <-signals:
				if s == syscall.SIGTERM {
					k.stop()
					return
				}
				k.cells.Interrupt()
			case <-ctx.Done():
				return
			}
		}
	}()
}

// watchParent ends the kernel when the front end that started it is gone
// without having ended it. Jupyter sets the variable unless the kernel is to
// stay.
func (k *Kernel) watchParent(ctx context.Context) {
	if os.Getenv("JPY_PARENT_PID") == "" {
		return
	}
	parent := os.Getppid()
	go func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if os.Getppid() != parent {
					k.stop()
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
}

func (k *Kernel) close() {
	k.stop()
	if k.gopls != nil {
		k.gopls.close()
	}
	k.cells.Close()
}

// receive takes a message from a client.
func (k *Kernel) receive(r *request) {
	if isComm(r.Content) {
		k.comms.receive(r)
		return
	}
	switch r.Channel {
	case jupyter.Shell:
		k.queue(r)
	case jupyter.Control:
		k.control(r)
	case jupyter.Stdin:
		if reply, ok := r.Content.(*jupyter.InputReply); ok {
			select {
			case k.inputs <- reply.Value:
			default: // nobody has asked
			}
		}
	}
}

// control answers requests that must not wait for a cell.
func (k *Kernel) control(r *request) {
	k.server.publish(r, &jupyter.Status{State: jupyter.Busy})
	switch c := r.Content.(type) {
	case *jupyter.InterruptRequest:
		k.server.reply(r, k.interrupt(r))
	case *jupyter.CreateSubshellRequest:
		k.server.reply(r, k.createSubshell())
	case *jupyter.DeleteSubshellRequest:
		k.server.reply(r, k.deleteSubshell(c.ID))
	case *jupyter.ListSubshellRequest:
		k.server.reply(r, k.listSubshells())
	case *jupyter.ShutdownRequest:
		k.server.reply(r, &jupyter.ShutdownReply{Status: jupyter.StatusOK, Restart: c.Restart})
		k.server.publish(r, &jupyter.ShutdownReply{Status: jupyter.StatusOK, Restart: c.Restart})
		defer k.stop()
	case *jupyter.KernelInfoRequest:
		k.server.reply(r, k.info())
	case *jupyter.DebugRequest:
		go k.debug(r, c) // it says when it is idle
		return
	}
	k.server.publish(r, &jupyter.Status{State: jupyter.Idle})
}

// work takes shell requests in order.
func (k *Kernel) work() {
	for {
		select {
		case <-k.stopped:
			return
		case r := <-k.shell:
			k.serve(nil, r)
		}
	}
}

// serve answers one shell request, of a subshell unless s is nil.
func (k *Kernel) serve(s *subshell, r *request) {
	k.server.publish(r, &jupyter.Status{State: jupyter.Busy})
	var abort []*request
	switch c := r.Content.(type) {
	case *jupyter.ExecuteRequest:
		abort = k.execute(s, r, c)
	case *jupyter.ShutdownRequest:
		k.server.reply(r, &jupyter.ShutdownReply{Status: jupyter.StatusOK, Restart: c.Restart})
		k.stop()
	case *jupyter.InterruptRequest:
		k.server.reply(r, &jupyter.InterruptReply{Status: jupyter.StatusOK})
	default:
		if reply := k.safely(c); reply != nil {
			k.server.reply(r, reply)
		}
	}
	k.server.publish(r, &jupyter.Status{State: jupyter.Idle})
	k.abort(s, abort)
}
