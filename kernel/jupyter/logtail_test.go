package jupyter

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestLogTail(t *testing.T) {
	l := newLogTail(brokenWriter{})
	for i := range 100_000 {
		if _, err := fmt.Fprintf(l, "line %d\n", i); err != nil {
			t.Fatal(err)
		}
	}
	s := l.String()
	if len(s) > logKept || len(s) < logKept/2 || !strings.HasPrefix(s, "line ") || !strings.HasSuffix(s, "line 99999\n") {
		t.Errorf("%d bytes, %q … %q", len(s), s[:10], s[len(s)-12:])
	}
	if cap(l.buf) > 8*logKept {
		t.Errorf("%d bytes of memory", cap(l.buf))
	}
}

func TestLogTailAwait(t *testing.T) {
	l := newLogTail(nil)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	fmt.Fprintln(l, "an old signal")
	at := l.position()
	if l.await(ended, at, "signal") {
		t.Error("found what was written before the position")
	}
	go func() {
		fmt.Fprint(l, "a new sig")
		fmt.Fprintln(l, "nal")
	}()
	if !l.await(t.Context(), at, "new signal") {
		t.Error("not found")
	}
	for range 3 * logKept {
		fmt.Fprint(l, "..")
	}
	if l.await(ended, at, "new signal") {
		t.Error("found what is not kept")
	}
}

func TestLastWords(t *testing.T) {
	goroutines := "\ngoroutine 1 [running]:\nmain.main()\n" + strings.Repeat("goroutine 7 [select]:\nx\n", 500)
	for _, test := range []struct{ name, log, want string }{
		{"empty", " \n\r\n", ""},
		{"plain", "one\n\ntwo  \n", "one|two"},
		{"no line end", "one", "one"},
		{"colors", "\x1b[7;39;32mred\x1b[0m\n", "red"},
		{"panic", "before\npanic: x\n" + goroutines, "panic: x"},
		{"klog", "I1124 10:11:43 main.go:187] start\nF1124 10:11:43 main.go:217] no go\nPATH=x\n" + goroutines,
			"F1124 10:11:43 main.go:217] no go|PATH=x"},
		{"long", strings.Repeat("x\n", 100), strings.Repeat("x|", 11) + "x"},
	} {
		if got := strings.Join(lastWords(test.log), "|"); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
