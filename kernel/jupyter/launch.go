package jupyter

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// DefaultStartTimeout is how long a kernel may take to get ready.
const DefaultStartTimeout = time.Minute

// LaunchOptions say what to start and how. Spec is required.
type LaunchOptions struct {
	Spec *Spec
	// Dir is the kernel's working folder. Empty: this process's.
	Dir string
	// Env are further variables, "NAME=value". They win over the kernelspec's.
	Env []string
	// Transport is [IPC], [TCP], or empty for the better one: IPC where unix
	// sockets exist and the kernel takes them, because TCP ports can be taken by
	// another process between their choice and the kernel's start.
	Transport string
	// StartTimeout is how long the kernel may take to get ready. Zero means
	// [DefaultStartTimeout], a negative value no limit.
	StartTimeout time.Duration
	// Log, if set, gets a copy of what the process writes to stdout and
	// stderr.
	Log io.Writer
}

// StartError reports a kernel that did not get ready.
type StartError struct {
	// Kernel is the kernelspec's name, Command the program that was run.
	Kernel  string
	Command []string
	// Status is how the process ended by itself, or nil if it did not.
	Status *ExitStatus
	// Log is the end of what the process wrote.
	Log string
	Err error
}

// Error says what happened and quotes the kernel's last words.
func (e *StartError) Error() string {
	what := e.Err.Error()
	if e.Status != nil {
		what = "it died: " + e.Status.String()
	}
	return fmt.Sprintf("jupyter: kernel %s did not start: %s%s", e.name(), strings.TrimPrefix(what, "jupyter: "),
		quoteLog(e.Log))
}

func (e *StartError) name() string {
	if e.Kernel == "" && len(e.Command) > 0 {
		return strconv.Quote(e.Command[0])
	}
	return strconv.Quote(e.Kernel)
}

// Unwrap returns the cause.
func (e *StartError) Unwrap() error { return e.Err }

// errExited is the cause of a StartError for a process that ended.
var errExited = errors.New("the process ended")

// Launch starts a kernel and returns when it is ready. If it dies, does not
// get ready in time or ctx ends, nothing of it is left and the error is a
// *StartError.
//
// The process gets a process group of its own, /dev/null as its input, and a
// private TMPDIR; on Linux it ends when this process does. End it with
// [Kernel.Shutdown] or [Kernel.Close].
func Launch(ctx context.Context, options LaunchOptions) (*Kernel, error) {
	k, err := launch(ctx, options)
	if err != nil && options.Transport == "" && refusesIPC(err) {
		options.Transport = TCP
		k, err = launch(ctx, options)
	}
	if err == nil {
		return k, nil
	}
	var start *StartError
	if !errors.As(err, &start) {
		start = &StartError{Err: err}
	}
	if options.Spec != nil {
		start.Kernel = options.Spec.Name
		start.Command = options.Spec.Argv
	}
	return nil, start
}

// refusesIPC tells whether a kernel ended at once and said something of unix
// sockets. evcxr, Rust's kernel, has none.
func refusesIPC(err error) bool {
	var start *StartError
	return errors.As(err, &start) && start.Status != nil && strings.Contains(strings.ToLower(start.Log), "ipc transport")
}

func launch(ctx context.Context, options LaunchOptions) (*Kernel, error) {
	if options.Spec == nil {
		return nil, errors.New("no kernelspec was given")
	}
	if err := options.Spec.validate(); err != nil {
		return nil, fmt.Errorf("kernelspec: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	if options.Dir != "" {
		if info, err := os.Stat(options.Dir); err != nil {
			return nil, fmt.Errorf("working folder: %w", err)
		} else if !info.IsDir() {
			return nil, fmt.Errorf("working folder %s is not a folder", options.Dir)
		}
	}
	home, err := newScratch()
	if err != nil {
		return nil, err
	}
	k := &Kernel{
		options: options, scratch: home,
		stopping: make(chan struct{}), stopped: make(chan struct{}),
	}
	if err := k.start(ctx); err != nil {
		return nil, k.giveUp(err)
	}
	return k, nil
}

// start runs the process, connects and waits until the kernel is ready.
func (k *Kernel) start(ctx context.Context) error {
	info, err := k.newConnection()
	if err != nil {
		return err
	}
	id := newKernelID()
	file := k.scratch.connectionFile(id)
	if err := info.WriteFile(file); err != nil {
		return err
	}
	k.mark = id
	env := kernelEnvironment(k.options.Spec, k.options.Env, environment{
		"TMPDIR": k.scratch.temp(),
		// Kernels watch their parent by it, as under a Jupyter server.
		"JPY_PARENT_PID": strconv.Itoa(os.Getpid()),
	})
	env[markVariable] = strings.TrimPrefix(env[markVariable]+":"+id, ":")
	argv := k.options.Spec.command(file)
	if argv[0], err = env.executable(k.options.Spec); err != nil {
		return err
	}
	if k.process, err = startProcess(argv, env.list(), k.options.Dir, k.options.Log); err != nil {
		return err
	}

	timeout := k.options.StartTimeout
	if timeout == 0 {
		timeout = DefaultStartTimeout
	}
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout,
			fmt.Errorf("not ready after %s: %w", timeout, context.DeadlineExceeded))
		defer cancel()
	}
	return k.becomeReady(ctx, info)
}

// becomeReady gives up as soon as the process ends.
func (k *Kernel) becomeReady(ctx context.Context, info *ConnectionInfo) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-k.process.exited:
			cancel(errExited)
		case <-ctx.Done():
		}
	}()
	var err error
	if k.Client, err = connect(ctx, info, k.lastEvent); err != nil {
		return err
	}
	k.Info, err = k.Client.WaitReady(ctx)
	return err
}

// giveUp removes all of a kernel that failed to start and says why it did.
func (k *Kernel) giveUp(cause error) error {
	failure := &StartError{Err: cause}
	if k.process != nil {
		// Lost channels are seen a little before the end that caused them.
		if isLost(cause) {
			k.process.waitFor(logDrain)
		}
		if !k.process.alive() {
			status := k.process.status
			failure.Status = &status
		}
	}
	if k.Client == nil {
		k.Client = disconnected()
	}
	if k.process == nil {
		k.scratch.remove()
	} else {
		k.Close()
		failure.Log = k.process.log.String()
	}
	return failure
}

func (k *Kernel) newConnection() (*ConnectionInfo, error) {
	var info *ConnectionInfo
	var err error
	switch k.options.Transport {
	case IPC:
		info, err = NewIPCConnection(k.scratch.dir)
	case TCP:
		info, err = NewTCPConnection()
	case "":
		if haveUnixSockets {
			if info, err = NewIPCConnection(k.scratch.dir); err == nil {
				break
			}
		}
		info, err = NewTCPConnection()
	default:
		return nil, fmt.Errorf("transport %q: want %q or %q", k.options.Transport, IPC, TCP)
	}
	if err == nil {
		info.KernelName = k.options.Spec.Name
	}
	return info, err
}

// newKernelID returns a random id in the form of a UUID, as Jupyter's are.
func newKernelID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40 // version 4
	b[8] = b[8]&0x3f | 0x80 // RFC 9562 variant
	h := hex.EncodeToString(b[:])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}
