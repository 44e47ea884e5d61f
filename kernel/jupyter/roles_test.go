//go:build unix

package jupyter_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
)

// This test binary is also the kernel that the tests launch: with roleVariable
// set it plays one of the roles below instead of running tests.
const roleVariable = "GOCIFAR_TEST_KERNEL_ROLE"

// runVariable marks every process that comes of this test run.
const runVariable = "GOCIFAR_TEST_RUN"

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(playRole(role, os.Args[len(os.Args)-1]))
	}
	os.Setenv(runVariable, strconv.Itoa(os.Getpid()))
	os.Exit(m.Run())
}

// playRole is the main function of a launched kernel.
func playRole(role, connectionFile string) int {
	switch role {
	case "good":
		fmt.Println("the kernel's log")
	case "exits":
		fmt.Fprintln(os.Stderr, "cannot find the go command in PATH")
		return 3
	case "panics":
		for range 50 {
			go func() { select {} }()
		}
		panic("no such file: go")
	case "kills itself":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "opens no socket":
		fmt.Fprintln(os.Stderr, "waiting for nothing")
		select {}
	case "never ready":
		return fakekernel.Main(connectionFile, fakekernel.Options{NeverReady: true})
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		return fakekernel.Main(connectionFile, fakekernel.Options{IgnoreShutdown: true, Execute: cell})
	case "gonb":
		go slowToSignals()
		return fakekernel.Main(connectionFile, fakekernel.Options{
			Execute: cell, ControlRepliesOnShell: true, IgnoreInterrupt: true,
			Info: &jupyter.KernelInfoReply{Status: "ok", Implementation: "gonb"},
		})
	case "untidy":
		// A child in a session of its own that ignores SIGTERM and holds the
		// log open, as a badly behaved language server would.
		child := exec.Command("sh", "-c", "trap '' TERM; echo child >$TMPDIR/child; while :; do sleep 0.05; done")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := child.Start(); err != nil {
			return 1
		}
	case "launcher":
		return launcher()
	default:
		fmt.Fprintln(os.Stderr, "no such role:", role)
		return 2
	}
	return fakekernel.Main(connectionFile, fakekernel.Options{Execute: cell})
}

// signalsHandled is the file that the slow kernel writes when it has handled a
// signal.
const signalsHandled = "signals-handled"

// slowToSignals handles SIGINT as GoNB does on a loaded machine: late, while
// messages are answered at once.
func slowToSignals() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	for range signals {
		time.Sleep(300 * time.Millisecond)
		os.WriteFile(signalsHandled, nil, 0o600)
		fmt.Fprintln(os.Stderr, "I1125 00:30:00.000000       1 kernel.go:199] Signal interrupt received.")
	}
}

// cell is what a launched kernel can execute.
func cell(x *fakekernel.Execution) {
	command, argument, _ := strings.Cut(x.Code, " ")
	switch command {
	case "exit":
		code, _ := strconv.Atoi(argument)
		fmt.Fprintln(os.Stderr, "fatal: exit was called")
		os.Exit(code)
	case "kill":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "signal": // SIGSEGV makes a Go program exit 2
		syscall.Kill(os.Getpid(), syscall.SIGHUP)
	case "getenv":
		x.Stdout(os.Getenv(argument))
	case "files":
		inputs := make([]string, 3)
		for fd := range inputs {
			inputs[fd], _ = os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
		}
		wd, _ := os.Getwd()
		x.Stdout(strings.Join(append(inputs, wd), " "))
	case "sleep":
		if !x.Sleep(30 * time.Second) {
			x.Fail("Interrupted", "")
		}
	case "trap":
		interrupts := make(chan os.Signal, 1)
		signal.Notify(interrupts, os.Interrupt)
		x.Stdout("trapped")
		<-interrupts
		x.Fail("Signalled", "")
	}
}

// role returns a kernelspec that starts this binary.
func role(name string) *jupyter.Spec {
	return &jupyter.Spec{
		Name: name, Argv: []string{os.Args[0], "{connection_file}"}, InterruptMode: jupyter.InterruptByMessage,
		Env: map[string]string{roleVariable: name},
	}
}

// launcher launches a kernel, says its process id and waits to be killed.
func launcher() int {
	os.Unsetenv(roleVariable)
	k, err := jupyter.Launch(context.Background(), jupyter.LaunchOptions{Spec: role("good")})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(k.PID())
	select {}
}
