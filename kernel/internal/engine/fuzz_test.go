package engine

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/fuzzsession"
)

// sessionsPerProgram are built together, and run in one process of cells: both
// take their time once.
const sessionsPerProgram = 40

// TestSessions runs random sessions and compares what they print with what the
// programs print that they amount to. GOCIFAR_FUZZ_SESSIONS is how many, from
// the one of GOCIFAR_FUZZ_SEED on.
func TestSessions(t *testing.T) {
	testLibrary.Get(t)
	count, seed := fuzzNumber(t, "GOCIFAR_FUZZ_SESSIONS", sessionsPerProgram), fuzzNumber(t, "GOCIFAR_FUZZ_SEED", 1)
	start, differences, cells := time.Now(), 0, 0
	for first := 0; first < count; first += sessionsPerProgram {
		var sessions []*fuzzsession.Session
		for i := first; i < min(first+sessionsPerProgram, count); i++ {
			sessions = append(sessions, fuzzsession.Generate(uint64(seed+i), fmt.Sprintf("_%d", seed+i)))
		}
		want, err := printedByProgram(t, sessions)
		if err != nil {
			t.Fatalf("seeds %d to %d: %v", seed+first, seed+first+len(sessions)-1, err)
		}
		n := newNotebook(t)
		for i, s := range sessions {
			cells += len(s.Cells)
			n.session.Reset()
			difference := firstDifference(n, s, want[i])
			if difference == "" {
				continue
			}
			differences++
			n.close()
			n = newNotebook(t)
			small := minimized(t, s)
			t.Errorf("seed %d: %s\n\nsmallest:\n%s", seed+first+i, difference, small)
			if differences == fuzzDifferences {
				t.Fatalf("%d differences are enough", differences)
			}
		}
		n.close()
		if done := first + len(sessions); os.Getenv("GOCIFAR_FUZZ_SESSIONS") != "" &&
			first/sessionsPerProgram%5 == 0 {
			t.Logf("%d sessions, %d cells, %d differences, %v", done, cells, differences,
				time.Since(start).Round(time.Second))
		}
	}
}

// fuzzDifferences end the test.
const fuzzDifferences = 10

func fuzzNumber(t *testing.T, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// printedByProgram returns what each cell of each session prints as a program.
func printedByProgram(t *testing.T, sessions []*fuzzsession.Session) ([][]string, error) {
	dir := t.TempDir()
	defer os.RemoveAll(dir)
	file, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
	if err := os.WriteFile(file, []byte(fuzzsession.Build(sessions)), 0o600); err != nil {
		return nil, err
	}
	// What the compiler makes faster does not matter, only that it is quick.
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-gcflags=-N -l", "-o", program,
		file).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, program)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("the program: %w\n%s", err, &stderr)
	}
	return fuzzsession.Outputs(string(out)), nil
}

// firstDifference runs a session, and describes how it differs, "" if it does
// not.
func firstDifference(n *notebook, s *fuzzsession.Session, want []string) string {
	for i, text := range s.Notebook() {
		got := strings.ReplaceAll(n.run(text), "Panic: ", "panic: ") // as a program says it
		if fuzzsession.Same(got) == fuzzsession.Same(want[i]) {
			continue
		}
		return fmt.Sprintf("cell %d of %d prints\n%s\nthe program\n%s", i+1, len(s.Cells), got, want[i])
	}
	return ""
}

// minimized leaves out what a difference does not need, and describes the rest.
func minimized(t *testing.T, s *fuzzsession.Session) string {
	best := ""
	tries := 0
	fails := func(s *fuzzsession.Session) bool {
		tries++
		want, err := printedByProgram(t, []*fuzzsession.Session{s})
		if err != nil {
			return false
		}
		n := newNotebook(t)
		defer n.close()
		difference := firstDifference(n, s, want[0])
		if difference == "" || strings.Contains(difference, "Error: cell[") != strings.Contains(best, "Error: cell[") &&
			best != "" {
			return false
		}
		best = difference
		return true
	}
	if !fails(s) {
		return "(it does not differ on its own)"
	}
	for size := 16; size > 0 && tries < minimizerTries; size /= 2 {
		s = s.Without(size, func(smaller *fuzzsession.Session) bool {
			return tries < minimizerTries &&
				fails(smaller)
		})
	}
	var b strings.Builder
	for i, text := range s.Notebook() {
		fmt.Fprintf(&b, "--- cell %d\n%s\n", i+1, text)
	}
	return b.String() + "--- " + best
}

// minimizerTries bounds how long one looks for a smaller session.
const minimizerTries = 60
