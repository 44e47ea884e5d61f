package execute

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A cell that imports much, built for a Go cache that is empty: the compiler is
// at it for many seconds.
const heavyCell = "import (\n\t\"go/types\"\n\t\"net/http\"\n)\n%%\nfmt.Println(http.StatusOK, types.Typ[types.Int])"

// TestGoNBCompileIsInterrupted stops a real compilation: by an interrupt of the
// run, and by a cell's deadline, after which the next cell works. Either way
// nothing goes on compiling.
func TestGoNBCompileIsInterrupted(t *testing.T) {
	spec := gonbSpec(t)
	realCache := goEnv(t, "GOCACHE")

	t.Run("interrupt", func(t *testing.T) {
		cache := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		seen := watchCompilers(t, cache, cancel)
		nb := document("%env GOCACHE="+cache, heavyCell, "never")
		result, err := runPeerUntil(ctx, t, spec, nb, Options{})
		if !seen.Load() {
			t.Fatal("no compiler ran")
		}
		if ExitCode(err) != ExitInterrupted || states(result) != "ok error not-run" ||
			result.Cells[1].Failure.Class != ClassInterrupted {
			t.Errorf("%v, states %s", err, states(result))
		}
		if left := compilersThatGoOn(cache); len(left) > 0 {
			t.Errorf("still there: %q", left)
		}
	})

	t.Run("deadline", func(t *testing.T) {
		// A loaded machine may need longer until the compiler starts.
		for limit := 4 * time.Second; ; limit *= 2 {
			cache := t.TempDir()
			seen := watchCompilers(t, cache, func() {})
			nb := document("%env GOCACHE="+cache, heavyCell, "%env GOCACHE="+realCache+"\n%%\nfmt.Println(\"alive\")")
			nb.Cells[1].Metadata().Ensure(metadataKey).Set("timeout", limit.String())
			opts := Options{AllowErrors: true, InterruptGrace: time.Minute}
			var left []string
			opts.Observer = func(e Event) {
				if e, ok := e.(CellComplete); ok && e.Number == 2 {
					left = compilersThatGoOn(cache)
				}
			}
			result, err := runPeer(t, spec, nb, opts)
			if !seen.Load() && limit < time.Minute {
				continue
			}
			if err != nil || states(result) != "ok timeout ok" ||
				outputsOf(nb.Cells[2]) != `stdout "Set: GOCACHE=\"`+realCache+`\"\nalive\n"` {
				t.Errorf("%v, states %s, outputs %s", err, states(result), outputsOf(nb.Cells[2]))
			}
			if len(left) > 0 {
				t.Errorf("after the cell's end there were still %q", left)
			}
			return
		}
	})
}

// watchCompilers calls found, once, when a compiler works with the Go cache.
func watchCompilers(t *testing.T, cache string, found func()) *atomic.Bool {
	seen := new(atomic.Bool)
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	go func() {
		for {
			for _, program := range compilersWith(cache) {
				if strings.HasSuffix(program, "compile") {
					seen.Store(true)
					found()
					return
				}
			}
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return seen
}

// compilersThatGoOn are those still there some seconds later, of a compilation
// that takes many more. One that go build had just started when it was stopped
// may come to its own end.
func compilersThatGoOn(cache string) (programs []string) {
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if programs = compilersWith(cache); len(programs) == 0 {
			break
		}
	}
	return programs
}

// compilersWith are the programs of the Go toolchain that run with the Go
// cache.
func compilersWith(cache string) []string {
	var programs []string
	entries, _ := filepath.Glob("/proc/[0-9]*")
	for _, entry := range entries {
		environ, err := os.ReadFile(filepath.Join(entry, "environ"))
		if err != nil || !bytes.Contains(environ, []byte("GOCACHE="+cache+"\x00")) {
			continue
		}
		program, err := os.Readlink(filepath.Join(entry, "exe"))
		if name := filepath.Base(program); err == nil &&
			(name == "go" || name == "compile" || name == "link" || name == "asm") {
			programs = append(programs, program)
		}
	}
	return programs
}
