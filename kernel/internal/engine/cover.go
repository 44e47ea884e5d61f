package engine

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/gocifar/gocifar/internal/wholefile"
	"github.com/gocifar/gocifar/kernel/internal/engine/host"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
)

// coverage is what cells have reached of the user's packages, in all processes
// of the session.
type coverage struct {
	*library.Coverage
	file    string
	reached map[string][]bool // by symbol, a block each
	failed  bool
}

func newCoverage(file string) *coverage {
	return &coverage{Coverage: library.NewCoverage(), file: file, reached: map[string][]bool{}}
}

// noteCoverage takes down what has been reached so far, and writes the profile:
// nobody knows which cell is the last, or whether the process outlives the next
// one.
func (e *Engine) noteCoverage(ctx context.Context) {
	if e.cover == nil {
		return
	}
	err := e.readCoverage(context.WithoutCancel(ctx))
	if err == nil {
		err = wholefile.Write(e.cover.file, wholefile.Bytes(e.cover.profile()))
	}
	if err != nil && !e.cover.failed {
		e.cover.failed = true
		e.stderr("note: the lines that cells reach cannot be recorded: %v\n", err)
		fmt.Fprintln(os.Stderr, "live kernel: coverage:", err)
	}
}

func (e *Engine) readCoverage(ctx context.Context) error {
	symbols := map[string]int{}
	for _, f := range e.cover.Files() {
		symbols[f.Symbol] = len(f.Blocks)
	}
	if len(symbols) == 0 {
		return nil
	}
	_, _, p := e.looks()
	a, err := p.query(ctx, host.Query{Counters: symbols})
	if err != nil {
		return err
	}
	for symbol, counts := range a.Counters {
		if len(e.cover.reached[symbol]) != len(counts) { // new, or edited
			e.cover.reached[symbol] = make([]bool, len(counts))
		}
		for i, n := range counts {
			e.cover.reached[symbol][i] = e.cover.reached[symbol][i] || n > 0
		}
	}
	return nil
}

// profile is what has been reached in the form of `go test -coverprofile`.
func (c *coverage) profile() []byte {
	var b strings.Builder
	b.WriteString("mode: set\n")
	for _, f := range c.Files() {
		reached := c.reached[f.Symbol]
		for i, block := range f.Blocks {
			count := 0
			if i < len(reached) && reached[i] {
				count = 1
			}
			fmt.Fprintf(&b, "%s:%d.%d,%d.%d %d %d\n", f.Name, block.StartLine, block.StartColumn, block.EndLine,
				block.EndColumn, block.Statements, count)
		}
	}
	return []byte(b.String())
}
