package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/enginetest"
)

var testLibrary = &enginetest.Library{Root: "../../.."}

func TestMain(m *testing.M) {
	code := m.Run()
	testLibrary.Remove()
	os.Exit(code)
}

// notebook runs cells, and is their front.
type notebook struct {
	*Engine
	t      *testing.T
	number int
	home   string        // the first working directory
	limit  time.Duration // for a cell, a minute if it is 0

	mu             sync.Mutex
	stdout, stderr strings.Builder
}

func newNotebook(t *testing.T) *notebook {
	n := &notebook{t: t, home: t.TempDir()}
	var err error
	n.Engine, err = Open(t.Context(), Options{Library: testLibrary.Get(t).Dir, Module: testLibrary.Module(), Front: n, Dir: n.home})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.close)
	return n
}

// close may be called again.
func (n *notebook) close() {
	if n.Engine != nil {
		n.Close()
	}
	n.Engine = nil
}

// Print notes what is printed.
func (n *notebook) Print(stream, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if stream == "stdout" {
		n.stdout.WriteString(text)
	} else {
		n.stderr.WriteString(text)
	}
}

// Show notes the plain text.
func (n *notebook) Show(d Display) { n.Print("stdout", fmt.Sprintf("%v\n", d.Data["text/plain"])) }

// Input has nobody to ask.
func (n *notebook) Input(context.Context, string, bool) (string, error) {
	return "", errors.New("nobody to ask")
}

// run returns what a cell printed, its result as "=> text", and its failure.
func (n *notebook) run(code string) string {
	shows, _ := n.both(code)
	return shows
}

// both is run, and what stands on standard error.
func (n *notebook) both(code string) (shows, stderr string) {
	n.number++
	n.mu.Lock()
	n.stdout.Reset()
	n.stderr.Reset()
	n.mu.Unlock()
	ctx, cancel := context.WithTimeout(n.t.Context(), cmp.Or(n.limit, time.Minute))
	defer cancel()
	outcome := n.Run(ctx, Cell{Code: code, Number: n.number})
	n.mu.Lock()
	defer n.mu.Unlock()
	text := n.stdout.String()
	if outcome.Result != nil {
		text += fmt.Sprintf("=> %v", outcome.Result["text/plain"])
	}
	if f := outcome.Failure; f != nil {
		text += f.Name + ": " + f.Value
	}
	return strings.TrimSpace(text), strings.TrimSpace(n.stderr.String())
}
