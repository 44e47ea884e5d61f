package repl

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"

	"github.com/gocifar/gocifar/kernel/internal/repl/picture"
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
)

// The tests drive the console as a user does: this test program starts itself
// as the console, in a terminal of its own (a pty), types, and reads the screen
// that a terminal emulator makes of the output. A third copy of the program is
// the kernel.

// Variables that make this program something else than the tests.
const (
	childVariable  = "GOCIFAR_TEST_REPL"          // the console
	kernelVariable = "GOCIFAR_TEST_REPL_KERNEL"   // the kernel, its argument a connection file
	specVariable   = "GOCIFAR_TEST_REPL_SPEC"     // the console's kernelspec, a folder
	attachVariable = "GOCIFAR_TEST_REPL_ATTACH"   // the console's connection file
	picsVariable   = "GOCIFAR_TEST_REPL_PICTURES" // the console's picture protocol
	historyEnv     = "GOCIFAR_TEST_REPL_HISTORY"
	gateVariable   = "GOCIFAR_TEST_REPL_GATE" // a file that the kernel waits for
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(kernelVariable) != "":
		for gate := os.Getenv(gateVariable); gate != ""; time.Sleep(10 * time.Millisecond) {
			if _, err := os.Stat(gate); err == nil {
				break
			}
		}
		os.Exit(fakekernel.Main(os.Args[1], scriptedKernel()))
	case os.Getenv(childVariable) != "":
		os.Exit(runChild())
	}
	os.Exit(m.Run())
}

// runChild is the console.
func runChild() int {
	o := Options{Pictures: picture.Protocol(os.Getenv(picsVariable)), History: os.Getenv(historyEnv)}
	if file := os.Getenv(attachVariable); file != "" {
		o.Attached, o.Name = true, "attached"
		o.Start = func(ctx context.Context) (*jupyter.Kernel, error) {
			info, err := jupyter.ReadConnectionFile(file)
			if err != nil {
				return nil, err
			}
			return jupyter.Attach(ctx, info)
		}
	} else {
		spec, err := jupyter.ReadSpec(os.Getenv(specVariable))
		if err != nil {
			fmt.Println(err)
			return 2
		}
		o.Name, o.DisplayName, o.Language = spec.Name, spec.DisplayName, spec.Language
		o.Start = func(ctx context.Context) (*jupyter.Kernel, error) {
			return jupyter.Launch(ctx, jupyter.LaunchOptions{Spec: spec})
		}
	}
	if err := Run(context.Background(), o); err != nil {
		fmt.Printf("ended: %v\r\n", err)
		return 1
	}
	return 0
}

// fakeSpec is the kernelspec of the scripted kernel.
func fakeSpec(t *testing.T) *jupyter.Spec {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &jupyter.Spec{
		Argv: []string{program, "{connection_file}"}, DisplayName: "Scripted", Language: "fake",
		InterruptMode: jupyter.InterruptByMessage, Env: map[string]string{kernelVariable: "1"},
	}
}

// console is a console in a terminal.
type console struct {
	t    *testing.T
	cmd  *exec.Cmd
	tty  *os.File
	done chan struct{} // closed when the program has ended and all was read

	mu   sync.Mutex
	term vt10x.Terminal
	raw  bytes.Buffer
}

// consoleOptions are a console's terminal and kernel.
type consoleOptions struct {
	columns, rows int // 80 by 24
	spec          *jupyter.Spec
	env           []string
	mute          bool // the terminal does not answer questions
	device        string
}

// openConsole starts a console and waits for its prompt.
func openConsole(t *testing.T, o consoleOptions) *console {
	t.Helper()
	if o.columns == 0 {
		o.columns, o.rows = 80, 24
	}
	if o.device == "" {
		o.device = "\x1b[?1;2c"
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &console{t: t, cmd: exec.Command(program), done: make(chan struct{})}
	c.cmd.Env = append(os.Environ(), childVariable+"=1", "TERM=xterm-256color", "LC_ALL=C.UTF-8", "COLORTERM=", "TMUX=",
		"NO_COLOR=", "INPUTRC=/dev/null", "LC_TERMINAL=", "TERM_PROGRAM=", "KITTY_WINDOW_ID=")
	if o.spec != nil {
		dir := t.TempDir()
		spec := *o.spec
		if err := jupyter.WriteSpec(dir, "test", &spec); err != nil {
			t.Fatal(err)
		}
		c.cmd.Env = append(c.cmd.Env, specVariable+"="+filepath.Join(dir, "test"))
	}
	c.cmd.Env = append(c.cmd.Env, o.env...)
	c.term = vt10x.New(vt10x.WithSize(o.columns, o.rows))
	if c.tty, err = pty.StartWithSize(c.cmd, &pty.Winsize{Cols: uint16(o.columns), Rows: uint16(o.rows)}); err != nil {
		if f, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0); err != nil {
			t.Skip("this machine gives no pseudo-terminals: ", err)
		} else {
			f.Close()
		}
		t.Fatal(err)
	}
	go c.emulate(o)
	t.Cleanup(func() {
		c.cmd.Process.Kill()
		<-c.done
		c.tty.Close()
	})
	c.waitFor("In [1]:")
	return c
}

// emulate is the terminal: it draws the screen and answers questions.
func (c *console) emulate(o consoleOptions) {
	defer close(c.done)
	buffer := make([]byte, 4096)
	for {
		n, err := c.tty.Read(buffer)
		if err != nil {
			c.cmd.Wait()
			return
		}
		rest := buffer[:n]
		c.mu.Lock()
		c.raw.Write(rest)
		for len(rest) > 0 { // up to each question, for the cursor is where it is then
			at := bytes.Index(rest, []byte("\x1b[6n"))
			part := rest
			if at >= 0 {
				part = rest[:at+4]
			}
			c.term.Write(part)
			rest = rest[len(part):]
			if o.mute {
				continue
			}
			if at >= 0 {
				cursor := c.term.Cursor()
				fmt.Fprintf(c.tty, "\x1b[%d;%dR", cursor.Y+1, cursor.X+1)
			}
			if bytes.Contains(part, []byte("\x1b[c")) {
				fmt.Fprint(c.tty, o.device)
			}
		}
		c.mu.Unlock()
	}
}

// screen is what the terminal shows, without blanks at the ends of lines.
func (c *console) screen() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.term.Lock()
	defer c.term.Unlock()
	columns, rows := c.term.Size()
	var lines []string
	for y := range rows {
		var line strings.Builder
		for x := range columns {
			if ch := c.term.Cell(x, y).Char; ch != 0 {
				line.WriteRune(ch)
			} else {
				line.WriteByte(' ')
			}
		}
		lines = append(lines, strings.TrimRight(line.String(), " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// output is all that was sent to the terminal.
func (c *console) output() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.raw.String()
}

// consoleWait is how long the tests wait for something to appear.
const consoleWait = 60 * time.Second

// waitFor waits until the screen holds all the texts.
func (c *console) waitFor(texts ...string) {
	c.t.Helper()
	c.waitUntil(fmt.Sprintf("%q", texts), func(screen string) bool {
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				return false
			}
		}
		return true
	})
}

func (c *console) waitUntil(what string, ok func(screen string) bool) {
	c.t.Helper()
	for deadline := time.Now().Add(consoleWait); ; time.Sleep(10 * time.Millisecond) {
		if ok(c.screen()) {
			return
		}
		select {
		case <-c.done:
			if ok(c.screen()) {
				return
			}
			c.t.Fatalf("the console ended while waiting for %s; the screen:\n%s", what, c.screen())
		default:
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("waited for %s; the screen:\n%s", what, c.screen())
		}
	}
}

// send types keys.
func (c *console) send(keys string) {
	c.t.Helper()
	if _, err := c.tty.WriteString(keys); err != nil {
		c.t.Fatalf("typing %q: %v", keys, err)
	}
}

// run types an input and Enter.
func (c *console) run(input string) { c.t.Helper(); c.send(input + "\r") }

// exit waits for the end and returns the exit code.
func (c *console) exit() int {
	c.t.Helper()
	select {
	case <-c.done:
	case <-time.After(consoleWait):
		c.t.Fatalf("the console has not ended; the screen:\n%s", c.screen())
	}
	return c.cmd.ProcessState.ExitCode()
}

// Keys.
const (
	ctrlC = "\x03"
	ctrlD = "\x04"
	tab   = "\t"
	up    = "\x1b[A"
)
