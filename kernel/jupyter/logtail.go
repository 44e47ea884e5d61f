package jupyter

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"strings"
	"sync"

	"github.com/gocifar/gocifar/internal/termtext"
)

// logKept is how much of a kernel's log is kept in memory, in bytes.
const logKept = 64 << 10

// logTail keeps the end of what is written to it.
type logTail struct {
	mu      sync.Mutex
	buf     []byte
	written int64         // bytes so far
	grown   chan struct{} // closed by the next write; nil while nobody waits for it
	extra   io.Writer     // gets everything too; may be nil
}

func newLogTail(extra io.Writer) *logTail { return &logTail{extra: extra} }

// Write never fails: a kernel must not block or die because of its log.
func (l *logTail) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.extra != nil {
		if _, err := l.extra.Write(p); err != nil {
			l.extra = nil
		}
	}
	l.buf = append(l.buf, p...)
	l.written += int64(len(p))
	if l.grown != nil {
		close(l.grown)
		l.grown = nil
	}
	if len(l.buf) > 2*logKept { // move seldom
		l.buf = append(l.buf[:0], l.buf[len(l.buf)-logKept:]...)
	}
	return len(p), nil
}

// position is where the next write will go.
func (l *logTail) position() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.written
}

// await reports whether the text came at the position or after it, before ctx
// ended.
func (l *logTail) await(ctx context.Context, position int64, text string) bool {
	for {
		l.mu.Lock()
		since := min(l.written-position, int64(len(l.buf)))
		found := bytes.Contains(l.buf[int64(len(l.buf))-since:], []byte(text))
		if l.grown == nil {
			l.grown = make(chan struct{})
		}
		grown := l.grown
		l.mu.Unlock()
		if found {
			return true
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return false
		}
	}
}

// String returns the last logKept bytes, from a line's start.
func (l *logTail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.buf) <= logKept {
		return string(l.buf)
	}
	s := string(l.buf[len(l.buf)-logKept:])
	if _, rest, ok := strings.Cut(s, "\n"); ok {
		return rest
	}
	return s
}

// quoted is how many lines of a log an error text shows.
const quoted = 12

// quoteLog returns the end of a log as the end of an error text, or "" for an
// empty log.
func quoteLog(log string) string {
	lines := lastWords(log)
	if len(lines) == 0 {
		return ""
	}
	return "; its log ends:\n\t" + strings.Join(lines, "\n\t")
}

var (
	// fatal begins the report of the end of a Go program that logs with klog
	// (GoNB), or that panics.
	fatal = regexp.MustCompile(`^(F[0-9]{4} |panic: |fatal error: )`)
	// stack begins the stacks of a Go program's goroutines, often hundreds of
	// lines in which the reason, which stands above, is out of sight.
	stack = regexp.MustCompile(`^goroutine [0-9]+.*:\s*$`)
)

// lastWords picks the lines of a log that tell why a process ended.
func lastWords(log string) []string {
	var kept []string
	for line := range strings.Lines(termtext.Plain(log)) {
		line = strings.TrimRight(line, " \t\r\n")
		switch {
		case line == "":
			continue
		case stack.MatchString(line):
			return kept[max(0, len(kept)-quoted):]
		case fatal.MatchString(line):
			kept = nil
		}
		kept = append(kept, line)
	}
	return kept[max(0, len(kept)-quoted):]
}
