//go:build unix

package jupyter_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
)

// leavesNothing checks at the end of a test, after all other cleanups, that no
// process and no file is left. Call it first.
func leavesNothing(t *testing.T) {
	t.Helper()
	// A short path: sockets live in it.
	dir, err := os.MkdirTemp("/tmp", "jt")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	t.Cleanup(func() {
		left, err := os.ReadDir(dir)
		if err != nil || len(left) > 0 {
			t.Errorf("temporary files are left: %v, %v", left, err)
		}
		os.RemoveAll(dir)
		// A busy machine takes its time over a process that was killed.
		processes := descendants()
		for end := time.Now().Add(5 * time.Second); len(processes) > 0 && time.Now().Before(end); processes = descendants() {
			time.Sleep(20 * time.Millisecond)
		}
		for _, p := range processes {
			t.Errorf("a process is left: %s", p)
		}
	})
}

// descendants lists the living processes that come of this test run.
func descendants() []string {
	var found []string
	mark := []byte(runVariable + "=" + strconv.Itoa(os.Getpid()))
	environs, _ := filepath.Glob("/proc/[0-9]*/environ") // none but on Linux
	for _, path := range environs {
		env, err := os.ReadFile(path)
		if err == nil && bytes.Contains(env, mark) {
			command, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
			found = append(found, filepath.Dir(path)+" "+string(bytes.ReplaceAll(command, []byte{0}, []byte{' '})))
		}
	}
	return found
}

func TestLaunchAndShutdown(t *testing.T) {
	for _, transport := range []string{"", jupyter.IPC, jupyter.TCP} {
		t.Run("transport "+transport, func(t *testing.T) {
			leavesNothing(t)
			var log bytes.Buffer
			k := launch(t, jupyter.LaunchOptions{Spec: role("good"), Transport: transport, Log: &log})
			if k.Info.Implementation != "fakekernel" || k.PID() == 0 {
				t.Errorf("info %+v, pid %d", k.Info, k.PID())
			}
			if lines := execute(t, k, "x"); len(lines) != 4 {
				t.Errorf("events %q", lines)
			}
			if err := k.Shutdown(testContext(t)); err != nil {
				t.Error(err)
			}
			if status, ok := k.ExitStatus(); !ok || status.Code != 0 {
				t.Errorf("exit %+v, %v", status, ok)
			}
			if k.Log() != "the kernel's log\n" || log.String() != k.Log() {
				t.Errorf("log %q and %q", k.Log(), log.String())
			}
			for _, e := range rest(t, k) { // ends, and without a death
				var died *jupyter.DiedError
				if errors.As(e.Err, &died) {
					t.Error(died)
				}
			}
			if err := k.Shutdown(testContext(t)); err != nil {
				t.Errorf("second time: %v", err)
			}
		})
	}
}

// A kernel without unix sockets is started anew with ports.
func TestLaunchWithoutUnixSockets(t *testing.T) {
	leavesNothing(t)
	spec := *role("good")
	spec.Argv = append([]string{"sh", "-c", `if grep -q '"ipc"' "$0"; then
	echo "IPC transport is not available on this platform" >&2 # evcxr's words
	exit 101
fi
exec "$@"`, "{connection_file}"}, spec.Argv...)
	k := launch(t, jupyter.LaunchOptions{Spec: &spec})
	if lines := execute(t, k, "x"); len(lines) != 4 {
		t.Errorf("events %q", lines)
	}
	if err := k.Shutdown(testContext(t)); err != nil {
		t.Error(err)
	}
	_, err := jupyter.Launch(testContext(t), jupyter.LaunchOptions{Spec: &spec, Transport: jupyter.IPC})
	if err == nil || !strings.Contains(err.Error(), "IPC transport is not available") {
		t.Errorf("with unix sockets only: %v", err)
	}
}

func TestProcessEnvironment(t *testing.T) {
	leavesNothing(t)
	dir := t.TempDir()
	k := launch(t, jupyter.LaunchOptions{Spec: role("good"), Dir: dir, Env: []string{"FROM_CALLER=yes"}})
	stdout := func(code string) string {
		for _, l := range execute(t, k, code) {
			if text, ok := strings.CutPrefix(l, "iopub: stdout "); ok {
				s, err := strconv.Unquote(text)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
		}
		t.Fatalf("%s printed nothing", code)
		return ""
	}
	if got := stdout("getenv FROM_CALLER"); got != "yes" {
		t.Errorf("FROM_CALLER=%q", got)
	}
	if got := stdout("getenv JPY_PARENT_PID"); got != strconv.Itoa(os.Getpid()) {
		t.Errorf("JPY_PARENT_PID=%q", got)
	}
	temp := stdout("getenv TMPDIR")
	if info, err := os.Stat(filepath.Dir(temp)); err != nil || info.Mode().Perm() != 0o700 ||
		!strings.HasPrefix(temp, os.Getenv("TMPDIR")) {
		t.Errorf("TMPDIR=%q, %v", temp, err)
	}
	if runtime.GOOS == "linux" {
		files := strings.Fields(stdout("files"))
		if files[0] != "/dev/null" || !strings.HasPrefix(files[1], "pipe:") || !strings.HasPrefix(files[2], "pipe:") ||
			files[3] != dir {
			t.Errorf("stdin, stdout, stderr, folder: %q", files)
		}
	}
}

func TestStartFailures(t *testing.T) {
	short := func(s *jupyter.Spec) jupyter.LaunchOptions {
		return jupyter.LaunchOptions{Spec: s, StartTimeout: 400 * time.Millisecond}
	}
	patient := func(s *jupyter.Spec) jupyter.LaunchOptions { return jupyter.LaunchOptions{Spec: s} }
	tests := []struct {
		name    string
		options jupyter.LaunchOptions
		want    []string
		notWant string
	}{
		{"exits", patient(role("exits")), []string{`kernel "exits" did not start`, "it died: exit status 3",
			"cannot find the go command"}, ""},
		{"panics", patient(role("panics")), []string{"exit status 2", "panic: no such file: go"}, "goroutine"},
		{"killed", patient(role("kills itself")), []string{"killed by SIGKILL", "memory"}, ""},
		{"opens no socket", short(role("opens no socket")),
			[]string{"not ready after 400ms", "shell channel", "waiting for nothing"}, ""},
		{"never ready", short(role("never ready")), []string{"no reply to kernel_info_request", "not ready after 400ms"}, ""},
		{"no such program", patient(&jupyter.Spec{Name: "x", Argv: []string{"no-such-program"}}),
			[]string{"no-such-program", "not found in $PATH"}, ""},
		{"no such file", patient(&jupyter.Spec{Name: "x", Argv: []string{"/no/such/file"}}),
			[]string{"/no/such/file", "no such file"}, ""},
		{"no such folder", jupyter.LaunchOptions{Spec: role("good"), Dir: "/no/such/folder"},
			[]string{"working folder", "/no/such/folder"}, ""},
		{"empty kernelspec", patient(&jupyter.Spec{Name: "x"}), []string{"argv is empty"}, ""},
		{"no kernelspec", jupyter.LaunchOptions{}, []string{"no kernelspec"}, ""},
		{"transport", jupyter.LaunchOptions{Spec: role("good"), Transport: "udp"}, []string{`"udp"`}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			leavesNothing(t)
			_, err := jupyter.Launch(testContext(t), test.options)
			var failure *jupyter.StartError
			if !errors.As(err, &failure) {
				t.Fatalf("error %v", err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			if test.notWant != "" && strings.Contains(err.Error(), test.notWant) {
				t.Errorf("error %q has %q", err, test.notWant)
			}
		})
	}
}

func TestCanceledStart(t *testing.T) {
	leavesNothing(t)
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(200*time.Millisecond, cancel)
	start := time.Now()
	_, err := jupyter.Launch(ctx, jupyter.LaunchOptions{Spec: role("never ready")})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("took %s", d)
	}
	if _, err := jupyter.Launch(ctx, jupyter.LaunchOptions{Spec: role("good")}); !errors.Is(err, context.Canceled) {
		t.Errorf("started with a context that has ended: %v", err)
	}
}

func TestDeathInACell(t *testing.T) {
	for _, test := range []struct{ code, want string }{
		{"exit 5", "exit status 5; its log ends:\n\tthe kernel's log\n\tfatal: exit was called"},
		{"exit 0", "exit status 0"},
		{"kill", "killed by SIGKILL"},
		{"signal", "killed by SIGHUP"},
	} {
		t.Run(test.code, func(t *testing.T) {
			leavesNothing(t)
			k := launch(t, jupyter.LaunchOptions{Spec: role("good")})
			if _, err := k.Execute(testContext(t), jupyter.ExecuteRequest{Code: test.code}); err != nil {
				t.Fatal(err)
			}
			var last jupyter.Event
			for _, e := range rest(t, k) {
				last = e
			}
			var died *jupyter.DiedError
			if !errors.As(last.Err, &died) || !strings.Contains(died.Error(), test.want) {
				t.Errorf("last event %+v", last)
			}
			select {
			case <-k.Gone():
			default:
				t.Error("Gone is open")
			}
			if err := k.Interrupt(testContext(t)); err == nil {
				t.Error("interrupted a dead kernel")
			}
		})
	}
}

func TestInterrupts(t *testing.T) {
	for _, test := range []struct{ role, mode, code, want string }{
		{"good", jupyter.InterruptByMessage, "sleep", "Interrupted"},
		{"gonb", jupyter.InterruptByMessage, "trap", "Signalled"}, // whatever it says about the message
		{"good", jupyter.InterruptBySignal, "trap", "Signalled"},
	} {
		t.Run(test.role+" by "+test.mode, func(t *testing.T) {
			leavesNothing(t)
			spec := role(test.role)
			spec.InterruptMode = test.mode
			k := launch(t, jupyter.LaunchOptions{Spec: spec, Dir: t.TempDir()})
			id, err := k.Execute(testContext(t), jupyter.ExecuteRequest{Code: test.code})
			if err != nil {
				t.Fatal(err)
			}
			for ready := false; !ready; {
				e := next(t, k)
				_, trapped := e.Content.(*jupyter.Stream)
				ready = trapped || test.code == "sleep" && isInput(e)
			}
			if err := k.Interrupt(testContext(t)); err != nil {
				t.Fatal(err)
			}
			if lines := collect(t, k, id); !strings.Contains(strings.Join(lines, "\n"), "reply error 0 "+test.want) {
				t.Errorf("events %q", lines)
			}
			if err := k.Shutdown(testContext(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestInterruptIsHandled checks that an interrupt of GoNB is over when
// Interrupt returns: one that GoNB handles later meets the cell that is sent
// next.
func TestInterruptIsHandled(t *testing.T) {
	leavesNothing(t)
	dir := t.TempDir()
	k := launch(t, jupyter.LaunchOptions{Spec: role("gonb"), Dir: dir})
	for range 2 {
		if err := k.Interrupt(testContext(t)); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, signalsHandled)); err != nil {
			t.Errorf("Interrupt returned before the signal was handled: %v", err)
		}
	}
}

func TestShutdownLadder(t *testing.T) {
	t.Run("stubborn", func(t *testing.T) {
		leavesNothing(t)
		k := launch(t, jupyter.LaunchOptions{Spec: role("stubborn")})
		if err := k.Shutdown(testContext(t)); err != nil {
			t.Error(err)
		}
		if status, ok := k.ExitStatus(); !ok || status.Signal != "SIGKILL" {
			t.Errorf("exit %+v, %v", status, ok)
		}
	})
	t.Run("busy", func(t *testing.T) {
		leavesNothing(t)
		k := launch(t, jupyter.LaunchOptions{Spec: role("good")})
		if _, err := k.Execute(testContext(t), jupyter.ExecuteRequest{Code: "sleep"}); err != nil {
			t.Fatal(err)
		}
		if err := k.Shutdown(testContext(t)); err != nil {
			t.Error(err)
		}
	})
	t.Run("close", func(t *testing.T) {
		leavesNothing(t)
		k := launch(t, jupyter.LaunchOptions{Spec: role("good")})
		if err := k.Close(); err != nil {
			t.Error(err)
		}
		if status, ok := k.ExitStatus(); !ok || status.Signal != "SIGTERM" {
			t.Errorf("exit %+v, %v", status, ok)
		}
		rest(t, k)
	})
	t.Run("untidy", func(t *testing.T) {
		if runtime.GOOS != "linux" {
			t.Skip("the child can be found on Linux only")
		}
		leavesNothing(t)
		k := launch(t, jupyter.LaunchOptions{Spec: role("untidy")})
		if n := len(descendants()); n < 2 {
			t.Fatalf("%d processes, want the kernel and its child", n)
		}
		if err := k.Shutdown(testContext(t)); err != nil {
			t.Error(err)
		}
	})
	t.Run("untidy and dead", func(t *testing.T) {
		if runtime.GOOS != "linux" {
			t.Skip("the child can be found on Linux only")
		}
		leavesNothing(t)
		k := launch(t, jupyter.LaunchOptions{Spec: role("untidy")})
		if err := syscall.Kill(k.PID(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		<-k.Gone()
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestRestart(t *testing.T) {
	leavesNothing(t)
	k := launch(t, jupyter.LaunchOptions{Spec: role("good"), Env: []string{"KEPT=yes"}})
	execute(t, k, "x")
	again, err := k.Restart(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { again.Close() })
	if again.PID() == k.PID() {
		t.Error("the process is the same")
	}
	lines := execute(t, again, "getenv KEPT")
	if text := strings.Join(lines, "\n"); !strings.Contains(text, `stdout "yes"`) ||
		!strings.Contains(text, "reply ok 1 ") {
		t.Errorf("events %q", lines)
	}
	attached, _ := attach(t, fakekernel.Options{})
	if _, err := attached.Restart(testContext(t)); err == nil {
		t.Error("restarted a kernel that was not started here")
	}
}

// TestKilledLauncher kills the process that launched a kernel: the kernel must
// go, and the next launch remove its folder.
func TestKilledLauncher(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs Pdeathsig")
	}
	leavesNothing(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"=launcher")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(out, &pid); err != nil {
		t.Fatal(err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	for deadline := time.Now().Add(20 * time.Second); len(descendants()) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still there: %v", descendants())
		}
	}
	dirs, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "gck-*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("folders %v, %v", dirs, err)
	}
	k := launch(t, jupyter.LaunchOptions{Spec: role("good")})
	if _, err := os.Stat(dirs[0]); err != nil {
		t.Error("a folder was removed while it was young")
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(dirs[0], old, old); err != nil {
		t.Fatal(err)
	}
	own, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "gck-*", "s-1"))
	if err != nil || len(own) == 0 {
		t.Fatalf("sockets %v, %v", own, err)
	}
	for _, s := range own { // those in use must stay, however old
		if err := os.Chtimes(filepath.Dir(s), old, old); err != nil {
			t.Fatal(err)
		}
	}
	launch(t, jupyter.LaunchOptions{Spec: role("good")})
	if _, err := os.Stat(dirs[0]); err == nil {
		t.Error("the folder of a killed process is left")
	}
	if lines := execute(t, k, "x"); len(lines) != 4 {
		t.Errorf("events %q", lines)
	}
}
