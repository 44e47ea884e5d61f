package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/engine/session"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// Options say how a kernel runs.
type Options struct {
	// Library is the folder of the library for cells.
	Library string
	// Connection is the connection file.
	Connection string
	// Gopls is the language server for completion and inspection; empty: none.
	Gopls string
	// Grace is how long an interrupted cell may take before the process is
	// ended, and its state with it; DefaultGrace if it is 0.
	Grace time.Duration
	// Rebuild makes a library of the packages as they are now and returns its
	// folder; nil if %reload is not to be had.
	Rebuild func(ctx context.Context, say func(string)) (dir string, err error)
}

// DefaultGrace is how long an interrupted cell may take. Front ends that give up
// a kernel must wait for longer: after this time the kernel ends the cell by
// itself and is well again. `kernel run` waits for execute.DefaultInterruptGrace.
const DefaultGrace = 10 * time.Second

// RestartLimit is how long a front end should allow for the new process after
// that, on a machine that has much to do.
const RestartLimit = 5 * time.Second

// Kernel is a running kernel.
type Kernel struct {
	options Options
	library *library.Library
	builder *library.Builder
	session *session.Session
	server  *server
	dir     string // for the files of cells
	gopls   *languageServer

	shell   chan *request
	stop    context.CancelFunc
	stopped chan struct{}

	// The following belong to the goroutine that takes shell requests.
	process  *process
	displays *displays
	count    int
	unstored int64
	history  []string
	cells    map[int]string  // what ran, by execution count
	searched map[string]bool // see findPackages
	fetch    bool            // packages that are missing
	flags    []string        // %goflags
	extra    []string        // plugins with packages that are not in the library
	env      map[string]string
	cwd      string
	warned   string // what the user has been told of changed packages
	capture  *os.File
	shown    map[string]bool // display ids
	covered  bool            // the user has been told that there is no coverage
	tracked  tracking

	mu      sync.Mutex
	running *execution
	inputs  chan string
}

// Serve runs a kernel until it is shut down or ctx ends.
func Serve(ctx context.Context, o Options) error {
	k, err := newKernel(ctx, o)
	if err != nil {
		return err
	}
	defer k.close()
	k.work()
	return nil
}

func newKernel(ctx context.Context, o Options) (*Kernel, error) {
	info, err := jupyter.ReadConnectionFile(o.Connection)
	if err != nil {
		return nil, err
	}
	if o.Grace <= 0 {
		o.Grace = DefaultGrace
	}
	k := &Kernel{options: o, shell: make(chan *request, 1000), stopped: make(chan struct{}), inputs: make(chan string, 1),
		cells: map[int]string{}, searched: map[string]bool{}, fetch: true, env: map[string]string{}}
	if k.library, err = library.Open(o.Library); err != nil {
		return nil, err
	}
	k.builder = library.NewBuilder(k.library)
	k.session = session.New(k.builder)
	if k.cwd, err = os.Getwd(); err != nil {
		return nil, err
	}
	if k.dir, err = os.MkdirTemp("", "gocifar_live_"); err != nil {
		return nil, err
	}
	if err = k.builder.Workspace(k.dir); err != nil {
		os.RemoveAll(k.dir)
		return nil, err
	}
	id := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(o.Connection), "kernel-"), ".json")
	for name, value := range map[string]string{"GONB_DIR": k.cwd, "GONB_TMP_DIR": k.dir, "GONB_JUPYTER_KERNEL_ID": id,
		"GONB_VERSION": "gocifar-live", "GONB_GIT_COMMIT": commit(), "GONB_JUPYTER_ROOT": jupyterRoot()} {
		if value != "" {
			k.setenv(name, value)
		}
	}
	ctx, k.stop = context.WithCancel(ctx)
	if k.server, err = listen(ctx, info); err != nil {
		os.RemoveAll(k.dir)
		return nil, err
	}
	if o.Gopls != "" {
		k.gopls = newLanguageServer(o.Gopls, k.dir)
	}
	k.expectCell()
	k.server.start(k.receive)
	context.AfterFunc(ctx, func() { close(k.stopped) })
	k.watchSignals(ctx)
	k.watchParent(ctx)
	k.server.publish(nil, &jupyter.Status{State: jupyter.Starting})
	if err := k.startProcess(); err != nil {
		k.close()
		return nil, err
	}
	return k, nil
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
				k.interrupt()
			case <-ctx.Done():
				return
			}
		}
	}()
}

// watchParent ends the kernel when the front end that started it is gone without
// having ended it. Jupyter sets the variable unless the kernel is to stay.
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
	k.interrupt()
	if k.gopls != nil {
		k.gopls.close()
	}
	if k.process != nil {
		k.process.close()
		k.displays.close()
	}
	k.server.Close()
	k.builder.Close()
	if err := os.RemoveAll(k.dir); err != nil {
		fmt.Fprintln(os.Stderr, "live kernel:", err)
	}
}

// startProcess starts a host and loads the packages that the session has added.
func (k *Kernel) startProcess() error {
	displays, err := openDisplays(k.dir, k.display)
	if err != nil {
		return err
	}
	p, err := startProcess(processOptions{program: k.library.Host(), dir: k.cwd, env: append(os.Environ(), displays.env()...),
		write: k.write, input: k.inputForReader})
	if err != nil {
		displays.close()
		return err
	}
	k.mu.Lock()
	k.process, k.displays = p, displays
	k.mu.Unlock()
	return k.loadExtra()
}

// setenv sets a variable for cells, shell commands and the process.
func (k *Kernel) setenv(name, value string) {
	_ = os.Setenv(name, value) // fails for names that cannot be, which Prepare reports
	k.env[name] = value
}

// receive takes a message from a client.
func (k *Kernel) receive(r *request) {
	switch r.Channel {
	case jupyter.Shell:
		select {
		case k.shell <- r:
		case <-k.stopped:
		}
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
		k.interrupt()
		k.server.reply(r, &jupyter.InterruptReply{Status: jupyter.StatusOK})
	case *jupyter.ShutdownRequest:
		k.server.reply(r, &jupyter.ShutdownReply{Status: jupyter.StatusOK, Restart: c.Restart})
		k.server.publish(r, &jupyter.ShutdownReply{Status: jupyter.StatusOK, Restart: c.Restart})
		defer k.stop()
	case *jupyter.KernelInfoRequest:
		k.server.reply(r, k.info())
	default:
		// Debuggers ask here, too; we have none.
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
			k.serve(r)
		}
	}
}

// serve answers one shell request.
func (k *Kernel) serve(r *request) {
	k.server.publish(r, &jupyter.Status{State: jupyter.Busy})
	var abort []*request
	switch c := r.Content.(type) {
	case *jupyter.ExecuteRequest:
		abort = k.execute(r, c)
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
	k.abort(abort)
}

// execution is a cell that runs.
type execution struct {
	request *request
	content *jupyter.ExecuteRequest
	count   int
	ctx     context.Context
	cancel  context.CancelCauseFunc
	ended   chan struct{}
	// interrupts counts the requests to stop.
	interrupts int
	widgets    bool // the user has been told that there are none
	asking     bool // the user has been asked for input that the cell is to read
	// refused says that the cell wanted input that cannot be had.
	refused error
}

var errInterrupted = errors.New("interrupted")

// interrupt stops what runs: builds and shell commands at once, a cell when it
// listens, and the whole process when it has not listened for a while.
func (k *Kernel) interrupt() {
	k.mu.Lock()
	defer k.mu.Unlock()
	x := k.running
	if x == nil {
		return
	}
	x.interrupts++
	x.cancel(errInterrupted)
	p := k.process
	if p != nil {
		_ = p.interrupt()
	}
	if x.interrupts > 1 {
		return
	}
	go func() {
		again := time.NewTicker(k.options.Grace / 4)
		defer again.Stop()
		limit := time.After(k.options.Grace)
		for {
			select {
			case <-x.ended:
				return
			case <-again.C:
				k.ifRuns(x, func() { _ = p.interrupt() })
			case <-limit:
				k.ifRuns(x, func() {
					p.kill(fmt.Sprintf("the cell did not stop within %s of being interrupted, so the process was ended", k.options.Grace))
				})
				return
			}
		}
	}()
}

// ifRuns does something to the process unless the cell has ended: if it ends at
// the moment when it was to be interrupted again, the next cell must not be met.
func (k *Kernel) ifRuns(x *execution, do func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.running == x {
		do()
	}
}

// write publishes what the process prints.
func (k *Kernel) write(name, text string) {
	k.mu.Lock()
	x, capture := k.running, k.capture
	k.mu.Unlock()
	if capture != nil {
		_, _ = capture.WriteString(text)
	}
	var r *request
	if x != nil {
		if x.content.Silent {
			return
		}
		r = x.request
	}
	k.server.publish(r, &jupyter.Stream{Name: name, Text: text})
}
