//go:build unix

package layers

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/gocifar/gocifar/internal/wholefile"
)

// temporaries lists the files of a run that are not complete.
func temporaries(t *testing.T, run string) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(os.Getenv("GOCIFAR_RUNS"), run, wholefile.Pattern("*")))
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// killCount is how many times a process is killed: GOCIFAR_TEST_KILLS, or 12.
func killCount() int {
	if n, err := strconv.Atoi(os.Getenv("GOCIFAR_TEST_KILLS")); err == nil {
		return n
	}
	return 12
}

// TestResumeAfterManyKills kills (kill -9) a training process again and again,
// at random moments and while it saves, and lets the run come to its end: it
// must equal one that nothing interrupted.
func TestResumeAfterManyKills(t *testing.T) {
	if os.Getenv(childRole) == "train" {
		fmt.Println("started")
		if _, err := longFit(context.Background(), dropoutModel(t), Run("killed")); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Setenv("GOCIFAR_RUNS", t.TempDir())
	seed := rand.Uint64()
	t.Logf("seed of the moments: %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	state := filepath.Join(os.Getenv("GOCIFAR_RUNS"), "killed", stateFile)
	kills, whileSaving, progress := 0, 0, map[int]bool{}
	for range killCount() {
		cmd := child(t, "train")
		out := start(t, cmd)
		waitFor(t, out, "started")
		before, _ := os.Stat(state)
		saving := kills%2 == 1
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
			if saving && len(temporaries(t, "killed")) > 0 {
				break
			}
			if now, err := os.Stat(state); !saving && err == nil && (before == nil || now.ModTime() != before.ModTime()) {
				time.Sleep(time.Duration(rng.Int64N(int64(40 * time.Millisecond))))
				break
			}
		}
		_ = cmd.Process.Kill()
		_, _ = io.Copy(io.Discard, out)
		if cmd.Wait() == nil {
			break // it came to its end before
		}
		kills++
		if len(temporaries(t, "killed")) > 0 {
			whileSaving++
		}
		r, err := findRun("killed")
		if err != nil {
			t.Fatal(err)
		}
		p, _, err := r.load()
		if err != nil {
			t.Fatalf("after kill %d the run cannot be read: %v", kills, err)
		}
		if p != nil {
			progress[p.Iterations] = true
		}
	}
	t.Logf("%d kills, %d of them while it saved, at %d different steps", kills, whileSaving, len(progress))
	if kills < 4 || whileSaving == 0 {
		t.Errorf("%d kills, %d of them while it saved: too few to tell", kills, whileSaving)
	}
	compareWithWhole(t, "killed")
	if left := temporaries(t, "killed"); len(left) > 0 {
		t.Errorf("what the killed processes left is still there: %v", left)
	}
}
