//go:build unix

package jupyter_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// interruptUntilDone interrupts again and again until the request is over and
// returns its events.
func interruptUntilDone(t *testing.T, k *jupyter.Kernel, id string, every time.Duration) []string {
	t.Helper()
	done := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			if err := k.Interrupt(testContext(t)); err != nil {
				t.Errorf("interrupt: %v", err)
			}
			select {
			case <-done:
				return
			case <-time.After(every):
			}
		}
	}()
	lines := collect(t, k, id)
	close(done)
	<-stopped
	return lines
}

// TestGoNBInterruptWhileItRuns interrupts the program of a cell.
func TestGoNBInterruptWhileItRuns(t *testing.T) {
	leavesNothing(t)
	k := launch(t, jupyter.LaunchOptions{Spec: gonb(t)})
	id, err := k.Execute(testContext(t), jupyter.ExecuteRequest{
		Code: "import (\"fmt\"; \"time\")\n%%\nfmt.Println(\"running\")\ntime.Sleep(time.Minute)", StoreHistory: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	for running := false; !running; {
		s, ok := next(t, k).Content.(*jupyter.Stream)
		running = ok && strings.Contains(s.Text, "running")
	}
	start := time.Now()
	lines := interruptUntilDone(t, k, id, 200*time.Millisecond)
	t.Logf("over %s after the interrupt", time.Since(start))
	if !strings.Contains(strings.Join(lines, "\n"), "reply error") {
		t.Errorf("events %q", lines)
	}
	if lines := own(execute(t, k, "%%\nfmt.Println(\"alive\")")); !slices.Contains(lines, `iopub: stdout "alive\n"`) {
		t.Errorf("the next cell: %q", lines)
	}
}

// TestGoNBInterruptWhileItCompiles interrupts go build, which an
// interrupt_request alone does not stop.
func TestGoNBInterruptWhileItCompiles(t *testing.T) {
	leavesNothing(t)
	// A go that never ends building stands for a long compilation.
	bin := t.TempDir()
	script := "#!/bin/sh\ncase \"$1\" in build) exec sleep 60;; esac\nPATH=\"$REAL_PATH\" exec go \"$@\"\n"
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	spec := gonb(t)
	spec.Env = maps.Clone(spec.Env)
	spec.Env["REAL_PATH"] = spec.Env["PATH"]
	spec.Env["PATH"] = bin + string(os.PathListSeparator) + spec.Env["PATH"]
	k := launch(t, jupyter.LaunchOptions{Spec: spec})
	id, err := k.Execute(testContext(t), jupyter.ExecuteRequest{Code: "%%\nfmt.Println(1)", StoreHistory: true})
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "linux" {
		for start := time.Now(); !strings.Contains(strings.Join(descendants(), "\n"), " sleep 60"); time.Sleep(10 * time.Millisecond) {
			if time.Since(start) > 20*time.Second {
				t.Fatalf("the build does not begin: %q", descendants())
			}
		}
	} else {
		time.Sleep(time.Second)
	}
	start := time.Now()
	lines := interruptUntilDone(t, k, id, 200*time.Millisecond)
	t.Logf("over %s after the interrupt", time.Since(start))
	if !strings.Contains(strings.Join(lines, "\n"), "reply error") || time.Since(start) > 20*time.Second {
		t.Errorf("after %s: %q", time.Since(start), lines)
	}
}

// TestGoNBLeavesNothing ends GoNB in every way: its gopls has a process group
// of its own, and its temporary folder stays if it is killed.
func TestGoNBLeavesNothing(t *testing.T) {
	for _, way := range []string{"shutdown", "close", "kill", "kill while a cell runs"} {
		t.Run(way, func(t *testing.T) {
			leavesNothing(t)
			k := launch(t, jupyter.LaunchOptions{Spec: gonb(t)})
			code := "%%\nfmt.Println(\"running\")\ntime.Sleep(time.Minute)"
			if way == "kill while a cell runs" {
				if _, err := k.Execute(testContext(t), jupyter.ExecuteRequest{Code: code, StoreHistory: true}); err != nil {
					t.Fatal(err)
				}
				for running := false; !running; {
					_, running = next(t, k).Content.(*jupyter.Stream)
				}
			} else {
				execute(t, k, "func f() {}")
			}
			if n := len(descendants()); runtime.GOOS == "linux" && n < 2 {
				t.Fatalf("%d processes, want gonb and gopls", n)
			}
			switch way {
			case "shutdown":
				start := time.Now()
				if err := k.Shutdown(testContext(t)); err != nil {
					t.Error(err)
				}
				t.Logf("took %s", time.Since(start))
			case "close":
			default:
				if err := syscall.Kill(k.PID(), syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
				<-k.Gone()
			}
			if err := k.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestGoNBWithoutGo has a reader in mind who has GoNB, but no Go.
func TestGoNBWithoutGo(t *testing.T) {
	leavesNothing(t)
	spec := gonb(t)
	spec.Env = map[string]string{"PATH": t.TempDir()}
	_, err := jupyter.Launch(testContext(t), jupyter.LaunchOptions{Spec: spec})
	var failure *jupyter.StartError
	if !errors.As(err, &failure) || failure.Status == nil ||
		!strings.Contains(err.Error(), `"go": executable file not found`) {
		t.Errorf("error %v", err)
	}
	if lines := strings.Count(err.Error(), "\n"); lines > 15 {
		t.Errorf("an error of %d lines", lines)
	}
	t.Log(err)
}

// TestGoNBHeartbeat: a heartbeat that is not as GoNB wants it stops GoNB.
func TestGoNBHeartbeat(t *testing.T) {
	leavesNothing(t)
	k := launch(t, jupyter.LaunchOptions{Spec: gonb(t)})
	for range 3 {
		if _, err := k.Ping(testContext(t)); err != nil {
			t.Fatal(err)
		}
	}
	if lines := own(execute(t, k, "%%\nfmt.Println(\"alive\")")); !slices.Contains(lines, `iopub: stdout "alive\n"`) {
		t.Errorf("events %q", lines)
	}
}

func TestIPyKernelInterrupt(t *testing.T) {
	leavesNothing(t)
	k := launch(t, jupyter.LaunchOptions{Spec: ipykernel(t)})
	id, err := k.Execute(testContext(t), jupyter.ExecuteRequest{Code: "print('running', flush=True)\nimport " +
		"time\ntime.sleep(60)", StoreHistory: true})
	if err != nil {
		t.Fatal(err)
	}
	for running := false; !running; {
		s, ok := next(t, k).Content.(*jupyter.Stream)
		running = ok && strings.Contains(s.Text, "running")
	}
	if lines := interruptUntilDone(t, k, id, 5*time.Second); !slices.Contains(lines,
		"shell: reply error 1 KeyboardInterrupt") {
		t.Errorf("events %q", lines)
	}
}

func TestIPyKernelRequests(t *testing.T) {
	leavesNothing(t)
	ctx := testContext(t)
	k := launch(t, jupyter.LaunchOptions{Spec: ipykernel(t), Transport: jupyter.TCP})
	execute(t, k, "value = 42")
	if r, err := k.Complete(ctx, "val", 3); err != nil || !slices.Contains(r.Matches, "value") {
		t.Errorf("complete: %+v, %v", r, err)
	}
	if r, err := k.Inspect(ctx, "value", 2, 0); err != nil || !r.Found {
		t.Errorf("inspect: %+v, %v", r, err)
	}
	if r, err := k.IsComplete(ctx, "for x in y:"); err != nil || r.Status != "incomplete" || r.Indent == "" {
		t.Errorf("is_complete: %+v, %v", r, err)
	}
	if r, err := k.History(ctx, jupyter.HistoryRequest{AccessType: "tail", N: 1, Raw: true}); err != nil ||
		r.Status != "ok" {
		t.Errorf("history: %+v, %v", r, err)
	}
	if r, err := k.CommInfo(ctx, ""); err != nil || r.Status != "ok" {
		t.Errorf("comm_info: %+v, %v", r, err)
	}
	if _, err := k.Ping(ctx); err != nil {
		t.Error(err)
	}
	id, err := k.Execute(ctx, jupyter.ExecuteRequest{Code: "print(input('? '))", StoreHistory: true, AllowStdin: true})
	if err != nil {
		t.Fatal(err)
	}
	for {
		e := next(t, k)
		if _, ok := e.Content.(*jupyter.InputRequest); ok {
			if err := k.Input(ctx, e.Message, "typed"); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	if lines := collect(t, k, id); !slices.Contains(lines, `iopub: stdout "typed\n"`) {
		t.Errorf("events %q", lines)
	}
}

// TestIPyKernelDies of signals, as of a defect in a native module.
func TestIPyKernelDies(t *testing.T) {
	for _, signal := range []string{"SIGSEGV", "SIGKILL"} {
		leavesNothing(t)
		k := launch(t, jupyter.LaunchOptions{Spec: ipykernel(t)})
		code := fmt.Sprintf("import os, signal; os.kill(os.getpid(), signal.%s)", signal)
		if _, err := k.Execute(testContext(t), jupyter.ExecuteRequest{Code: code}); err != nil {
			t.Fatal(err)
		}
		events := rest(t, k)
		var died *jupyter.DiedError
		if last := events[len(events)-1]; !errors.As(last.Err, &died) || died.Status.Signal != signal {
			t.Errorf("last event %+v", last)
		}
	}
}

// TestIPyKernelHugeOutput reads one message of 100 MB.
func TestIPyKernelHugeOutput(t *testing.T) {
	leavesNothing(t)
	k := launch(t, jupyter.LaunchOptions{Spec: ipykernel(t)})
	id, err := k.Execute(testContext(t), jupyter.ExecuteRequest{Code: "from IPython.display import " +
		"display\ndisplay({'text/plain': 'x' * (100 << 20)}, raw=True)"})
	if err != nil {
		t.Fatal(err)
	}
	var size int
	for done := false; !done; {
		e := next(t, k)
		switch c := e.Content.(type) {
		case *jupyter.DisplayData:
			text, _ := c.Data.Text("text/plain")
			size += len(text)
		case *jupyter.Status:
			done = e.ParentID() == id && c.State == jupyter.Idle
		}
	}
	if size != 100<<20 {
		t.Errorf("%d bytes came", size)
	}
}

// TestIPyKernelBySpec starts the kernelspec that ipykernel installs, whose
// command is a bare "python", without its environment being activated.
func TestIPyKernelBySpec(t *testing.T) {
	program := ipykernel(t).Argv[0]
	prefix := filepath.Dir(filepath.Dir(program))
	if _, err := os.Stat(filepath.Join(prefix, "share", "jupyter", "kernels", "python3")); err != nil {
		t.Skipf("no kernelspec python3 in the environment of %s", program)
	}
	leavesNothing(t)
	spec, err := jupyter.FindSpec("Python3", filepath.Join(prefix, "share", "jupyter", "kernels"))
	if err != nil {
		t.Fatal(err)
	}
	k := launch(t, jupyter.LaunchOptions{Spec: spec})
	want := fmt.Sprintf("iopub: stdout %q", prefix+"\n")
	if lines := own(execute(t, k, "import sys; print(sys.prefix)")); !slices.Contains(lines, want) {
		t.Errorf("events %q, want %s", lines, want)
	}
}

// TestGoNBOverTCP is the transport of kernels that Jupyter starts.
func TestGoNBOverTCP(t *testing.T) {
	leavesNothing(t)
	k := launch(t, jupyter.LaunchOptions{Spec: gonb(t), Transport: jupyter.TCP})
	if lines := own(execute(t, k, "%%\nfmt.Println(\"hello\")")); !slices.Contains(lines, `iopub: stdout "hello\n"`) {
		t.Errorf("events %q", lines)
	}
}
