package repl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/internal/gocell"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// session is a user, or a script, and a kernel.
type session struct {
	options      Options
	engine       *engine
	record       *record
	completeness *completeness
	history      *history
	lines        lineReader // nil in a script
	show         display
	interrupts   chan struct{}
	input        *lineInput

	terminal *terminal // nil if stdin is none
	size     func() (columns, rows int)
	view     viewer
	typed    string // before there was a prompt

	timing    bool
	quit      bool
	described *jupyter.Kernel // the kernel that the record describes
}

// runPrompt asks for inputs until the user leaves.
func (s *session) runPrompt(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var err error
	if s.history, err = openHistory(s.options.History); err != nil {
		s.say("%v", err)
	}
	s.engine.launch(ctx)
	defer s.engine.close()
	s.openReader()
	s.say("kernel %s, :help for help", s.options.Name)
	go s.learn(ctx)
	for !s.quit {
		source, err := s.readInput(ctx)
		var done *endError
		switch {
		case errors.As(err, &done):
			return done.error
		case errors.Is(err, errInterrupted):
			continue
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := s.perform(ctx, source); err != nil {
			if errors.As(err, &done) {
				return done.error
			}
			s.say("%v", err)
		}
	}
	return nil
}

// endError ends an interactive session.
type endError struct{ error }

func (s *session) openReader() {
	if _, ok := s.show.(*screen); ok {
		s.lines = newEditor(&editorReader{
			complete: s.completeness.check, suggest: s.suggest, history: s.history,
		}, s.size, s.typed)
		return
	}
	prompts := s.options.Stdout
	if !isTerminal(prompts) {
		prompts = s.options.Stderr
	}
	s.lines = &plainReader{
		input: s.input, out: prompts, complete: s.completeness.check, history: s.history, interrupts: s.interrupts,
	}
}

// learn takes in what the kernel knows when it is there.
func (s *session) learn(ctx context.Context) {
	if kernel, err := s.engine.wait(ctx); err == nil {
		s.history.addKernels(ctx, kernel)
	}
}

func (s *session) suggest(source string, cursor int) ([]suggestion, error) {
	kernel := s.engine.ready()
	if kernel == nil {
		return nil, errors.New("the kernel is still starting")
	}
	return suggestions(kernel, s.completeness.isGo(), source, cursor)
}

// readInput shows the prompt. Meanwhile it watches the kernel.
func (s *session) readInput(ctx context.Context) (string, error) {
	watch, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.watch(watch)
	}()
	defer func() {
		stop()
		<-done
	}()
	prompt := fmt.Sprintf("In [%d]: ", s.record.count+1)
	if s.view.color {
		prompt = "\x1b[32m" + prompt + resetStyle
	}
	source, err := s.lines.read(prompt)
	select { // a Ctrl-C that the prompt has obeyed
	case <-s.interrupts:
	default:
	}
	return strings.TrimRight(source, " \t\n"), err
}

// perform does what the user typed.
func (s *session) perform(ctx context.Context, source string) error {
	switch {
	case strings.TrimSpace(source) == "":
		return nil
	case isDirective(source):
		return s.direct(ctx, source)
	case isHelp(source):
		return s.explain(ctx, source)
	}
	_, err := s.evaluate(ctx, source)
	return err
}

// kernel waits for the kernel and describes it to the record.
func (s *session) kernel(ctx context.Context) (*jupyter.Kernel, error) {
	kernel := s.engine.ready()
	if kernel == nil {
		waiting, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		go func() {
			select {
			case <-s.interrupts:
				cancel(errCanceled)
			case <-waiting.Done():
			}
		}()
		var err error
		if kernel, err = s.engine.wait(waiting); err != nil {
			return nil, err
		}
	}
	if s.described != kernel {
		s.described = kernel
		s.record.describe(s.options.Name, s.options.DisplayName, kernel)
		if s.completeness.language == "" {
			s.completeness.language = kernel.Info.LanguageInfo.Name
		}
	}
	return kernel, nil
}

// evaluate runs an input as a cell. Its error says that it could not run; that
// the cell failed is in the outcome.
func (s *session) evaluate(ctx context.Context, source string) (outcome, error) {
	kernel, err := s.kernel(ctx)
	if errors.Is(err, errCanceled) {
		return outcome{interrupted: true}, nil
	}
	if err != nil {
		return outcome{}, fmt.Errorf("there is no kernel: %w (:restart starts one)", err)
	}
	if s.completeness.isGo() {
		source, _, _ = gocell.WithMark(source)
	}
	if s.terminal != nil {
		s.terminal.echo(false)
		defer s.terminal.restore()
	}
	v := &evaluation{
		kernel: kernel, source: source, show: s.show, record: s.record, ask: s.ask,
		interrupts: s.interrupts, limit: s.options.CellTimeout, attached: s.options.Attached, interactive: s.lines != nil,
	}
	o := v.run(ctx)
	if s.timing {
		s.say("%s", o.times)
	}
	if o.dead != nil {
		return o, s.lost(ctx, o)
	}
	return o, nil
}

// lost goes on without the kernel: with a new one at a prompt.
func (s *session) lost(ctx context.Context, o outcome) error {
	died := &execute.KernelDiedError{Path: "repl", Number: s.record.count, Reason: o.dead}
	if s.lines == nil || s.options.Attached {
		return &endError{died}
	}
	if o.interrupted {
		s.say("The kernel was ended. Another is starting; all values are lost.")
	} else {
		s.say("%s", diedText(o.dead))
	}
	s.replaceKernel(ctx)
	return nil
}

// replaceKernel starts another kernel. The prompt counts from 1 again, as it
// does.
func (s *session) replaceKernel(ctx context.Context) {
	s.engine.replace(ctx)
	s.record.count = 0
}

func diedText(err error) string {
	text := strings.TrimPrefix(err.Error(), "jupyter: ")
	return fmt.Sprintf("The kernel is gone: %s.\nAnother is starting; all values are lost.",
		strings.TrimRight(text, ".\n"))
}

// ask gets a line for a cell that asks for input. It tells whether the terminal
// has shown the line.
func (s *session) ask(ctx context.Context, prompt string, password bool) (line string, shown bool, err error) {
	if s.lines != nil {
		if line, ok := s.lines.typed(); ok {
			return line, false, nil
		}
	}
	shown = !password
	if s.terminal != nil {
		shown = shown && !s.input.waiting()
		s.terminal.echo(!password)
		defer s.terminal.echo(false)
	}
	line, err = s.input.line(ctx, s.interrupts)
	if errors.Is(err, io.EOF) {
		return "", false, errors.New("the cell asks for input and there is none")
	}
	return line, shown, err
}

// say tells the user something that is not the kernel's.
func (s *session) say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if s.view.color {
		text = "\x1b[2m" + text + resetStyle
	}
	out := s.options.Stdout
	if s.lines == nil {
		out = s.options.Stderr
	}
	fmt.Fprintln(out, text)
}

// String says how long an input took.
func (t times) String() string {
	text := fmt.Sprintf("%.2f s", t.end.Sub(t.sent).Seconds())
	if !t.firstOutput.IsZero() {
		text += fmt.Sprintf(", the first output after %.2f s", t.firstOutput.Sub(t.sent).Seconds())
	}
	return text
}

// idleEvery is how often output that comes at the prompt is printed.
const idleEvery = 50 * time.Millisecond

// watch shows what the kernel says and does while the user types: output of
// inputs that are done, its death, and that it does not start.
func (s *session) watch(ctx context.Context) {
	for ctx.Err() == nil {
		kernel, err := s.engine.wait(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			if s.described == nil { // it never worked
				s.lines.abort(&endError{s.startError(err)})
			} else {
				s.lines.above(func() { s.say("The kernel did not start: %v\n:restart tries again.", err) })
			}
			return
		}
		dead := s.watchKernel(ctx, kernel)
		if dead == nil {
			return
		}
		if s.options.Attached {
			s.lines.abort(&endError{&execute.KernelDiedError{Path: "repl", Number: s.record.count, Reason: dead}})
			return
		}
		s.lines.above(func() { s.say("%s", diedText(dead)) })
		s.described = kernel // so that a failure to start again is no failure of the session
		s.replaceKernel(context.WithoutCancel(ctx))
	}
}

// watchKernel returns why the kernel is gone, or nil when ctx ends.
func (s *session) watchKernel(ctx context.Context, kernel *jupyter.Kernel) error {
	tick := time.NewTicker(idleEvery)
	defer tick.Stop()
	var late []jupyter.Content
	show := func() {
		if len(late) > 0 {
			contents := late
			late = nil
			s.lines.above(func() { s.showLate(contents) })
		}
	}
	defer show()
	var lost error
	for {
		select {
		case e, ok := <-kernel.Events():
			var died *jupyter.DiedError
			switch {
			case !ok:
				return errors.Join(lost, errors.New("the connection to the kernel ended"))
			case errors.As(e.Err, &died):
				return died
			case e.Err != nil:
				lost = e.Err
			}
			if e.Content != nil && e.Channel == jupyter.IOPub && s.record.owns(e.ParentID()) {
				s.record.handle(e)
				late = append(late, e.Content)
			}
		case <-tick.C:
			show()
		case <-ctx.Done():
			return nil
		}
	}
}

// showLate prints outputs that came after their cell's end.
func (s *session) showLate(contents []jupyter.Content) {
	show := s.show
	if sc, ok := s.show.(*screen); ok {
		show = s.newScreen(sc.out)
	}
	for _, c := range contents {
		show.event(c)
	}
	show.end()
}
