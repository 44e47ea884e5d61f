package layers

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/gocifar/gocifar/layers/display"
)

// reporter writes what Fit tells its user: a line an epoch, and where it can
// be redrawn a progress line, with the curves so far in a notebook.
type reporter struct {
	o     *options
	steps int
	live  *display.Live // nil where nothing is redrawn
	last  *History
	epoch string
}

func newReporter(o *options, steps int) *reporter {
	r := &reporter{o: o, steps: steps}
	if o.out == os.Stdout && (o.verbose == Auto || o.verbose == Bar) && (display.InNotebook() || display.InTerminal()) {
		r.live = display.NewLive()
	}
	return r
}

// newStopwatch returns the time since now.
func newStopwatch() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}

// line writes a line above the progress. A log that cannot be written must not
// end training, so errors are dropped.
func (r *reporter) line(text string) {
	if r.o.verbose == Silent {
		return
	}
	if r.live != nil {
		_ = r.live.Clear()
	}
	_, _ = fmt.Fprintln(r.o.out, text)
}

func (r *reporter) beginEpoch(epoch, epochs int) {
	r.epoch = fmt.Sprintf("Epoch %d/%d", epoch+1, epochs)
	if epochs > 1 {
		r.line(r.epoch)
	}
}

const barWidth = 30

// progress redraws the bar.
func (r *reporter) progress(step int, took time.Duration, logs Logs) {
	if r.live == nil {
		return
	}
	text := fmt.Sprintf("%s step %d - %s", r.epoch, step, logs)
	if step <= r.steps { // if not, their number is unknown
		done := barWidth * step / r.steps
		left := time.Duration(float64(took) / float64(step) * float64(r.steps-step)).Round(time.Second)
		text = fmt.Sprintf("%s %d/%d %s%s %v left - %s", r.epoch, step, r.steps,
			strings.Repeat("━", done), strings.Repeat("·", barWidth-done), left, logs)
	}
	b := display.Bundle{Text: text}
	if r.last != nil && display.InNotebook() {
		b = r.last.Curves().Display()
		b.HTML = "<pre>" + text + "</pre>" + b.SVG
		b.Text, b.SVG, b.PNG = text, "", nil
	}
	_ = r.live.Update(b)
}

func (r *reporter) endEpoch(took time.Duration, logs Logs, order []string, h *History) {
	r.last = h
	r.line(r.o.form.Line(r.steps, took, logs, order))
}

// end replaces the progress by one line that says how long it all took.
func (r *reporter) end() {
	if r.live == nil {
		return
	}
	_ = r.live.Clear()
	if display.InNotebook() && r.last != nil {
		total := 0.0
		for _, s := range r.last.Seconds {
			total += s
		}
		_ = r.live.Update(display.Bundle{Text: fmt.Sprintf("%d epochs in %.1f s", len(r.last.Epochs), total)})
	}
	_ = r.live.Close()
}
