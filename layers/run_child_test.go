//go:build unix

package layers

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// childRole names what a test that runs itself as a child process does there.
const childRole = "LAYERS_TEST_CHILD"

// child prepares this test binary to run a test once more as a child in a
// role. The child's runs are the parent's: GOCIFAR_RUNS is passed on.
func child(t *testing.T, role string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), childRole+"="+role)
	return cmd
}

// longFit trains a small model for 12 epochs of 12 steps, the state being saved
// after every step.
func longFit(ctx context.Context, m *Model, more ...Option) (*History, error) {
	return m.Fit(ctx, smallImages(100), append([]Option{Epochs(12), BatchSize(8), ValidationSplit(0.1),
		Seed(7), Verbose(Silent),
		SaveEverySteps(1), Callbacks(ReduceLROnPlateau("val_loss").Patience(2))}, more...)...)
}

// sayEpochs prints a line after each epoch, so that a parent can follow.
var sayEpochs = OnEpochEnd(func(_ *Training, epoch int, _ Logs) error {
	fmt.Println("epoch", epoch+1, "done")
	return nil
})

// waitFor reads a child's output until a line that contains text.
func waitFor(t *testing.T, r *bufio.Reader, text string) {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		if strings.Contains(line, text) {
			return
		}
		if err != nil {
			t.Fatalf("the child ended before it said %q: %v", text, err)
		}
	}
}

// start starts a child and returns its standard output.
func start(t *testing.T, cmd *exec.Cmd) *bufio.Reader {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return bufio.NewReader(out)
}

// compareWithWhole resumes a run and compares it with one that nothing
// interrupted, bit for bit.
func compareWithWhole(t *testing.T, run string) {
	t.Helper()
	resumed, whole := dropoutModel(t), dropoutModel(t)
	h1, err := longFit(t.Context(), resumed, Run(run))
	if err != nil {
		t.Fatal(err)
	}
	h2, err := longFit(t.Context(), whole)
	if err != nil {
		t.Fatal(err)
	}
	sameTraining(t, resumed, whole, h1, h2)
}

// TestSignalsEndFit sends real signals to a process that trains.
func TestSignalsEndFit(t *testing.T) {
	if os.Getenv(childRole) == "train" {
		ctx, stop := Interruptible(context.Background())
		defer stop()
		h, err := longFit(ctx, dropoutModel(t), Run("signalled"), Epochs(100000), Callbacks(sayEpochs))
		if !errors.Is(err, ErrInterrupted) {
			t.Fatalf("Fit ended with %v", err)
		}
		fmt.Println("interrupted after", len(h.Epochs), "epochs")
		return
	}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Setenv("GOCIFAR_RUNS", t.TempDir())
			cmd := exec.Command(os.Args[0], "-test.run=^TestSignalsEndFit$")
			cmd.Env = append(os.Environ(), childRole+"=train")
			out := start(t, cmd)
			waitFor(t, out, "epoch 1 done")
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			waitFor(t, out, "interrupted after")
			_, _ = io.Copy(io.Discard, out)
			if err := cmd.Wait(); err != nil {
				t.Fatal(err)
			}
			h, err := LoadHistory("signalled")
			if err != nil || len(h.Epochs) < 1 || len(h.Epochs) == 100000 {
				t.Fatalf("the history is %+v, %v", h, err)
			}
			compareSignalled(t)
		})
	}
}

// compareSignalled goes on for one more epoch, and compares with a run to the
// same epoch.
func compareSignalled(t *testing.T) {
	t.Helper()
	h, err := LoadHistory("signalled")
	if err != nil {
		t.Fatal(err)
	}
	epochs := Epochs(len(h.Epochs) + 1)
	resumed, whole := dropoutModel(t), dropoutModel(t)
	if _, err := longFit(t.Context(), resumed, Run("signalled"), epochs); err != nil {
		t.Fatal(err)
	}
	if _, err := longFit(t.Context(), whole, epochs); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(flat(t, resumed), flat(t, whole)) {
		t.Error("the resumed run's weights differ")
	}
}

// TestTwoProcessesOneRun: the second process is told that the run is taken.
func TestTwoProcessesOneRun(t *testing.T) {
	if os.Getenv(childRole) == "train" {
		hold := OnEpochEnd(func(_ *Training, epoch int, _ Logs) error {
			fmt.Println("holding")
			_, err := bufio.NewReader(os.Stdin).ReadString('\n')
			return err
		})
		if _, err := longFit(context.Background(), dropoutModel(t), Run("shared"), Epochs(1), Callbacks(hold)); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Setenv("GOCIFAR_RUNS", t.TempDir())
	cmd := child(t, "train")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out := start(t, cmd)
	waitFor(t, out, "holding")
	m := dropoutModel(t)
	if _, err := longFit(t.Context(), m, Run("shared"), Epochs(1)); err == nil ||
		!strings.Contains(err.Error(), "being trained by another fit") {
		t.Errorf("the second process got %v", err)
	}
	if _, err := fmt.Fprintln(in); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, out)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	if _, err := longFit(t.Context(), m, Run("shared"), Epochs(1), LogTo(&log), Verbose(Lines)); err != nil ||
		!strings.Contains(log.String(), "complete") {
		t.Errorf("after the first process: %v, %s", err, log.String())
	}
}

// TestDiskFull trains where files beyond 20,000 bytes cannot be written from
// the second epoch on: the state of the first stays, and so do the weights in
// memory.
func TestDiskFull(t *testing.T) {
	if os.Getenv(childRole) == "train" {
		signal.Ignore(syscall.SIGXFSZ)
		fill := OnEpochEnd(func(_ *Training, epoch int, _ Logs) error {
			if epoch < 1 {
				return nil
			}
			return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 20000, Max: 20000})
		})
		m := dropoutModel(t)
		h, err := longFit(context.Background(), m, Run("full"), SaveEverySteps(0), SaveEvery(0), Callbacks(fill))
		if err == nil || !strings.Contains(err.Error(), "state.safetensors") || !errors.Is(err, syscall.EFBIG) {
			t.Fatalf("Fit ended with %v", err)
		}
		whole := dropoutModel(t)
		if _, err := longFit(context.Background(), whole, Epochs(2)); err != nil {
			t.Fatal(err)
		}
		if len(h.Epochs) != 2 || !slices.Equal(flat(t, m), flat(t, whole)) {
			t.Fatalf("%d epochs; the weights in memory are not those of the second", len(h.Epochs))
		}
		fmt.Println("kept")
		return
	}
	t.Setenv("GOCIFAR_RUNS", t.TempDir())
	out, err := child(t, "train").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "kept") {
		t.Fatalf("%v\n%s", err, out)
	}
	h, err := LoadHistory("full")
	if err != nil || len(h.Epochs) != 1 {
		t.Fatalf("the run's history is %+v, %v", h, err)
	}
	if left := temporaries(t, "full"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	compareWithWhole(t, "full")
}
