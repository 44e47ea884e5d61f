package jupyter

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Kernel is a client of a kernel together with the power over its life: a
// kernel that this program started ([Launch]), one that was running already
// ([Attach]), or one that another program runs ([Use]).
type Kernel struct {
	*Client
	// Info is the kernel's description of itself.
	Info *KernelInfoReply

	// interrupts are those of executions that are under way: see Follow.
	interrupts sync.WaitGroup

	remote Remote // set by Use only

	// Set by Launch only.
	options LaunchOptions
	process *process
	scratch *scratch
	mark    string

	stopOnce sync.Once
	stopping chan struct{} // closed when the end was asked for
	stopped  chan struct{} // closed when nothing is left
	stopErr  error
}

// Attach connects to a running kernel and waits until it is ready or ctx ends.
func Attach(ctx context.Context, info *ConnectionInfo) (*Kernel, error) {
	client, err := Connect(ctx, info)
	if err != nil {
		return nil, err
	}
	k := &Kernel{Client: client, stopping: make(chan struct{}), stopped: make(chan struct{})}
	if k.Info, err = client.WaitReady(ctx); err != nil {
		client.Close()
		return nil, err
	}
	return k, nil
}

// PID returns the process id of a kernel that was started here, else 0.
func (k *Kernel) PID() int {
	if k.process == nil {
		return 0
	}
	return k.process.pid
}

// Log returns the end, up to 64 KiB, of what the kernel's process wrote to
// stdout and stderr.
func (k *Kernel) Log() string {
	if k.process == nil {
		return ""
	}
	return k.process.log.String()
}

// Gone is closed as soon as the kernel's process has ended; for an attached
// kernel, when all its channels are lost.
func (k *Kernel) Gone() <-chan struct{} {
	if k.process == nil {
		return k.Client.ended
	}
	return k.process.exited
}

// ExitStatus says how the process ended; ok is false while it has not, and for
// an attached kernel.
func (k *Kernel) ExitStatus() (status ExitStatus, ok bool) {
	if k.process == nil || k.process.alive() {
		return ExitStatus{}, false
	}
	return k.process.status, true
}

// interruptReplyWait bounds the wait for an interrupt_reply. GoNB's comes on
// the shell channel, usually at once; on a loaded machine it takes longer, and
// until then the message may interrupt what is sent next.
const (
	interruptReplyWait = 2 * time.Second
	gonbInterruptWait  = 10 * time.Second
)

// Interrupt asks the kernel to stop what it runs: by a message or a signal, as
// its kernelspec says. It does not wait for the effect. A kernel may ignore
// it, so repeat it until the execution is over; but leave it some seconds in
// between: a second SIGINT that meets IPython while it formats the traceback of
// the first can cost the reply.
//
// GoNB, if it was started here, gets SIGINT as well, with its process group: it
// answers an interrupt_request during a compilation and goes on compiling,
// whereas of the signal go build and the rest of the cell end. When Interrupt
// returns without an error, GoNB has handled both, so that a cell that is sent
// afterwards is not met by them. Other kernels of mode "message" may have no
// handler for SIGINT and would die of it.
func (k *Kernel) Interrupt(ctx context.Context) error {
	if k.process != nil && !k.process.alive() {
		return fmt.Errorf("jupyter: interrupt: %w", k.died())
	}
	if k.remote != nil {
		return k.remote.Interrupt(ctx)
	}
	if k.process != nil && k.options.Spec.InterruptMode != InterruptByMessage {
		return k.process.interrupt()
	}
	if k.process != nil && k.Info.Implementation == "gonb" {
		return k.interruptGoNB(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, interruptReplyWait)
	defer cancel()
	reply, err := ask[*InterruptReply](ctx, k.Client, Control, &InterruptRequest{})
	if err != nil {
		return err
	}
	if reply.Status == StatusError {
		return fmt.Errorf("jupyter: interrupt: %s: %s", reply.Name, reply.Value)
	}
	return nil
}

// GoNB takes a signal from a channel, in a goroutine that on a loaded machine
// may get its turn long after the children that the signal met have ended, and
// after the answer to the message. What runs then is interrupted, although it
// may be the next cell. Only its log tells that the signal has been handled.
const (
	gonbSignalHandled = "Signal interrupt received."
	// How long after the answer to the message the line may take; a GoNB that
	// logs to somewhere else never writes it here.
	gonbSignalWait = 2 * time.Second
)

// interruptGoNB sends one interrupt at a time: of two signals under way GoNB
// may see one.
func (k *Kernel) interruptGoNB(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, gonbInterruptWait)
	defer cancel()
	select {
	case k.process.interrupting <- struct{}{}:
		defer func() { <-k.process.interrupting }()
	case <-ctx.Done():
		return fmt.Errorf("jupyter: interrupt: the one before it is still under way: %w", context.Cause(ctx))
	}
	logged := k.process.log.position()
	if err := k.process.interrupt(); err != nil {
		return fmt.Errorf("jupyter: interrupt: %w", err)
	}
	if _, err := ask[*InterruptReply](ctx, k.Client, Control, &InterruptRequest{}); err != nil {
		return err
	}
	line, cancel := context.WithTimeout(ctx, gonbSignalWait)
	defer cancel()
	k.process.log.await(line, logged, gonbSignalHandled)
	return nil
}

// Waits of the shutdown ladder, as jupyter_client's.
const (
	requestWait   = 2500 * time.Millisecond
	terminateWait = 2500 * time.Millisecond
	// When the caller's context has ended there is no time for requests.
	hurriedWait = 1 * time.Second
	// How long to go after what the kernel left behind.
	leftoversWait = 1 * time.Second
)

// Shutdown ends the kernel and returns when nothing of it is left: no process,
// no socket, no temporary file. It asks by message and waits; then sends
// SIGTERM to the process group and waits; then SIGKILL. If ctx ends, it skips
// what is left of the asking, never the rest. Further calls wait for the
// first. Its error says what could not be cleaned up.
//
// Events that came before the end can still be read afterwards, until the
// stream's end or [Kernel.Close].
//
// An attached kernel gets the message only, and an error tells if no answer
// came.
func (k *Kernel) Shutdown(ctx context.Context) error { return k.shutdown(ctx, false) }

func (k *Kernel) shutdown(ctx context.Context, restart bool) error {
	k.stopOnce.Do(func() {
		close(k.stopping)
		if k.remote != nil {
			k.stopErr = k.remote.Shutdown(ctx)
		} else if k.process == nil {
			_, err := ask[*ShutdownReply](ctx, k.Client, Control, &ShutdownRequest{Restart: restart})
			if !isLost(err) { // gone is gone, with or without a word
				k.stopErr = err
			}
		} else {
			k.endProcess(ctx, restart)
			k.stopErr = k.cleanUp()
		}
		close(k.stopped)
	})
	<-k.stopped
	return k.stopErr
}

// Close ends a kernel that was started here, quickly: SIGTERM, and SIGKILL a
// second later; a remote one as its program does. From an attached kernel it only disconnects. Either way the
// stream of events ends at once. It may follow Shutdown.
func (k *Kernel) Close() error {
	if k.process == nil && (k.remote == nil || !k.remote.Owned()) {
		k.leaveSubshell()
		return k.Client.Close()
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	err := k.shutdown(ended, false)
	k.Client.Close()
	return err
}

// Restart ends the kernel as Shutdown does and starts another like it, with a
// connection and a stream of events of its own.
func (k *Kernel) Restart(ctx context.Context) (*Kernel, error) {
	if k.remote != nil {
		return k.restartRemote(ctx)
	}
	if k.process == nil {
		return nil, errNoProcess
	}
	if err := k.shutdown(ctx, true); err != nil {
		return nil, err
	}
	return Launch(ctx, k.options)
}

// restartRemote leaves the kernel to its successor: this one has ended, and is
// not to be ended again.
func (k *Kernel) restartRemote(ctx context.Context) (*Kernel, error) {
	err := errStopped
	var remote Remote
	k.stopOnce.Do(func() {
		close(k.stopping)
		remote, err = k.remote.Restart(ctx)
		k.Client.Close()
		close(k.stopped)
	})
	if err != nil {
		return nil, err
	}
	return Use(ctx, remote)
}

func (k *Kernel) endProcess(ctx context.Context, restart bool) {
	wait := hurriedWait
	if ctx.Err() == nil && k.process.alive() {
		wait = terminateWait
		asking, cancel := context.WithTimeout(ctx, requestWait)
		_, err := k.Send(asking, Control, &ShutdownRequest{Restart: restart})
		// Without channels it is ending, or it will not do so by itself.
		if err == nil || isLost(err) {
			select {
			case <-k.process.exited:
			case <-asking.Done():
			}
		}
		cancel()
	}
	if k.process.alive() && k.process.terminate() == nil {
		k.process.waitFor(wait)
	}
	if k.process.alive() {
		k.process.kill()
		<-k.process.exited
	}
}

func isLost(err error) bool {
	var lost *ChannelLostError
	return errors.As(err, &lost)
}

// cleanUp removes what an ended kernel left behind.
func (k *Kernel) cleanUp() error {
	// A process can start another while the list is read, so read it until
	// it is empty.
	for deadline := time.Now().Add(leftoversWait); killLeftovers(k.mark, k.scratch.dir) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			break // one that cannot be killed, in uninterruptible sleep
		}
	}
	k.Client.transport.Close()
	if err := k.scratch.remove(); err != nil {
		return fmt.Errorf("jupyter: remove the kernel's temporary folder: %w", err)
	}
	return nil
}

// lastEvent is the end of the stream: the death of the process, unless it was
// wanted.
func (k *Kernel) lastEvent() (Event, bool) {
	select {
	case <-k.process.exited:
	case <-k.stopped:
		return Event{}, false
	}
	select {
	case <-k.stopping:
		return Event{}, false
	default:
	}
	return Event{Time: time.Now(), Err: k.died()}, true
}

// died must be called only when the process has ended.
func (k *Kernel) died() *DiedError {
	return &DiedError{Status: k.process.status, Log: k.process.log.String()}
}
