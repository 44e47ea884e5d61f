package jupyter

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"github.com/gocifar/gocifar/internal/child"
)

// ExitStatus says how a kernel's process ended.
type ExitStatus struct {
	// Code is the exit code, or -1 if a signal ended the process.
	Code int
	// Signal names the signal, for instance "SIGKILL", or is empty.
	Signal string
	// OOM reports that the system's count of processes killed for lack of
	// memory rose while this one was killed (Linux).
	OOM bool
}

// String says it in words, with a hint where a signal has a likely cause.
func (s ExitStatus) String() string {
	switch {
	case s.OOM:
		return "killed by " + s.Signal + ": the system ran out of memory"
	case s.Signal == "SIGKILL":
		return "killed by SIGKILL (by hand, or by a supervisor or container that ran out of memory)"
	case s.Signal != "":
		return "killed by " + s.Signal
	}
	return fmt.Sprintf("exit status %d", s.Code)
}

// process is a kernel's process, in a process group of its own.
type process struct {
	pid    int
	log    *logTail
	exited chan struct{} // closed when status is set and the log is complete
	status ExitStatus
	// interrupting holds a value while GoNB is being interrupted.
	interrupting chan struct{}
}

// logDrain is how long the log of a process that has ended is read on.
// Processes it started may hold the log open and go on.
const logDrain = 200 * time.Millisecond

// startProcess runs argv with its output going to a log, never to this
// process's terminal, on which kernels would color their tracebacks.
func startProcess(argv, env []string, dir string, extraLog io.Writer) (*process, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = env
	cmd.Dir = dir
	// GoNB cleans up after itself on SIGTERM, but not on SIGKILL.
	child.DieWithUs(cmd, syscall.SIGTERM)

	logRead, logWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = logWrite, logWrite

	p := &process{log: newLogTail(extraLog), exited: make(chan struct{}), interrupting: make(chan struct{}, 1)}
	killsBefore := oomKills()
	started := make(chan error)
	go func() {
		// On Linux the kernel's life is tied to this thread's
		// (child.DieWithUs), so the thread must last as long as the kernel
		// does.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		logWrite.Close()
		if err == nil {
			p.pid = cmd.Process.Pid
		} else {
			logRead.Close()
		}
		started <- err
		if err == nil {
			p.wait(cmd, logRead, killsBefore)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

func (p *process) wait(cmd *exec.Cmd, logRead *os.File, killsBefore int) {
	logged := make(chan struct{})
	go func() {
		defer close(logged)
		io.Copy(p.log, logRead)
	}()
	state, err := cmd.Process.Wait()
	// Now and not later: while no member of the group is left, its number may
	// be given to another process.
	p.killRest()
	select {
	case <-logged:
	case <-time.After(logDrain):
	}
	logRead.Close()
	<-logged
	if err != nil {
		p.status = ExitStatus{Code: -1}
	} else {
		p.status = exitStatus(state)
		p.status.OOM = p.status.Signal == "SIGKILL" && oomKills() > killsBefore
	}
	close(p.exited)
}

// signal signals the process and all it started, but for those that moved to
// another group, such as GoNB's gopls.
func (p *process) signal(signal syscall.Signal) error {
	err := child.Signal(p.pid, signal)
	if errors.Is(err, os.ErrProcessDone) {
		return nil // none left
	}
	return err
}

func (p *process) terminate() error { return p.signal(syscall.SIGTERM) }
func (p *process) kill() error      { return p.signal(syscall.SIGKILL) }

// alive reports whether the process has not ended yet.
func (p *process) alive() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// waitFor reports whether the process ended within d.
func (p *process) waitFor(d time.Duration) bool {
	select {
	case <-p.exited:
		return true
	case <-time.After(d):
		return false
	}
}

// DiedError reports that a kernel's process ended without being asked to.
type DiedError struct {
	Status ExitStatus
	// Reason is what is known instead of a status if the process was another
	// program's ([Remote]), else nil.
	Reason error
	// Log is the end of what the process wrote to stdout and stderr.
	Log string
}

// Error says how the process ended and quotes its last words.
func (e *DiedError) Error() string {
	if e.Reason != nil {
		return "jupyter: the kernel died: " + e.Reason.Error()
	}
	return "jupyter: the kernel died: " + e.Status.String() + quoteLog(e.Log)
}

// Unwrap returns the reason.
func (e *DiedError) Unwrap() error { return e.Reason }

var errStopped = errors.New("jupyter: the kernel has been ended")

var errNoProcess = errors.New("jupyter: the kernel was not started by this program")
