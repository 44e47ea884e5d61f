package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/live/cell"
	"github.com/gocifar/gocifar/kernel/live/host"
	"github.com/gocifar/gocifar/kernel/live/library"
	"github.com/gocifar/gocifar/kernel/live/session"
)

// lightLibrary is made once for all tests.
var lightLibrary = sync.OnceValues(func() (*library.Library, error) {
	if dir := os.Getenv("GOCIFAR_TEST_LIBRARY"); dir != "" && library.Complete(dir) {
		return library.Open(dir)
	}
	dir, err := os.MkdirTemp("", "live-library")
	if err != nil {
		return nil, err
	}
	temporary = append(temporary, dir)
	return library.Build(context.Background(), dir, library.Options{Go: "go", Root: "../..", Light: true})
})

var temporary []string

func TestMain(m *testing.M) {
	code := m.Run()
	for _, dir := range temporary {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

func testLibrary(t testing.TB) *library.Library {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: a library for live cells takes a while")
	}
	if err := library.Supported(); err != nil {
		t.Skip(err)
	}
	l, err := lightLibrary()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// notebook runs cells without the messages around them.
type notebook struct {
	t       *testing.T
	session *session.Session
	builder *library.Builder
	process *process
	dir     string
	number  int64

	mu  sync.Mutex
	out strings.Builder
}

var _ int64

func newNotebook(t *testing.T) *notebook {
	l := testLibrary(t)
	n := &notebook{t: t, builder: library.NewBuilder(l), dir: t.TempDir()}
	n.session = session.New(n.builder)
	p, err := startProcess(processOptions{program: l.Host(), dir: n.dir, env: os.Environ(), write: func(_, text string) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.out.WriteString(text)
	}})
	if err != nil {
		t.Fatal(err)
	}
	n.process = p
	t.Cleanup(p.close)
	return n
}

// run returns what a cell printed, its result as "=> text", and its error.
func (n *notebook) run(code string) string {
	n.number++
	c := cell.Parse(code)
	p, err := n.session.Prepare(n.number, c, code)
	if err != nil {
		return "! " + err.Error()
	}
	plugin, err := n.builder.Compile(n.t.Context(), n.dir, n.number, p.Source)
	if err != nil {
		n.t.Logf("source:\n%s", p.Source)
		return "!! " + err.Error()
	}
	n.mu.Lock()
	n.out.Reset()
	n.mu.Unlock()
	ctx, cancel := context.WithTimeout(n.t.Context(), time.Minute)
	defer cancel()
	a, err := n.process.do(ctx, host.Command{Op: host.Run, Path: plugin, Entry: library.EntryName(n.number), Cell: n.number, Args: c.Args, Flags: p.Flags})
	os.Remove(plugin)
	if err != nil {
		var died *diedError
		if errors.As(err, &died) {
			return "died: " + died.Error()
		}
		n.t.Fatal(err)
	}
	n.session.Commit(p)
	n.mu.Lock()
	text := n.out.String()
	n.mu.Unlock()
	if a.Result != nil {
		text += fmt.Sprintf("=> %v", a.Result["text/plain"])
	}
	if a.Outcome != host.OK {
		text += a.Outcome + ": " + a.Error
	}
	return strings.TrimSpace(text)
}

// sequences are cells and what each has to show: "cell" then "result", in turn.
var sequences = []struct {
	name  string
	cells []string
}{
	{"hello", []string{"%%\nfmt.Println(\"hello\")", "hello"}},
	{"package variable keeps its value", []string{"var x = 1\n%%\nx++", "", "%%\nx++\nfmt.Println(x)", "3"}},
	{"initialiser runs once", []string{"func f() int { fmt.Println(\"run\"); return 7 }\nvar x = f()", "run", "%%\nfmt.Println(x)", "7"}},
	{"short definition lives on", []string{"%%\nx := 40", "", "%%\nx += 2\nx", "=> 42"}},
	{"without a mark", []string{"x := 3\ny := x * 2", "", "x + y", "=> 9"}},
}

func TestSequences(t *testing.T) {
	for _, s := range sequences {
		t.Run(s.name, func(t *testing.T) {
			n := newNotebook(t)
			for i := 0; i+1 < len(s.cells); i += 2 {
				if got := n.run(s.cells[i]); got != s.cells[i+1] {
					t.Fatalf("cell %d:\n%s\nshows %q, want %q", i/2+1, s.cells[i], got, s.cells[i+1])
				}
			}
		})
	}
}
