package repl

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/internal/repl/picture"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// Options say which kernel a session uses and where its inputs come from.
type Options struct {
	// Start starts the kernel, or attaches to one. It is called again for a new
	// kernel after a death or a restart. Required.
	Start func(context.Context) (*jupyter.Kernel, error)
	// Attached says that the kernel runs for somebody else: the session neither
	// ends nor replaces it.
	Attached bool
	// Name and DisplayName are the kernelspec's, for saved notebooks; Language
	// too, to judge inputs while the kernel starts.
	Name, DisplayName, Language string

	// Code are inputs to run instead of asking for any, one after the other.
	Code []string
	// Files are notebooks and files of code to run instead.
	Files []string

	// History is the file that keeps inputs from session to session; "" keeps
	// none.
	History string
	// Pictures is the way to show pictures; "" finds out what the terminal can.
	Pictures picture.Protocol
	// Timing shows how long each input took.
	Timing bool
	// CellTimeout is how long an input may run, 0 for ever.
	CellTimeout time.Duration

	// Stdin, Stdout and Stderr are this process's by default.
	Stdin, Stdout, Stderr *os.File
}

// scripted says that nobody is asked for inputs.
func (o Options) scripted() bool {
	stdin := o.Stdin
	if stdin == nil {
		stdin = os.Stdin
	}
	return len(o.Code) > 0 || len(o.Files) > 0 || !isTerminal(stdin)
}

// Run runs a session to its end: what Options.Code or Files say; else, if Stdin
// is a terminal, what the user types; else Stdin as a script.
//
// The error of a script is that of its first input that failed: one that
// [execute.ExitCode] sorts. An interactive session fails if its kernel does not
// start, or if a kernel that it is attached to goes away.
//
// Run handles SIGINT while it runs: it interrupts the kernel.
func Run(ctx context.Context, options Options) error {
	for _, f := range []struct {
		file  **os.File
		usual *os.File
	}{{&options.Stdin, os.Stdin}, {&options.Stdout, os.Stdout}, {&options.Stderr, os.Stderr}} {
		if *f.file == nil {
			*f.file = f.usual
		}
	}
	s := newSession(options)
	stop := s.catchInterrupts()
	defer stop()
	scripted := options.scripted()
	if err := s.openDisplay(scripted); err != nil {
		return err
	}
	defer s.closeDisplay()
	if scripted {
		return s.runScript(ctx)
	}
	return s.runPrompt(ctx)
}

func newSession(options Options) *session {
	s := &session{
		options: options, engine: &engine{start: options.Start, attached: options.Attached},
		record: newRecord(), timing: options.Timing, interrupts: make(chan struct{}, 1),
		input: &lineInput{file: options.Stdin},
	}
	s.completeness = &completeness{engine: s.engine, language: options.Language}
	return s
}

// catchInterrupts turns SIGINT into something that a running input obeys.
func (s *session) catchInterrupts() (stop func()) {
	signals := make(chan os.Signal, 1)
	done := make(chan struct{})
	signal.Notify(signals, os.Interrupt)
	go func() {
		for {
			select {
			case <-signals:
				select {
				case s.interrupts <- struct{}{}:
				default: // one is on its way
				}
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
	}
}

// openDisplay prepares for output to a terminal or to anything else.
func (s *session) openDisplay(scripted bool) error {
	o := s.options
	capable := isTerminal(o.Stdout) && os.Getenv("TERM") != "" && os.Getenv("TERM") != "dumb"
	if !capable {
		s.show = &plain{stdout: o.Stdout, stderr: o.Stderr, said: map[string]string{}}
	}
	if isTerminal(o.Stdin) {
		t, err := openTerminal(o.Stdin, o.Stdout)
		if err != nil && !(scripted && errors.Is(err, errors.ErrUnsupported)) {
			return err
		}
		s.terminal = t
	}
	if !capable {
		return nil
	}
	out := &terminal{in: o.Stdin, out: o.Stdout}
	var found picture.Capabilities
	if s.terminal != nil {
		found, s.typed = s.terminal.detect()
	}
	if o.Pictures != "" {
		found.Protocol = o.Pictures
	}
	if found.Protocol == "" {
		found.Protocol = picture.None
	}
	s.view = viewer{color: os.Getenv("NO_COLOR") == "", terminal: picture.Terminal{
		Protocol: found.Protocol, CellWidth: found.CellWidth, CellHeight: found.CellHeight, TrueColor: found.TrueColor,
	}}
	s.size = out.size
	s.show = s.newScreen(o.Stdout)
	return nil
}

func (s *session) newScreen(out io.Writer) *screen {
	return &screen{out: out, size: s.size, view: s.view, pictures: uint32(time.Now().UnixNano()) & 0xffff00}
}

func (s *session) closeDisplay() {
	if s.terminal != nil {
		s.terminal.restore()
	}
}

// startError is the error for a kernel that does not start.
func (s *session) startError(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, errCanceled) {
		return context.Canceled
	}
	return &execute.StartError{Path: "repl", Kernel: s.options.Name, Reason: err}
}
