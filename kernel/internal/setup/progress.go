package setup

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/gocifar/gocifar/kernel/internal/seal"
)

// Progress shows what a set-up is doing: on a terminal as one line that is
// redrawn, elsewhere (CI, a log) as plain lines with a sign of life now and
// then. A nil *Progress shows nothing.
type Progress struct {
	out      io.Writer
	width    func() int // columns of the terminal; nil for plain lines
	interval time.Duration

	mu     sync.Mutex
	tasks  []*Task
	drawn  bool
	ticker chan struct{} // closed to stop the redrawing goroutine
}

// Task is one thing that takes time.
type Task struct {
	progress *Progress
	name     string
	started  time.Time
	state    string
}

const (
	redrawEvery = 200 * time.Millisecond
	remindEvery = 15 * time.Second
)

// NewProgress shows progress on f, as suits what f is.
func NewProgress(f *os.File) *Progress {
	fd := int(f.Fd())
	if !term.IsTerminal(fd) || os.Getenv("TERM") == "dumb" {
		return &Progress{out: f, interval: remindEvery}
	}
	return &Progress{out: f, interval: redrawEvery, width: func() int {
		if w, _, err := term.GetSize(fd); err == nil && w > 0 {
			return w
		}
		return 80
	}}
}

// Start announces a task by name and by what it does first.
func (p *Progress) Start(name, state string) *Task {
	t := &Task{progress: p, name: name, started: time.Now(), state: state}
	if p == nil {
		return t
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.width == nil {
		fmt.Fprintf(p.out, "%s: %s\n", name, state)
	}
	if p.tasks = append(p.tasks, t); len(p.tasks) == 1 {
		p.ticker = make(chan struct{})
		go p.tick(p.ticker)
	}
	p.draw()
	return t
}

// Update changes what the task is doing.
func (t *Task) Update(format string, args ...any) {
	p := t.progress
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	t.state = fmt.Sprintf(format, args...)
}

// Note leaves a line that stays.
func (t *Task) Note(format string, args ...any) {
	p := t.progress
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	fmt.Fprintf(p.out, "%s: %s\n", t.name, fmt.Sprintf(format, args...))
	p.draw()
}

// again says that a part is made a second time, and what is wrong with the
// first one; nothing if there is none.
func (t *Task) again(part string, wrong error) {
	if wrong != nil && !errors.Is(wrong, seal.ErrAbsent) {
		t.Note("%s is made again: %v", part, wrong)
	}
}

// End closes the task: with result and the time it took if err is nil. Errors
// are left to whoever gets err; an empty result leaves no line behind.
func (t *Task) End(result string, err error) {
	p := t.progress
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, other := range p.tasks {
		if other == t {
			p.tasks = append(p.tasks[:i:i], p.tasks[i+1:]...)
			break
		}
	}
	p.erase()
	if err == nil && result != "" {
		fmt.Fprintf(p.out, "%s: %s (%s)\n", t.name, result, elapsed(t.started))
	}
	if len(p.tasks) == 0 {
		close(p.ticker)
		return
	}
	p.draw()
}

// tick redraws the line, or repeats it where lines cannot be redrawn.
func (p *Progress) tick(stop chan struct{}) {
	ticker := time.NewTicker(p.interval)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
		p.mu.Lock()
		if p.width == nil {
			for _, t := range p.tasks {
				fmt.Fprintf(p.out, "%s: %s (%s so far)\n", t.name, t.state, elapsed(t.started))
			}
		} else {
			p.draw()
		}
		p.mu.Unlock()
	}
}

// draw paints all tasks into one terminal line. The caller holds mu.
func (p *Progress) draw() {
	if p.width == nil || len(p.tasks) == 0 {
		return
	}
	parts := make([]string, len(p.tasks))
	for i, t := range p.tasks {
		parts[i] = fmt.Sprintf("%s: %s %s", t.name, t.state, elapsed(t.started))
	}
	line := []rune(strings.Join(parts, " | "))
	if limit := p.width() - 1; len(line) > limit {
		line = append(line[:max(limit-1, 0)], '…')
	}
	fmt.Fprintf(p.out, "\r\x1b[K%s", string(line))
	p.drawn = true
}

func (p *Progress) erase() {
	if p.drawn {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.drawn = false
	}
}

func elapsed(since time.Time) string {
	return fmt.Sprintf("%.0f s", time.Since(since).Seconds())
}
