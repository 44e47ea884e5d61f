package engine

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

// inputKind is what a shell command reads.
type inputKind int

const (
	noInput inputKind = iota // what it is given
	textInput
	passwordInput
)

// askForShell says what the next shell command reads; name is the magic that
// says so.
func (r *run) askForShell(name string, kind inputKind) error {
	r.shellInput = kind
	if !r.cell.Input {
		return &Failure{Name: inputError, Value: "%" + name + ": " + errNoInput.Error()}
	}
	return nil
}

// shell runs a line that begins with "!"; with "!*" in the folder where cells
// are compiled.
func (r *run) shell(line string) error {
	dir := r.cwd
	if rest, ok := strings.CutPrefix(line, "*"); ok {
		line, dir = rest, r.dir
		if err := r.writeSources(); err != nil {
			return &Failure{Name: shellError, Value: "the notebook's program cannot be written: " + err.Error()}
		}
	}
	kind := r.shellInput
	r.shellInput = noInput
	program := "/bin/bash"
	if _, err := exec.LookPath(program); err != nil {
		program = "/bin/sh"
	}
	return r.command([]string{program, "-c", line}, dir, "", kind)
}

// sourceNames are the files that writeSources makes.
var sourceNames = []string{"main.go", "main_test.go"}

// writeSources puts the notebook, as a program, into the folder where cells are
// compiled, for the go command.
func (e *Engine) writeSources() error {
	texts := map[string]string{}
	for _, source := range e.session.Sources() {
		texts[source.Name] = source.Text
	}
	for _, name := range sourceNames {
		path := filepath.Join(e.dir, name)
		text, ok := texts[name]
		if !ok {
			if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
			continue
		}
		// A file that is as it was keeps its time, by which the go command
		// knows.
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

// command runs a program and shows what it prints. It reads stdin, or what the
// user is asked for.
func (r *run) command(argv []string, dir, stdin string, kind inputKind) error {
	cmd := child.Command(r.ctx, syscall.SIGINT, 3*time.Second, argv[0], argv[1:]...)
	cmd.Dir = dir
	interrupt := cmd.Cancel
	cmd.Cancel = func() error {
		time.AfterFunc(2*time.Second, func() { _ = child.Signal(cmd.Process.Pid, syscall.SIGKILL) })
		return interrupt()
	}
	var lock sync.Mutex
	cmd.Stdout, cmd.Stderr = printer{r, "stdout", &lock}, printer{r, "stderr", &lock}
	var input io.WriteCloser
	if kind == noInput {
		cmd.Stdin = strings.NewReader(stdin)
	} else {
		var err error
		if input, err = cmd.StdinPipe(); err != nil {
			return err
		}
	}
	if err := cmd.Start(); err != nil {
		return &Failure{Name: shellError, Value: fmt.Sprintf("%s: %v", argv[0], err)}
	}
	ended := make(chan struct{})
	if input != nil {
		go r.feed(input, kind == passwordInput, ended)
	}
	r.turn.Unlock()
	err := cmd.Wait()
	r.turn.Lock()
	close(ended)
	if r.ctx.Err() != nil {
		return errInterrupted
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return &Failure{Name: shellError, Value: strings.Join(argv, " ") + ": " + exit.Error()}
	}
	if err != nil {
		return &Failure{Name: shellError, Value: err.Error()}
	}
	return nil
}

// feed asks the user for lines until a command has ended.
func (r *run) feed(input io.WriteCloser, password bool, ended <-chan struct{}) {
	for {
		select {
		case <-ended:
			return
		case <-time.After(askAfter):
		}
		line, err := r.input("", password)
		if err != nil {
			input.Close()
			return
		}
		if _, err := io.WriteString(input, line+"\n"); err != nil {
			return
		}
	}
}

// printer shows what is written to it.
type printer struct {
	run  *run
	name string
	lock *sync.Mutex
}

func (p printer) Write(b []byte) (int, error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.run.print(p.name, strings.ToValidUTF8(string(b), "\uFFFD"))
	return len(b), nil
}
