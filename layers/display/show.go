package display

import (
	"fmt"
	"os"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/mattn/go-isatty"
)

// InNotebook tells whether this program runs as a cell of a Go notebook.
func InNotebook() bool { return gonbui.IsNotebook }

// InTerminal tells whether standard output is a terminal that can redraw.
func InTerminal() bool {
	return !InNotebook() && os.Getenv("TERM") != "dumb" && isatty.IsTerminal(os.Stdout.Fd())
}

// Show displays values one after the other: in a notebook each as one
// message with all its forms, elsewhere in its text form on standard output.
// When it returns, a notebook has received everything: a cell's program may
// exit at once.
func Show(values ...Displayer) error {
	return standardScreen().show(values...)
}

// show writes the values to s.
func (s *screen) show(values ...Displayer) error {
	if s.notebook == nil {
		for i, v := range values {
			if v == nil {
				return fmt.Errorf("display: value %d of %d is nil", i+1, len(values))
			}
			if _, err := fmt.Fprintln(s.out, v.Display().PlainText()); err != nil {
				return fmt.Errorf("display: writing to the terminal: %w", err)
			}
		}
		return nil
	}
	for i, v := range values {
		if v == nil {
			return fmt.Errorf("display: value %d of %d is nil", i+1, len(values))
		}
		if err := s.notebook.send(v.Display(), ""); err != nil {
			return err
		}
	}
	return s.notebook.sync()
}
