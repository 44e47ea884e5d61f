package cifar

import (
	"fmt"
	"io"
	"os"
	"time"
)

// Progress tells how far a step of Load is.
type Progress struct {
	// Stage is "download", "extract" or "wait" (for another process).
	Stage string
	// Done and Total count bytes; Total is 0 where it is not known.
	Done, Total int64
	// Detail names the address, file or process concerned.
	Detail string
}

// String returns one line such as "download 51.2 of 170.1 MB (30 %)".
func (p Progress) String() string {
	if p.Total <= 0 {
		return p.Stage + ": " + p.Detail
	}
	return fmt.Sprintf("%s %.1f of %.1f MB (%d %%): %s",
		p.Stage, float64(p.Done)/1e6, float64(p.Total)/1e6, 100*p.Done/p.Total, p.Detail)
}

// PrintProgress returns a function for OnProgress that writes to w: one line
// that rewrites itself on a terminal, else a new line at every tenth.
func PrintProgress(w io.Writer) func(Progress) {
	terminal := false
	if file, ok := w.(*os.File); ok {
		info, err := file.Stat()
		terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	var lastStage string
	var lastTenth int64
	var lastTime time.Time
	return func(p Progress) {
		tenth := int64(-1)
		if p.Total > 0 {
			tenth = 10 * p.Done / p.Total
		}
		fresh := p.Stage != lastStage
		switch {
		case terminal && (fresh || tenth == 10 || time.Since(lastTime) > 100*time.Millisecond):
			fmt.Fprintf(w, "\r\x1b[K%s", p)
			if p.Total > 0 && p.Done == p.Total {
				fmt.Fprintln(w)
			}
		case !terminal && (fresh || tenth != lastTenth):
			fmt.Fprintln(w, p)
		default:
			return
		}
		lastStage, lastTenth, lastTime = p.Stage, tenth, time.Now()
	}
}
