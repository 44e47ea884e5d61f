package live

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gocifar/gocifar/internal/child"
)

// shell runs a line that begins with "!"; with "!*" in the folder where cells are
// compiled.
func (m *magics) shell(line string) error {
	k, dir := m.kernel, m.kernel.cwd
	if rest, ok := strings.CutPrefix(line, "*"); ok {
		line, dir = rest, k.dir
		if err := k.writeSources(); err != nil {
			return &failure{name: shellError, value: "the notebook's program cannot be written: " + err.Error()}
		}
	}
	var ask *bool
	if m.withInputs || m.withPassword {
		password := m.withPassword
		ask, m.withInputs, m.withPassword = &password, false, false
	}
	program := "/bin/bash"
	if _, err := exec.LookPath(program); err != nil {
		program = "/bin/sh"
	}
	return k.command(m.execution, []string{program, "-c", line}, dir, "", ask)
}

// sourceNames are the files that writeSources makes.
var sourceNames = []string{"main.go", "main_test.go"}

// writeSources puts the notebook, as a program, into the folder where cells are
// compiled, for the go command.
func (k *Kernel) writeSources() error {
	texts := map[string]string{}
	for _, source := range k.session.Sources() {
		texts[source.Name] = source.Text
	}
	for _, name := range sourceNames {
		path := filepath.Join(k.dir, name)
		text, ok := texts[name]
		if !ok {
			if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
			continue
		}
		// A file that is as it was keeps its time, by which the go command knows.
		if old, err := os.ReadFile(path); err == nil && string(old) == text {
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// askAfter is how long a command runs before the user is asked for input.
const askAfter = 200 * time.Millisecond

// command runs a program and shows what it prints. ask is for input from the user,
// and whether it is a password.
func (k *Kernel) command(x *execution, argv []string, dir, stdin string, ask *bool) error {
	cmd := child.Command(x.ctx, syscall.SIGINT, 3*time.Second, argv[0], argv[1:]...)
	cmd.Dir = dir
	interrupt := cmd.Cancel
	cmd.Cancel = func() error {
		time.AfterFunc(2*time.Second, func() { _ = child.Signal(cmd.Process.Pid, syscall.SIGKILL) })
		return interrupt()
	}
	var lock sync.Mutex
	cmd.Stdout, cmd.Stderr = printer{k, "stdout", &lock}, printer{k, "stderr", &lock}
	var input io.WriteCloser
	if ask != nil {
		var err error
		if input, err = cmd.StdinPipe(); err != nil {
			return err
		}
	} else {
		cmd.Stdin = strings.NewReader(stdin)
	}
	if err := cmd.Start(); err != nil {
		return &failure{name: shellError, value: fmt.Sprintf("%s: %v", argv[0], err)}
	}
	ended := make(chan struct{})
	if ask != nil {
		go func() {
			for {
				select {
				case <-ended:
					return
				case <-time.After(askAfter):
				}
				line, err := k.input(x, "", *ask)
				if err != nil {
					input.Close()
					return
				}
				if _, err := io.WriteString(input, line+"\n"); err != nil {
					return
				}
			}
		}()
	}
	err := cmd.Wait()
	close(ended)
	if x.ctx.Err() != nil {
		return errInterrupted
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return &failure{name: shellError, value: strings.Join(argv, " ") + ": " + exit.Error()}
	}
	if err != nil {
		return &failure{name: shellError, value: err.Error()}
	}
	return nil
}

// printer publishes what is written to it.
type printer struct {
	kernel *Kernel
	name   string
	lock   *sync.Mutex
}

func (p printer) Write(b []byte) (int, error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.kernel.write(p.name, strings.ToValidUTF8(string(b), "\uFFFD"))
	return len(b), nil
}
