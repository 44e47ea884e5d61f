package repl

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/nbformat"
)

func TestInputsAndOutputs(t *testing.T) {
	c := openConsole(t, consoleOptions{spec: fakeSpec(t)})
	c.run("print hello")
	c.waitFor("In [1]: print hello\nhello\nIn [2]:")
	c.run("value 42")
	c.waitFor("Out[2]: 42\nIn [3]:")
	c.run("write no end")
	c.waitFor("\nno end\nIn [4]:")
	c.run("warn careful")
	c.waitFor("\ncareful\nIn [5]:")
	c.run("fail at once")
	c.waitFor("\nScriptError: at once\nIn [6]:")
	c.run("html <p>one</p><ul><li>two</ul>")
	c.waitFor("\none\n- two\nIn [7]:")
	c.run("")
	c.run("   ")
	c.run("print still 7")
	c.waitFor("still 7\nIn [8]:")
	c.send(ctrlD)
	if code := c.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestOutputsInPlace(t *testing.T) {
	c := openConsole(t, consoleOptions{spec: fakeSpec(t)})
	c.run("updates")
	c.waitFor("In [1]: updates\nbefore\n[##########]\nafter\nIn [2]:")
	c.run("progress")
	c.waitFor("In [2]: progress\n5 of 5\nIn [3]:")
	c.run("clear now")
	c.waitFor("In [3]: clear now\nstate 2\nof 2\nIn [4]:")
	c.run("clear wait")
	c.waitFor("In [4]: clear wait\nstate 2\nof 2\nIn [5]:")
}

func TestManyLines(t *testing.T) {
	c := openConsole(t, consoleOptions{spec: fakeSpec(t)})
	c.run("echo (a") // the kernel says that it goes on, and indents
	c.waitFor("In [1]: echo (a\n└")
	c.send("b)\r")
	c.waitFor(`"echo (a\n  b)"`, "In [2]:")
	c.run("echo (") // two empty lines send it anyway
	c.send("\r\r\r")
	c.waitFor(`"echo ("`, "In [3]:")
	c.send("\x1b[200~echo (x\r\n    y)\x1b[201~\r") // a paste keeps its indentation
	c.waitFor(`"echo (x\n    y)"`, "In [4]:")
	c.send(up) // an input comes back as a whole
	c.waitUntil("the pasted input", func(s string) bool { return strings.HasSuffix(s, "In [4]: echo (x\n└           y)") })
	c.send("\r")
	c.waitFor("In [5]:")
}

// TestBottomOfTheScreen edits many lines where the screen has none left.
func TestBottomOfTheScreen(t *testing.T) {
	c := openConsole(t, consoleOptions{spec: fakeSpec(t), columns: 40, rows: 10})
	c.run("lines 30")
	c.waitFor("line 30\nIn [2]:")
	c.send("echo (1")
	for _, text := range []string{"2", "3", "4", "5"} {
		c.send("\r")
		c.waitUntil("a new line", func(s string) bool { return strings.HasSuffix(s, "\n└") })
		c.send(text)
		c.waitUntil("its text", func(s string) bool { return strings.HasSuffix(s, "  "+text) })
	}
	want := "line 30\nIn [2]: echo (1\n│         2\n│         3\n│         4\n└         5"
	c.waitUntil("five lines", func(s string) bool { return strings.HasSuffix(s, want) })
	c.send("\x7f6 " + strings.Repeat("x", 60) + " y)")
	c.waitFor("line 30\nIn [2]: echo (1\n│         2\n│         3\n│         4\n└         6 xxxx")
	c.send("\r")
	c.waitFor(`"echo (1\n  2\n  3\n  4\n  6 `, "In [3]:")
}

func TestInterrupt(t *testing.T) {
	c := openConsole(t, consoleOptions{spec: fakeSpec(t)})
	c.send("print unfinished")
	c.waitFor("unfinished")
	c.send(ctrlC) // at the prompt: the line is cleared
	c.waitUntil("a new prompt", func(s string) bool { return strings.HasSuffix(s, "unfinished\nIn [1]:") })
	c.run("sleep")
	c.waitFor("sleeping")
	c.send(ctrlC)
	c.waitFor("woken\nIn [2]:")
	c.run("ask name?") // while the cell waits for input
	c.waitFor("\nname?")
	c.send(ctrlC)
	c.waitFor("interrupted while waiting", "In [3]:")
	c.run("print on")
	c.waitFor("\non\nIn [4]:")
}

func TestInterruptsThatAreIgnored(t *testing.T) {
	c := openConsole(t, consoleOptions{spec: fakeSpec(t)})
	c.run("stubborn")
	c.waitFor("not listening")
	ended := "The kernel was ended. Another is starting"
	for !strings.Contains(c.screen(), ended) {
		c.send(ctrlC)
		time.Sleep(200 * time.Millisecond) // signals that come together are one
	}
	c.waitFor("It has not stopped yet. Ctrl-C once more to end the kernel", ended)
	c.waitUntil("a prompt", func(s string) bool { return strings.HasSuffix(s, "In [1]:") })
	c.run("print again")
	c.waitFor("\nagain\nIn [2]:")
}

func TestDeath(t *testing.T) {
	c := openConsole(t, consoleOptions{spec: fakeSpec(t)})
	c.run("die")
	c.waitFor("last words\nThe kernel is gone: the kernel died: exit status 7", "all values are lost.\nIn [1]:")
	c.run("print alive")
	c.waitFor("\nalive\nIn [2]:")
	c.run("die later") // at the prompt
	c.waitFor("In [3]:")
	c.send("print typ")
	c.waitUntil("the second death", func(s string) bool { return strings.Count(s, "exit status 8") == 1 })
	c.send("ed\r")
	c.waitFor("\ntyped\nIn [2]:")
}

func TestInput(t *testing.T) {
	c := openConsole(t, consoleOptions{spec: fakeSpec(t)})
	c.run("ask who?")
	c.waitFor("\nwho?")
	c.run("Ada")
	c.waitFor("who? Ada\nhello Ada\nIn [2]:")
	c.run("password")
	c.waitFor("\npassword:")
	c.run("geheim")
	c.waitFor("password:\n6 letters\nIn [3]:")
	if strings.Contains(c.output(), "geheim") {
		t.Error("the password was shown")
	}
	c.send("ask typed ahead?\rEve\r")
	c.waitFor("typed ahead? Eve\nhello Eve\nIn [4]:")
	c.run("ask again?")
	c.waitFor("\nagain?")
	c.send(ctrlD) // no answer
	c.waitFor("there is none", "In [5]:")
}

// TestTypingAhead: what is typed while a cell runs is the next input, and does
// not get into the output.
func TestTypingAhead(t *testing.T) {
	c := openConsole(t, consoleOptions{spec: fakeSpec(t)})
	c.run("sleep")
	c.waitFor("sleeping")
	c.send("print ahead\r")
	c.send(ctrlC) // as in any terminal, Ctrl-C drops what is not read yet
	c.waitFor("sleeping\nInterrupted: woken\nIn [2]:")
	c.run("progress")
	c.send("print ahead\r")
	c.waitFor("5 of 5\nIn [3]: print ahead\nahead\nIn [4]:")
}

func TestLateOutput(t *testing.T) {
	c := openConsole(t, consoleOptions{spec: fakeSpec(t)})
	c.run("late bird")
	c.waitFor("In [2]:")
	c.send("print typed")
	c.waitUntil("output above the prompt", func(s string) bool {
		return strings.HasSuffix(s, "In [1]: late bird\nlate bird\nIn [2]: print typed")
	})
	c.send("\r")
	c.waitFor("\ntyped\nIn [3]:")
}

func TestHistory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "deep", "history.jsonl")
	options := consoleOptions{spec: fakeSpec(t), env: []string{historyEnv + "=" + file}}
	c := openConsole(t, options)
	c.run("print first")
	c.waitFor("In [2]:")
	c.run("print (two")
	c.waitFor("└")
	c.send("lines)\r")
	c.waitFor("In [3]:")
	c.send(ctrlD)
	c.exit()
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the history's mode: %v, %v", info.Mode(), err)
	}

	c = openConsole(t, options)
	c.run("value 1") // the kernel has started then
	c.waitFor("In [2]:")
	c.send(up + up)
	c.waitUntil("the last input of the session before", func(s string) bool {
		return strings.HasSuffix(s, "In [2]: print (two\n└         lines)")
	})
	c.send(up + up)
	c.waitUntil("what the kernel remembers", func(s string) bool {
		return strings.HasSuffix(s,
			"print from the kernel's history")
	})
	c.send("\r")
	c.waitFor("\nfrom the kernel's history\nIn [3]:")
	c.send("\x12first") // Ctrl-R
	c.waitFor("print first")
	c.send("\r\r")
	c.waitFor("\nfirst\nIn [4]:")
}

func TestCompletion(t *testing.T) {
	c := openConsole(t, consoleOptions{spec: fakeSpec(t)})
	c.run("value 1") // the kernel has started then
	c.waitFor("In [2]:")
	c.send("echo prog" + tab) // one way only
	c.waitFor("echo progress")
	c.send("\r")
	c.waitFor(`"echo progress"`, "In [3]:")
	c.send("prin" + tab) // a menu
	c.waitFor("print  printer")
	c.send(tab + tab)
	c.waitFor("In [3]: printer")
	c.send(ctrlC) // drops what was put in
	c.waitUntil("the word as typed", func(s string) bool { return strings.HasSuffix(s, "In [3]: print") })
	c.send(ctrlC)
	c.waitFor("In [3]: print\nIn [3]:")
	c.send("echo pä" + tab)
	c.waitFor("echo päckchen")
	c.send("\r")
	c.waitFor(`"echo päckchen"`, "In [4]:")
	c.send(tab + "echo tab\r") // at a line's start Tab is a tab
	c.waitFor(`"\techo tab"`)
}

func TestHelp(t *testing.T) {
	c := openConsole(t, consoleOptions{spec: fakeSpec(t)})
	c.run("?print")
	c.waitFor("print TEXT (detail 0)\nIn [1]:")
	c.run("print??")
	c.waitFor("print TEXT (detail 1)\nIn [1]:")
	c.run("?marked")
	c.waitFor("    func marked()\n\na * b\n\nmarked (https://x.y)\nIn [1]:")
	c.run("?nothing")
	c.waitFor("the kernel knows nothing of nothing\nIn [1]:")
	c.run(":help")
	c.waitFor(":load FILE", ":restart", "?NAME")
	c.run(":nonsense")
	c.waitFor("there is no command :nonsense; :help lists them")
	c.run(":load")
	c.waitFor(":load wants a FILE after it")
	c.run(":quit now")
	c.waitFor(":quit takes nothing after it")
	c.run(":timing")
	c.run("value 1")
	c.waitFor("Out[1]: 1\n0.", " s, the first output after 0.")
	c.run(":quit")
	if code := c.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestSaveAndLoad(t *testing.T) {
	dir := t.TempDir()
	c := openConsole(t, consoleOptions{spec: fakeSpec(t)})
	c.run("print one")
	c.run("updates")
	c.run("fail here")
	c.run("picture")
	c.waitFor("In [5]:")
	notebook := filepath.Join(dir, "session.ipynb")
	c.run(":save " + notebook)
	c.waitFor("4 inputs are in ")
	nb, err := nbformat.ReadFile(notebook)
	if err != nil {
		t.Fatal(err)
	}
	if err := nb.Validate(); err != nil {
		t.Error(err)
	}
	if nb.KernelName() != "test" || nb.Language() != "fake" || len(nb.Cells) != 4 {
		t.Errorf("kernel %q, language %q, %d cells", nb.KernelName(), nb.Language(), len(nb.Cells))
	}
	if text, _ := nb.Cells[1].Outputs()[1].Text("text/plain"); text != "[##########]" {
		t.Errorf("the display was saved as %q", text)
	}
	if png, _ := nb.Cells[3].Outputs()[0].Text("image/png"); strings.TrimSpace(png) != redDot ||
		nb.Cells[3].ExecutionCount() != 4 {
		t.Errorf("the picture was saved as %.20q, in cell %d", png, nb.Cells[3].ExecutionCount())
	}

	c.run(":load " + notebook + "#1")
	c.waitFor("In [5]: print one\none\nIn [6]:")
	c.run(":load " + notebook + "#9")
	c.waitFor("has 4 code cells, and no cell 9")
	c.run(":load " + notebook) // up to the failure
	c.waitFor("cell 8: ScriptError: here\nIn [9]:")
	script := filepath.Join(dir, "script.py")
	c.run(":save " + script)
	c.waitFor("8 inputs are in ")
	data, err := os.ReadFile(script)
	if err != nil || !strings.HasPrefix(string(data), "# %%\nprint one\n\n# %%\nupdates\n\n") {
		t.Errorf("saved code: %q, %v", data, err)
	}
	c.run(":save " + filepath.Join(dir, "session.pdf"))
	c.waitFor("cannot save as")
	c.run(":save " + filepath.Join(dir, "missing", "x.ipynb"))
	c.waitFor("no such file or directory")
	c.run(":load " + filepath.Join(dir, "missing.py"))
	c.waitFor("missing.py: no such file")
}
