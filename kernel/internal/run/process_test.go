//go:build unix

package run

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/command"
	"github.com/gocifar/gocifar/kernel/internal/kernels"
	"github.com/gocifar/gocifar/kernel/internal/merge"
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// The tests in this file run the command as a process, on kernels that are
// processes too: this test's program plays both.

// roleVariable says what the test's program is to be.
const roleVariable = "GOCIFAR_TEST_ROLE"

func TestMain(m *testing.M) {
	switch role := os.Getenv(roleVariable); role {
	case "":
		os.Exit(m.Run())
	case "command":
		os.Exit(command.Main([]command.Command{Command(), merge.Command()}, os.Args[1:]))
	case "kernel", "silent kernel":
		os.Exit(fakekernel.Main(os.Args[len(os.Args)-1], fakekernel.Options{
			NeverReady: role == "silent kernel", Execute: act,
		}))
	default: // not the tests: they would start this again
		fmt.Fprintln(os.Stderr, "no such role:", role)
		os.Exit(3)
	}
}

// variables are those of the kernel.
var variables = map[string]string{}

// act does what a cell's lines say.
func act(x *fakekernel.Execution) {
	for line := range strings.Lines(x.Code) {
		line = strings.TrimSpace(line)
		if name, value, ok := strings.Cut(line, " = "); ok {
			variables[name] = value
			continue
		}
		verb, rest, _ := strings.Cut(line, " ")
		// once FILE NAME=VALUE... LINE: if the variables are so, and the file is not there yet
		if file, condition, ok := strings.Cut(rest, " "); ok && verb == "once" {
			conditions, what, _ := strings.Cut(condition, ": ")
			for c := range strings.FieldsSeq(conditions) {
				name, value, _ := strings.Cut(c, "=")
				if variables[name] != value {
					what = ""
				}
			}
			if _, err := os.Stat(file); err == nil || what == "" {
				continue
			}
			os.WriteFile(file, nil, 0o600)
			verb, rest, _ = strings.Cut(what, " ")
		}
		switch verb {
		case "record": // NAME VARIABLE
			name, variable, _ := strings.Cut(rest, " ")
			x.Publish(&jupyter.DisplayData{Data: jupyter.MIMEBundle{"application/scrapbook.scrap.json+json": json.RawMessage(
				fmt.Sprintf(`{"name": %q, "data": %s, "encoder": "json", "version": 1}`, name, variables[variable]))}})
		case "append": // FILE VARIABLE...
			words := strings.Fields(rest)
			for i, name := range words[1:] {
				words[i+1] = variables[name]
			}
			file, err := os.OpenFile(words[0], os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
			if err == nil {
				fmt.Fprintln(file, strings.Join(words[1:], " "))
				file.Close()
			}
		case "reach": // LINE; LINE... of a profile of coverage
			os.WriteFile(os.Getenv(kernels.CoverVariable), []byte(strings.ReplaceAll(rest, "; ", "\n")), 0o600)
		case "print":
			x.Stdout(rest + "\n")
		case "megabytes":
			n, _ := strconv.Atoi(rest)
			x.Stdout(strings.Repeat(strings.Repeat("x", 999)+"\n", 1000*n))
		case "sleep":
			if !x.Sleep(time.Hour) {
				x.Fail("KeyboardInterrupt", "interrupted")
				return
			}
		case "hold": // and never let go
			time.Sleep(time.Hour)
		case "signal":
			signalSelf(rest)
		case "signal-later":
			x.AfterIdle(func() { signalSelf(rest) })
		case "fail":
			x.Fail("E", rest)
		case "write-key":
			os.WriteFile(rest, []byte(x.Kernel.Connection().Key), 0o600)
		case "nonsense":
			x.Raw(jupyter.IOPub, []byte("nonsense"))
			frames := x.Frames(&jupyter.Stream{Name: "stdout", Text: "cut"})
			x.Raw(jupyter.IOPub, frames[:len(frames)-2]...)
			frames = x.Frames(&jupyter.Stream{Name: "stdout", Text: "cut"})
			frames[len(frames)-1] = []byte(`{"name": "std`)
			x.Raw(jupyter.IOPub, frames...)
		case "forged":
			x.BadSignature(jupyter.IOPub, &jupyter.Stream{Name: "stdout", Text: "forged"})
			x.BadSignature(jupyter.Shell, &jupyter.ExecuteReply{Status: "error"})
		}
	}
}

func signalSelf(name string) {
	signals := map[string]syscall.Signal{"SIGKILL": syscall.SIGKILL, "SIGSEGV": syscall.SIGSEGV,
		"SIGSTOP": syscall.SIGSTOP}
	syscall.Kill(os.Getpid(), signals[name])
	time.Sleep(time.Second) // it takes effect in between
}

// runCommand is a `kernel run` in a folder of its own.
type runCommand struct {
	*exec.Cmd
	dir    string
	output bytes.Buffer
	tmp    string
	mark   string
}

// newCommand prepares `kernel run` with flags on a notebook of the cells.
func newCommand(t *testing.T, kernel string, cells []string, flags ...string) *runCommand {
	t.Helper()
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("what processes are left is read from /proc")
	}
	c := &runCommand{dir: t.TempDir()}
	c.mark = "GOCIFAR_TEST_MARK=" + strconv.Itoa(os.Getpid()) + t.Name()
	var err error
	if c.tmp, err = os.MkdirTemp("/tmp", "rt"); err != nil { // short: sockets live in it
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(c.tmp) })
	nb := nbformat.New()
	nb.Metadata().Set("kernelspec", map[string]any{"name": "fake", "display_name": "Fake"})
	for _, source := range cells {
		nb.Insert(len(nb.Cells), nbformat.NewCode(source))
	}
	if err := nb.WriteFile(filepath.Join(c.dir, "n.ipynb")); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	spec, err := json.Marshal(map[string]any{
		"argv": []string{self, "{connection_file}"}, "display_name": "Fake", "language": "fake", "interrupt_mode": "message",
		"env": map[string]string{roleVariable: kernel},
	})
	if err != nil {
		t.Fatal(err)
	}
	specDir := filepath.Join(c.dir, "kernels", "fake")
	if err := os.MkdirAll(specDir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(specDir, "kernel.json"), spec, 0o644); err != nil {
		t.Fatal(err)
	}
	c.Cmd = exec.Command(self, append(append([]string{"run"}, flags...), "n.ipynb")...)
	c.Dir = c.dir
	c.Env = append(os.Environ(), roleVariable+"=command", "JUPYTER_PATH="+c.dir, "TMPDIR="+c.tmp, c.mark)
	c.Stdout, c.Stderr = &c.output, &c.output
	return c
}

// exitCode runs the command to its end.
func (c *runCommand) exitCode(t *testing.T) int {
	t.Helper()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c.wait(t)
}

// wait waits for the end and checks what must hold then: no process, no
// temporary file.
func (c *runCommand) wait(t *testing.T) int {
	t.Helper()
	timer := time.AfterFunc(2*time.Minute, func() { c.Process.Kill() })
	defer timer.Stop()
	c.Wait() // the exit code says it
	left, err := os.ReadDir(c.tmp)
	if err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
	if left := c.processes(); len(left) > 0 {
		t.Errorf("processes are left: %v", left)
	}
	return c.ProcessState.ExitCode()
}

// processes are the folders in /proc of what the command has started.
func (c *runCommand) processes() (list []string) {
	environs, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range environs {
		if env, err := os.ReadFile(path); err == nil && bytes.Contains(env, []byte(c.mark+"\x00")) {
			list = append(list, filepath.Dir(path))
		}
	}
	return list
}

// states are those of the cells in the saved notebook.
func (c *runCommand) states(t *testing.T) string {
	t.Helper()
	nb, err := nbformat.ReadFile(filepath.Join(c.dir, "executed", "n.ipynb"))
	if err != nil {
		t.Errorf("%v\n%s", err, c.output.String())
		return ""
	}
	if err := nb.Validate(); err != nil {
		t.Error(err)
	}
	var states []string
	for _, cell := range nb.Cells {
		states = append(states, cell.Metadata().Object("gocifar").String("state"))
	}
	return strings.Join(states, " ")
}

func TestFaults(t *testing.T) {
	for name, c := range map[string]struct {
		kernel string
		cells  []string
		flags  []string
		code   int
		states string
		says   string // part of what is printed
	}{
		"killed in a cell": {"kernel", []string{"print 1", "print 2\nsignal SIGKILL", "print 3"}, nil, 4,
			"ok error not-run", "killed by SIGKILL"},
		"killed, errors allowed": {"kernel", []string{"signal SIGKILL", "print 3"}, []string{"-allow-errors"}, 4,
			"error not-run", "killed by SIGKILL"},
		"segmentation fault": {"kernel", []string{"print 2\nsignal SIGSEGV", "print 3"}, nil, 4, "error not-run",
			"died"},
		"killed between cells": {"kernel", []string{"print 1\nsignal-later SIGKILL", "print 2"}, nil, 4, "ok error",
			"killed by SIGKILL"},
		"killed after the last one": {"kernel", []string{"print 1\nsignal-later SIGKILL"}, nil, 0, "ok", "1 ok"},
		"hung": {"kernel", []string{"signal SIGSTOP", "print 2"}, []string{"-hang-timeout", "1s"}, 4,
			"error not-run", "no heartbeat"},
		"hung, with a time limit": {"kernel", []string{"signal SIGSTOP", "print 2"}, []string{"-timeout", "1s"}, 3,
			"timeout not-run", "did not end within 1s"},
		"never ready": {"silent kernel", []string{"print 1"}, []string{"-start-timeout", "1s"}, 5, "not-run",
			"not ready within 1s"},
		"dies at its start": {"no such role", []string{"print 1"}, nil, 5, "not-run", "it died: exit status 3"},
		"cell takes too long": {"kernel", []string{"sleep", "print 2"}, []string{"-timeout", "300ms"}, 3,
			"timeout not-run", "did not end within 300ms"},
		"run takes too long": {"kernel", []string{"sleep", "print 2"}, []string{"-total-timeout", "2s"}, 3,
			"timeout not-run", "did not end within 2s"},
		"corrupt messages": {"kernel", []string{"nonsense\nprint 1", "print 2"}, nil, 0, "ok ok", "bad message"},
		"wrong signatures": {"kernel", []string{"forged\nprint 1", "print 2"}, nil, 0, "ok ok",
			"signature does not match"},
		"a message of 100 MB": {"kernel", []string{"megabytes 100", "print 2"}, []string{"-json"}, 0, "ok ok", ""},
		"an error":            {"kernel", []string{"fail bad", "print 2"}, nil, 1, "error not-run", "E: bad"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := newCommand(t, c.kernel, c.cells, c.flags...)
			if got := cmd.exitCode(t); got != c.code {
				t.Errorf("exit code %d, want %d", got, c.code)
			}
			if got := cmd.states(t); got != c.states {
				t.Errorf("states %q, want %q", got, c.states)
			}
			if !strings.Contains(cmd.output.String(), c.says) {
				t.Errorf("does not say %q", c.says)
			}
			if t.Failed() && cmd.output.Len() < 10_000 {
				t.Log(cmd.output.String())
			}
		})
	}
}

func TestSignals(t *testing.T) {
	for name, c := range map[string]struct {
		cell    string
		signals []os.Signal
	}{
		"interrupted":                        {"print begun\nsleep", []os.Signal{os.Interrupt}},
		"terminated":                         {"print begun\nsleep", []os.Signal{syscall.SIGTERM}},
		"interrupted twice, kernel holds on": {"print begun\nhold", []os.Signal{os.Interrupt, os.Interrupt}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := newCommand(t, "kernel", []string{"print 1", c.cell, "print 3"})
			read, write, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer read.Close()
			cmd.Stdout = write
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			write.Close()
			seen, sent := "", false
			buffer := make([]byte, 4096)
			for {
				n, err := read.Read(buffer)
				seen += string(buffer[:n])
				if strings.Contains(seen, "begun") && !sent {
					sent = true
					for i, s := range c.signals {
						time.Sleep(time.Duration(i) * 500 * time.Millisecond)
						cmd.Process.Signal(s)
					}
				}
				if err != nil {
					break
				}
			}
			if got := cmd.wait(t); got != 130 {
				t.Errorf("exit code %d, want 130\n%s%s", got, seen, cmd.output.String())
			}
			if got := cmd.states(t); got != "ok error not-run" {
				t.Errorf("states %q\n%s", got, seen)
			}
			if strings.Contains(seen, "warning") {
				t.Errorf("warns:\n%s", seen)
			}
		})
	}
}

// A file can grow no further: what a full disk does, for one process.
func TestDiskFull(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("the limit is set by bash")
	}
	cmd := newCommand(t, "kernel", []string{"print 1", "megabytes 2", "print 3"})
	limited := exec.Command("bash", append([]string{"-c", `ulimit -f 500; exec "$0" "$@"`, cmd.Path}, cmd.Args[1:]...)...)
	limited.Dir, limited.Env, limited.Stdout, limited.Stderr = cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr
	cmd.Cmd = limited
	if got := cmd.exitCode(t); got != 6 {
		t.Errorf("exit code %d, want 6", got)
	}
	if !strings.Contains(cmd.output.String(), "file too large") {
		t.Errorf("%.1000s", cmd.output.String()[max(0, cmd.output.Len()-1000):])
	}
	// What could be saved before is whole, and truthful.
	if got := cmd.states(t); strings.Count(got, " ") != 2 || strings.HasSuffix(got, "ok") {
		t.Errorf("states %q", got)
	}
	left, err := filepath.Glob(filepath.Join(cmd.dir, "executed", ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left beside it: %v %v", left, err)
	}
}
