package repl

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
)

func TestRestart(t *testing.T) {
	c := openConsole(t, consoleOptions{spec: fakeSpec(t)})
	c.run("count")
	c.run("count")
	c.waitFor("Out[2]: 2\nIn [3]:")
	c.run(":restart")
	c.waitFor("A new kernel is starting; all values are lost.\nIn [1]:")
	c.run("count")
	c.waitFor("Out[1]: 1")
}

// TestPromptAtOnce: the prompt does not wait for the kernel, and the first
// input waits for it.
func TestPromptAtOnce(t *testing.T) {
	gate := filepath.Join(t.TempDir(), "gate")
	spec := fakeSpec(t)
	spec.Env[gateVariable] = gate // the kernel does not start before this file is there
	c := openConsole(t, consoleOptions{spec: spec})
	c.send("pri" + tab)
	c.waitFor("the kernel is still starting")
	c.send("nt early\r")
	c.waitFor("In [1]: print early")
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c.waitFor("\nearly\nIn [2]:")
}

func TestKernelThatDoesNotStart(t *testing.T) {
	c := openConsole(t, consoleOptions{spec: &jupyter.Spec{Argv: []string{"false"}, DisplayName: "False"}})
	c.waitFor("cannot start kernel", "exit status 1")
	if code := c.exit(); code != 1 { // the test program's; `kernel repl` gives 5
		t.Errorf("exit code %d", code)
	}
}

// TestControlSequences: a kernel's text colors, and does nothing else to the
// terminal.
func TestControlSequences(t *testing.T) {
	c := openConsole(t, consoleOptions{spec: fakeSpec(t)})
	c.run(`raw \u001b]52;c;ZXZpbA==\u0007a\u001b[2Jb\u001b[31mc\u001b[0m\u009bd\u001bPq#0\u001b\\e\u0008\u001b[6nf`)
	c.waitFor("ab", "In [2]:")
	_, after, _ := strings.Cut(c.output(), "raw ")
	for _, bad := range []string{"\x1b]52", "\x1b[2J", "\x1bP", "\x1b[6n", "\u009b"} {
		if strings.Contains(after, bad) {
			t.Errorf("%q reached the terminal", bad)
		}
	}
	if !strings.Contains(after, "\x1b[31mc\x1b[0m") {
		t.Error("the color is missing")
	}
}

func TestPictures(t *testing.T) {
	for _, p := range []struct {
		name   string
		device string // what the terminal says it is
		env    []string
		want   string // in what it gets
		not    string
	}{
		{"half blocks", "", nil, "▀", "a red dot"},
		{"sixel", "\x1b[?62;4;22c", nil, "\x1bP0;0;8q", "a red dot"},
		{"kitty", "", []string{"TERM=xterm-kitty"}, "a=T,f=100,i=", "a red dot"},
		{"iTerm2", "", []string{"LC_TERMINAL=iTerm2"}, "\x1b]1337;File=inline=1;", "a red dot"},
		{"none, where colors are missing", "", []string{"TERM=xterm"}, "a red dot", "▀"},
		{"none, on request", "", []string{picsVariable + "=none"}, "a red dot", "▀"},
		{"sixel, on request", "", []string{picsVariable + "=sixel"}, "\x1bP0;0;8q", "▀"},
		{"dumb", "", []string{"TERM=dumb"}, "a red dot", "\x1b"},
	} {
		t.Run(p.name, func(t *testing.T) {
			c := openConsole(t, consoleOptions{spec: fakeSpec(t), env: p.env, device: p.device})
			c.run("picture")
			c.waitFor("In [2]:")
			if out := c.output(); !strings.Contains(out, p.want) || strings.Contains(out, p.not) {
				t.Errorf("want %q and not %q in %q", p.want, p.not, out)
			}
		})
	}
}

// TestTerminalThatDoesNotAnswer is as good, half a second later.
func TestTerminalThatDoesNotAnswer(t *testing.T) {
	c := openConsole(t, consoleOptions{spec: fakeSpec(t), mute: true})
	c.run("lines 40")
	c.waitFor("line 40\nIn [2]:")
	c.run("print (x")
	c.waitFor("└")
	c.send("y)\r")
	c.waitFor("└         y)\n(x\n  y)\nIn [3]:")
}

// TestDumbTerminal has no line editor, as under Emacs.
func TestDumbTerminal(t *testing.T) {
	c := openConsole(t, consoleOptions{spec: fakeSpec(t), env: []string{"TERM=dumb"}})
	c.run("print hello")
	c.waitFor("hello\nIn [2]:")
	c.run("echo (a")
	c.waitFor("   ...:")
	c.run("b)")
	c.waitFor(`"echo (a\nb)"`, "In [3]:")
	c.run("sleep")
	c.waitFor("sleeping")
	c.send(ctrlC)
	c.waitFor("woken", "In [4]:")
	c.send(ctrlC)
	c.send(ctrlD)
	if code := c.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestAttached: the kernel of somebody else is used and left alone.
func TestAttached(t *testing.T) {
	options := scriptedKernel()
	k, err := fakekernel.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	file := filepath.Join(t.TempDir(), "kernel-1.json")
	if err := k.Connection().WriteFile(file); err != nil {
		t.Fatal(err)
	}
	env := []string{attachVariable + "=" + file}
	c := openConsole(t, consoleOptions{env: env})
	c.run("count")
	c.waitFor("Out[1]: 1\nIn [2]:")
	c.run(":restart")
	c.waitFor("was not started here")
	c.send(ctrlD)
	c.exit()
	select {
	case <-k.Stopped():
		t.Fatal("the kernel was ended")
	default:
	}
	c = openConsole(t, consoleOptions{env: env})
	c.run("sleep")
	c.waitFor("sleeping")
	c.send(ctrlC)
	c.waitFor("woken")
	c.run("count")
	c.waitFor("Out[3]: 2\nIn [4]:")
	k.Die()
	if c.waitFor("the kernel died"); c.exit() != 1 {
		t.Error("the session ended well without a kernel")
	}
}
