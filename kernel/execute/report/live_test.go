package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// screen is a terminal that knows what Live uses: line breaks, carriage
// returns, cursor up, clear to the end.
type screen struct {
	lines []string
	row   int
	col   int
}

func (s *screen) Write(b []byte) (int, error) {
	text := string(b)
	for text != "" {
		var n int
		switch {
		case strings.HasPrefix(text, "\x1b[J"):
			s.lines = append(s.lines[:s.row:s.row], string([]rune(s.lines[s.row])[:s.col]))
			text = text[3:]
			continue
		case strings.HasPrefix(text, "\x1b["):
			if _, err := fmt.Sscanf(text, "\x1b[%dA", &n); err == nil {
				s.row -= n
			}
			text = text[strings.IndexAny(text, "Am")+1:]
			continue
		}
		r := []rune(text)[0]
		text = text[len(string(r)):]
		for len(s.lines) <= s.row {
			s.lines = append(s.lines, "")
		}
		switch r {
		case '\n':
			s.row, s.col = s.row+1, 0
		case '\r':
			s.col = 0
		default:
			s.lines[s.row] = string([]rune(s.lines[s.row])[:s.col]) + string(r)
			s.col++
		}
		for len(s.lines) <= s.row {
			s.lines = append(s.lines, "")
		}
	}
	return len(b), nil
}

// shown is the screen without what changes with time.
func (s *screen) shown() string {
	text := strings.TrimRight(strings.Join(s.lines, "\n"), "\n ")
	for _, frame := range spinner {
		text = strings.ReplaceAll(text, frame, "*")
	}
	return text
}

// live returns a display that redraws at once, and its screen.
func live(t *testing.T, height int) (*Live, *screen) {
	s := &screen{}
	l := NewLive(s, func() (int, int) { return 40, height }, func(path string) string { return path })
	t.Cleanup(func() { l.Close() })
	return l, s
}

func (l *Live) now(events ...execute.Event) {
	for _, e := range events {
		l.Observe(e)
	}
	l.mu.Lock()
	l.draw("")
	l.mu.Unlock()
}

func TestLive(t *testing.T) {
	l, s := live(t, 24)
	ref := execute.CellRef{Path: "x.ipynb", Number: 1, Of: 2,
		Cell: nbformat.NewCode("train(model, with, a, long, list, of, arguments)")}
	stream := func(text string) execute.Event {
		return execute.CellOutput{CellRef: ref, OutputChange: execute.OutputChange{Kind: "stream", Name: "stdout",
			Text: text}}
	}
	check := func(step, want string) {
		t.Helper()
		l.mu.Lock()
		defer l.mu.Unlock()
		if got := s.shown(); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", step, got, want)
		}
	}
	start := time.Now().Add(-3 * time.Hour)
	status := "* [1/2] train(model, with, a, l…  3h00m"
	l.now(execute.NotebookStart{Path: "x.ipynb", Cells: 2, Kernel: execute.KernelInfo{Name: "k"}},
		execute.CellExecute{CellRef: ref, At: start})
	check("started", "x.ipynb: 2 code cells on k\n"+status)
	l.now(stream("epoch 1\n10%\r20%"))
	check("a progress bar", "x.ipynb: 2 code cells on k\n"+status+"\n    epoch 1\n    20%")
	l.now(stream("\r30%\x1b[2J"))
	check("moves", "x.ipynb: 2 code cells on k\n"+status+"\n    epoch 1\n    30%")
	picture := result().Notebook.Cells[0].Outputs()[0]
	l.now(execute.CellOutput{CellRef: ref, OutputChange: execute.OutputChange{Kind: "display_data", Output: picture}})
	check("a picture", "x.ipynb: 2 code cells on k\n"+status+"\n    epoch 1\n    30%\n    a picture\n    [image/png "+
		"1×1, 70 B]")
	picture.SetData(nbformat.Value(map[string]any{"text/plain": "new 日本語日本語日本語日本語日本語日本語"}).(*nbformat.Object), nil)
	l.now(execute.CellOutput{CellRef: ref, OutputChange: execute.OutputChange{Kind: "update_display_data",
		Output: picture}})
	check("updated", "x.ipynb: 2 code cells on k\n"+status+"\n    epoch 1\n    30%\n    new 日本語日本語日本語日本語日本語…")
	l.now(execute.CellExecuted{CellRef: ref, State: execute.Failed,
		Timing: execute.Timing{Started: start, Ended: start.Add(time.Second)}},
		execute.CellError{CellRef: ref, Failure: &execute.Failure{Class: "E", Value: "bad",
			Traceback: []string{"\x1b[31mat line 3\x1b[0m"}}})
	ended := "x.ipynb: 2 code cells on k\n[1/2] train(model, with, a, long, list, of, arguments)  error 1.00s\n" +
		"    epoch 1\n    30%\n    new 日本語日本語日本語日本語日本語日本語\n[1/2] E: bad\n    at line 3"
	check("ended", ended)
	l.now(execute.CellExecute{CellRef: ref, At: start}, stream("old\n"),
		execute.CellOutput{CellRef: ref, OutputChange: execute.OutputChange{Kind: "clear_output"}}, stream("new\n"))
	check("cleared", ended+"\n"+status+"\n    new")
}

func TestLiveFitsTheTerminal(t *testing.T) {
	l, s := live(t, 6)
	ref := execute.CellRef{Path: "x.ipynb", Number: 1, Of: 1, Cell: nbformat.NewCode("f()")}
	l.now(execute.NotebookStart{Path: "x.ipynb"}, execute.CellExecute{CellRef: ref, At: time.Now().Add(-2 * time.Hour)})
	for i := range 1000 {
		l.Observe(execute.CellOutput{CellRef: ref,
			OutputChange: execute.OutputChange{Kind: "stream", Name: "stdout", Text: fmt.Sprintf("line %d\n", i)}})
	}
	l.now()
	want := "x.ipynb: 0 code cells on \n* [1/1] f()  2h00m\n    line 997\n    line 998\n    line 999"
	l.mu.Lock()
	if got := s.shown(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	l.mu.Unlock()
	l.now(execute.CellExecuted{CellRef: ref, State: execute.OK})
	if got := s.shown(); !strings.Contains(got, "… 600 lines more in the notebook\n    line 600\n") ||
		!strings.HasSuffix(got, "line 999") {
		t.Errorf("got %.200s…", got)
	}
}

func TestLiveWithSeveralNotebooks(t *testing.T) {
	l, s := live(t, 24)
	at := time.Now().Add(-2 * time.Hour)
	for _, path := range []string{"a", "b"} {
		ref := execute.CellRef{Path: path, Number: 1, Of: 3, Cell: nbformat.NewCode("f()")}
		l.now(execute.NotebookStart{Path: path}, execute.CellExecute{CellRef: ref, At: at},
			execute.CellOutput{CellRef: ref, OutputChange: execute.OutputChange{Kind: "stream", Text: "text\n"}})
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if got, want := s.shown(), "a: 0 code cells on \nb: 0 code cells on \n* a: [1/3] f()  2h00m\n* b: [1/3] f()  2h00m"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTerminalTextKeepsColorsOnly(t *testing.T) {
	for in, want := range map[string]string{
		"plain\n":                         "plain\n",
		"\x1b[31mred\x1b[0m":              "\x1b[31mred\x1b[0m\x1b[0m\n",
		"a\x1b[2Jb\x1b]0;title\x07c\x00[": "abc[",
		"\u009b2Jx\x1b":                   "2Jx",
	} {
		if got := terminalText(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzTerminalText(f *testing.F) {
	for _, s := range []string{"\x1b[31mred\x1b[0m", "\x1b[2J\x1b]0;t\x07", "\x00[2J", "\x1b\x1b[31m[2J", "\x1b[\x1b[31m2J", "\u009b2J"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rest := terminalText(text)
		for at := strings.IndexByte(rest, '\x1b'); at >= 0; at = strings.IndexByte(rest, '\x1b') {
			rest = rest[at:]
			length := strings.IndexByte(rest, 'm') + 1
			if length == 0 || !termtext.IsColor(rest[:length]) {
				t.Fatalf("%q becomes %q", text, terminalText(text))
			}
			rest = rest[length:]
		}
		if strings.ContainsAny(termtext.Fit(text, 20), "\x1b\n\r\b\x00\u009b") {
			t.Errorf("%q fits as %q", text, termtext.Fit(text, 20))
		}
	})
}
