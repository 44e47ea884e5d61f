package display

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/mattn/go-isatty"
)

// InNotebook tells whether this program runs as a cell of a Go notebook.
func InNotebook() bool { return gonbui.IsNotebook }

// InTerminal tells whether standard output is a terminal that can redraw.
func InTerminal() bool {
	return !InNotebook() && os.Getenv("TERM") != "dumb" && isatty.IsTerminal(os.Stdout.Fd())
}

// Show shows values as fmt.Println prints them, each where and how its reader
// sees it best: a [Displayer] as a rich output in a notebook and in its text
// form elsewhere, anything else, errors included, as fmt.Println's line. Nil is
// left out, so that the results of a function may be shown as they come:
//
//	display.Show(layers.LoadHistory("model1")) // the history, or the error
//
// When Show returns, a notebook has received everything: a cell's program may
// exit at once. An output that cannot be written is reported on the standard
// error, as there is nothing that a cell could do about it.
func Show(values ...any) {
	if err := standardScreen().show(values...); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// Fshow writes the text forms of values to w, such as a file or a log.
func Fshow(w io.Writer, values ...any) error { return (&screen{out: w}).show(values...) }

// show writes the values to s.
func (s *screen) show(values ...any) error {
	for _, b := range bundles(values) {
		if s.notebook != nil {
			if err := s.notebook.send(b, ""); err != nil {
				return err
			}
		} else if _, err := fmt.Fprintln(s.out, b.PlainText()); err != nil {
			return fmt.Errorf("display: writing text: %w", err)
		}
	}
	if s.notebook != nil {
		return s.notebook.sync()
	}
	return nil
}

// bundles returns what values show. Those without a form of their own share a
// line with their neighbors.
func bundles(values []any) []Bundle {
	var all []Bundle
	var line []any
	end := func() {
		if len(line) > 0 {
			all = append(all, Bundle{Text: strings.TrimSuffix(fmt.Sprintln(line...), "\n")})
			line = nil
		}
	}
	for _, v := range values {
		if r := reflect.ValueOf(v); !r.IsValid() || r.Kind() == reflect.Pointer && r.IsNil() {
			continue
		}
		if d, ok := v.(Displayer); ok {
			end()
			all = append(all, d.Display())
		} else {
			line = append(line, v)
		}
	}
	end()
	return all
}
