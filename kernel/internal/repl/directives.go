package repl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/internal/markup"
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// directive is a command of the console itself.
type directive struct {
	name, argument, summary string
	run                     func(s *session, ctx context.Context, argument string) error
}

var directives []directive

func init() { // they refer to the list
	directives = []directive{
		{"help", "", "this list", (*session).help},
		{"load", "FILE", "run a file of code, a notebook, or one of its code cells (FILE.ipynb#3)", (*session).load},
		{"save", "FILE", "keep the session as a notebook (.ipynb) or as code (.go, .py)", (*session).save},
		{"timing", "", "show how long inputs take, or stop showing it", (*session).toggleTiming},
		{"restart", "", "end the kernel and start another", (*session).restart},
		{"quit", "", "leave; Ctrl-D does too", (*session).leave},
	}
}

var (
	directiveForm = regexp.MustCompile(`^:[a-z]+( [^\n]*)?\n*$`)
	helpForm      = regexp.MustCompile(`^(\?\??[\pL_][\pL\pN_.]*|[\pL_][\pL\pN_.]*\?\??)\n*$`)
)

// isDirective reports inputs that are for the console: a colon and a word.
func isDirective(source string) bool { return directiveForm.MatchString(source) }

// isHelp reports questions: ?name or name?, with two marks for more.
func isHelp(source string) bool { return helpForm.MatchString(source) }

// direct obeys a directive.
func (s *session) direct(ctx context.Context, source string) error {
	name, argument, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(source), ":"), " ")
	argument = strings.TrimSpace(argument)
	for _, d := range directives {
		if !strings.HasPrefix(d.name, name) { // the first letters are enough
			continue
		}
		switch {
		case d.argument == "" && argument != "":
			return fmt.Errorf(":%s takes nothing after it, got %q", d.name, argument)
		case d.argument != "" && argument == "":
			return fmt.Errorf(":%s wants a %s after it", d.name, d.argument)
		}
		return d.run(s, ctx, argument)
	}
	return fmt.Errorf("there is no command :%s; :help lists them", name)
}

func (s *session) help(context.Context, string) error {
	var b strings.Builder
	for _, d := range directives {
		fmt.Fprintf(&b, "  %-14s %s\n", strings.TrimSpace(":"+d.name+" "+d.argument), d.summary)
	}
	b.WriteString("  ?NAME          what a name means; ??NAME says more\n")
	b.WriteString("  Tab completes, Ctrl-R searches the history, Ctrl-C interrupts what runs or clears the line.\n")
	b.WriteString("  An input is sent when it is complete; two empty lines send it anyway.")
	s.say("%s", b.String())
	return nil
}

func (s *session) toggleTiming(context.Context, string) error {
	s.timing = !s.timing
	if s.timing {
		s.say("Inputs are timed.")
	} else {
		s.say("Inputs are not timed any more.")
	}
	return nil
}

func (s *session) restart(ctx context.Context, _ string) error {
	if s.options.Attached {
		return errors.New("the kernel was not started here and is not restarted from here")
	}
	s.say("A new kernel is starting; all values are lost.")
	s.replaceKernel(ctx)
	return nil
}

func (s *session) leave(context.Context, string) error {
	s.quit = true
	return nil
}

func (s *session) save(_ context.Context, path string) error {
	if err := s.record.save(path); err != nil {
		return err
	}
	s.say("%d inputs are in %s.", len(s.record.nb.Cells), path)
	return nil
}

// load runs what a file holds, up to the first input that fails.
func (s *session) load(ctx context.Context, path string) error {
	cells, err := readCells(path)
	if err != nil {
		return err
	}
	for _, source := range cells {
		if s.lines != nil {
			s.say("In [%d]: %s", s.record.count+1, abridge(source))
		}
		if err := s.runCell(ctx, path, source); err != nil {
			return err
		}
		if s.quit {
			return nil
		}
	}
	return nil
}

// abridge is an input's beginning.
func abridge(source string) string {
	const most = 4
	lines := strings.Split(strings.TrimSpace(source), "\n")
	if len(lines) > most {
		lines = append(lines[:most-1:most-1], "…")
	}
	return strings.Join(lines, "\n        ")
}

// explain says what a name means.
func (s *session) explain(ctx context.Context, source string) error {
	source = strings.TrimSpace(source)
	kernel, err := s.kernel(ctx)
	if err != nil {
		return err
	}
	name := strings.Trim(source, "?")
	detail := 0
	if strings.Contains(source, "??") {
		detail = 1
	}
	ctx, cancel := context.WithTimeout(ctx, inspectWait)
	defer cancel()
	data, err := inspect(ctx, kernel, s.completeness.isGo(), name, detail)
	if err != nil {
		return err
	}
	if strings.TrimSpace(textOf(data, markup.Options{})) == "" {
		return fmt.Errorf("the kernel knows nothing of %s", name)
	}
	s.show.event(&jupyter.DisplayData{Data: data})
	s.show.end()
	return nil
}

var cellReference = regexp.MustCompile(`^(.+\.ipynb)#([0-9]+)$`)

// readCells returns the inputs that a file holds: the code cells of a notebook,
// or of a file of code the parts between marks ("// %%").
func readCells(path string) ([]string, error) {
	number := 0
	if m := cellReference.FindStringSubmatch(path); m != nil {
		path = m[1]
		number, _ = strconv.Atoi(m[2])
	}
	if !strings.EqualFold(filepath.Ext(path), ".ipynb") {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		source := string(data)
		if filepath.Ext(path) == ".go" {
			source = dropPackage(source)
		}
		return splitCells(source), nil
	}
	nb, err := nbformat.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var cells []string
	for _, cell := range nb.Cells {
		if cell.Type() == nbformat.Code && strings.TrimSpace(cell.Source()) != "" {
			cells = append(cells, cell.Source())
		}
	}
	if number > len(cells) {
		return nil, fmt.Errorf("%s has %d code cells, and no cell %d", path, len(cells), number)
	}
	if number > 0 {
		cells = cells[number-1 : number]
	}
	if modules := execute.Require(nb); len(modules) > 0 { // the versions that the notebook has come to need
		cells = append([]string{"%get " + strings.Join(modules, " ")}, cells...)
	}
	return cells, nil
}
