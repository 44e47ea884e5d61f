package transfer

import (
	"fmt"
	"time"

	"github.com/gocifar/gocifar/layers/display"
)

// featureProgress turns a builder's reports into the user's.
type featureProgress struct {
	report  func(FeatureProgress)
	what    string
	total   int
	resumed int
	started time.Time // of the computation; zero before the first report
	live    *display.Live
	tenth   int
}

func newFeatureProgress(e *extraction) *featureProgress {
	p := &featureProgress{report: e.report, what: e.what(), total: e.len(), tenth: -1}
	if p.report == nil {
		p.report = p.show
	}
	return p
}

func (p *featureProgress) rows(done, total int) {
	if p.started.IsZero() {
		p.started, p.resumed = time.Now(), done
	}
	p.report(FeatureProgress{Done: done, Total: total, Resumed: p.resumed})
}

func (p *featureProgress) waiting() { p.report(FeatureProgress{Waiting: true, Total: p.total}) }

// show writes a line that is redrawn at every tenth: often enough for a person,
// seldom enough for a log.
func (p *featureProgress) show(now FeatureProgress) {
	tenth := 10 * now.Done / now.Total
	if !now.Waiting && tenth == p.tenth {
		return
	}
	if p.live == nil {
		p.live = display.NewLive()
	}
	if !now.Waiting {
		p.tenth = tenth
	}
	// A broken output must not end a computation.
	_ = p.live.Update(display.Bundle{Text: p.line(now)})
}

func (p *featureProgress) line(now FeatureProgress) string {
	if now.Waiting {
		return p.what + ": waiting for another process that computes them"
	}
	line := fmt.Sprintf("%s: %d of %d examples", p.what, now.Done, now.Total)
	if now.Resumed > 0 {
		line += fmt.Sprintf(", %d from an earlier run", now.Resumed)
	}
	if elapsed := time.Since(p.started).Seconds(); now.Done > now.Resumed && elapsed > 0 {
		rate := float64(now.Done-now.Resumed) / elapsed
		line += fmt.Sprintf(", %.0f a second", rate)
		if left := now.Total - now.Done; left > 0 {
			line += fmt.Sprintf(", %.0f s to go", float64(left)/rate)
		}
	}
	return line
}

func (p *featureProgress) close() {
	if p.live != nil {
		_ = p.live.Close()
	}
}
