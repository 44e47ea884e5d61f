package repl

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// The tests in this file run real kernels:
//
//	GOCIFAR_TEST_PYTHON=/abs/python    with ipykernel
//	GOCIFAR_TEST_GONB=/abs/gonb        goimports and gopls beside it or in PATH

func TestIPython(t *testing.T) {
	python := os.Getenv("GOCIFAR_TEST_PYTHON")
	if python == "" {
		t.Skip("GOCIFAR_TEST_PYTHON does not name a python with ipykernel")
	}
	spec := &jupyter.Spec{
		Argv:     []string{python, "-m", "ipykernel_launcher", "-f", "{connection_file}"},
		Language: "python", DisplayName: "Python",
		Env: map[string]string{"IPYTHONDIR": t.TempDir()},
	}
	c := openConsole(t, consoleOptions{spec: spec})
	c.run("x = 6; x * 7")
	c.waitFor("Out[1]: 42\nIn [2]:")
	c.send("for i in range(2):\r")
	c.waitUntil("an indented line", func(s string) bool { return strings.HasSuffix(s, "\n└") })
	c.send("print('i', i)\r")
	c.waitUntil("one more line", func(s string) bool { return strings.HasSuffix(s, "print('i', i)\n└") })
	c.send("\r")
	c.waitFor("\ni 0\ni 1\nIn [3]:")
	c.run("name = input('who? '); print('hello', name)")
	c.waitFor("\nwho?")
	c.run("Ada")
	c.waitFor("who? Ada\nhello Ada\nIn [4]:")
	c.run("1/0")
	c.waitFor("ZeroDivisionError: division by zero\nIn [5]:")
	c.run("import time; print('sleep' + 'ing'); time.sleep(600)")
	c.waitFor("sleeping")
	c.send(ctrlC)
	c.waitFor("KeyboardInterrupt", "In [6]:")
	c.send("nam" + tab)
	c.waitUntil("the variable's name", func(s string) bool { return strings.HasSuffix(s, "In [6]: name") })
	c.send("\r")
	c.waitFor("Out[6]: 'Ada'")
	c.run("?len")
	c.waitFor("Return the number of items in a container")
	c.run("from IPython.display import display, HTML, clear_output; h = display(HTML('<b>old</b>'), display_id=True)")
	c.waitFor("\nold\nIn [8]:")
	c.run("import os; os._exit(3)")
	c.waitFor("The kernel is gone: the kernel died: exit status 3")
	c.run("print('new', 'kernel')")
	c.waitFor("\nnew kernel\nIn [2]:")
	c.run("exit()")
	c.waitFor("In [3]:")
	c.send(ctrlD)
	if code := c.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestGoNB(t *testing.T) {
	gonb := os.Getenv("GOCIFAR_TEST_GONB")
	if gonb == "" {
		t.Skip("GOCIFAR_TEST_GONB does not name a gonb")
	}
	spec := &jupyter.Spec{
		Argv:     []string{gonb, "--kernel", "{connection_file}", "--raw_error"},
		Language: "go", DisplayName: "GoNB", InterruptMode: jupyter.InterruptByMessage,
		Env: map[string]string{
			"PATH":    filepath.Dir(gonb) + string(os.PathListSeparator) + os.Getenv("PATH"),
			"GOPROXY": "off", "GOFLAGS": "-mod=mod",
		},
	}
	c := openConsole(t, consoleOptions{spec: spec, rows: 40, columns: 100})
	c.run(`fmt.Println("hello", 6*7)`) // without the line that GoNB wants above it
	c.waitFor("\nhello 42\nIn [2]:")
	c.send("func double(x int) int {\r")
	c.waitUntil("an indented line", func(s string) bool { return strings.HasSuffix(s, "\n└") })
	c.send("return 2 * x\r}\r")
	c.waitFor("In [3]:")
	c.send("x := double(21)\rfmt.Println(x)\r")
	c.waitFor("declared and not used: x")
	c.waitFor("In [4]:")
	c.run("x := double(21); fmt.Println(x)")
	c.waitFor("\n42\n")
	c.run(`y := 1 +`)
	c.waitUntil("a second line", func(s string) bool { return strings.HasSuffix(s, "\n└") })
	c.send("2; fmt.Println(\"sum\", y)\r")
	c.waitFor("\nsum 3\n")
	c.run("!echo from the shell")
	c.waitFor("\nfrom the shell\n")
	c.run(`fmt.Println("sleep" + "ing"); time.Sleep(time.Hour)`)
	c.waitFor("\nsleeping")
	c.send(ctrlC)
	c.waitFor("interrupt")
	c.run(`fmt.Println("still", double(1))`)
	c.waitFor("\nstill 2\n")
	c.send("fmt.Printl" + tab)
	c.waitFor("fmt.Println")
	c.send(ctrlC + ctrlC)
	c.run("?double")
	c.waitFor("func double(x int) int")
	c.send(ctrlD)
	c.exit()
}
