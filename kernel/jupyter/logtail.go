package jupyter

import (
	"io"
	"strings"
	"sync"
)

// logKept is how much of a kernel's log is kept in memory, in bytes.
const logKept = 64 << 10

// logTail keeps the end of what is written to it.
type logTail struct {
	mu    sync.Mutex
	buf   []byte
	extra io.Writer // gets everything too; may be nil
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
	if len(l.buf) > 2*logKept { // move seldom
		l.buf = append(l.buf[:0], l.buf[len(l.buf)-logKept:]...)
	}
	return len(p), nil
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

// lastWords picks the lines of a log that tell why a process ended. A Go
// program's fatal error is followed by the stacks of its goroutines, often
// hundreds of lines in which the reason is out of sight.
func lastWords(log string) []string {
	lines := strings.Split(strings.TrimRight(log, " \t\r\n"), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "goroutine ") && strings.HasSuffix(strings.TrimSpace(line), ":") {
			lines = lines[:i]
			break
		}
	}
	var kept []string
	for _, line := range lines {
		if line = strings.TrimRight(line, " \t\r"); line != "" {
			kept = append(kept, line)
		}
	}
	return kept[max(0, len(kept)-quoted):]
}
