package transfer

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"
)

// TestFeaturesKilled computes features in a process that is killed (SIGKILL) at
// random moments again and again, until one ends by itself. What it then finds
// must be what an uninterrupted pass computes.
func TestFeaturesKilled(t *testing.T) {
	examples := 60 // about one kill for nine of them
	if kills, err := strconv.Atoi(os.Getenv("GOCIFAR_TEST_KILLS")); err == nil {
		examples = 12 * kills
	}
	options := func(folder string) []FeatureOption { return []FeatureOption{Float32(), Batch(2), CacheIn(folder)} }
	if folder := os.Getenv("TRANSFER_TEST_KILLED"); folder != "" { // the process to be killed
		report := func(p FeatureProgress) {
			fmt.Println(p.Done)
			time.Sleep(time.Millisecond)
		}
		if _, err := Features(t.Context(), tiny(t, 1), "block1_pool", labelled(examples, 8),
			append(options(folder), OnProgress(report))...); err != nil {
			t.Fatal(err)
		}
		return
	}
	folder, kills := t.TempDir(), 0
	for killed := true; killed; {
		killed = killSometime(t, folder)
		if killed {
			kills++
		}
	}
	t.Logf("killed %d times", kills)
	if kills < 3 {
		t.Errorf("it was killed %d times only: this showed little", kills)
	}
	got, seen := features(t, tiny(t, 1), "block1_pool", labelled(examples, 8), options(folder)...)
	if len(seen) > 0 {
		t.Errorf("the last process left a file that is not complete: %+v", seen)
	}
	want, _ := features(t, tiny(t, 1), "block1_pool", labelled(examples, 8), options(t.TempDir())...)
	if !slices.Equal(got.Floats, want.Floats) {
		t.Error("the features differ from those of an uninterrupted pass")
	}
}

// killSometime starts the process and kills it a random while after it began to
// compute; false if it ended before.
func killSometime(t *testing.T, folder string) (killed bool) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestFeaturesKilled$")
	// Killed, it cannot remove the folder that TestMain makes.
	child.Env = append(os.Environ(), "TRANSFER_TEST_KILLED="+folder, "TMPDIR="+t.TempDir())
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	reports := bufio.NewScanner(out)
	for range 1 + rand.IntN(8) {
		reports.Scan()
	}
	time.Sleep(rand.N(2 * time.Millisecond))
	child.Process.Kill()
	for reports.Scan() {
	}
	err = child.Wait()
	if err != nil && child.ProcessState.Exited() { // by itself, and unhappy
		t.Fatalf("the process: %v", err)
	}
	return err != nil
}
