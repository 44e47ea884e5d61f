//go:build unix

package run

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/nbformat"
)

// again prepares the same command with other flags and arguments.
func (c *runCommand) again(arguments ...string) { c.command("run", arguments...) }

// command prepares another command in the same place.
func (c *runCommand) command(name string, arguments ...string) {
	next := exec.Command(c.Path, append([]string{name}, arguments...)...)
	next.Dir, next.Env = c.Dir, c.Env
	c.output.Reset()
	next.Stdout, next.Stderr = &c.output, &c.output
	c.Cmd = next
}

// edit changes the notebook that the command runs.
func (c *runCommand) edit(t *testing.T, change func(*nbformat.Notebook)) {
	t.Helper()
	path := filepath.Join(c.dir, "n.ipynb")
	nb, err := nbformat.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	change(nb)
	if err := nb.WriteFile(path); err != nil {
		t.Fatal(err)
	}
}

func (c *runCommand) expect(t *testing.T, code int, says ...string) {
	t.Helper()
	if got := c.exitCode(t); got != code {
		t.Errorf("%q: exit code %d, want %d\n%s", c.Args[1:], got, code, c.output.String())
	}
	for _, text := range says {
		if !strings.Contains(c.output.String(), text) {
			t.Errorf("%q does not say %q:\n%s", c.Args[1:], text, c.output.String())
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	c := newCommand(t, "kernel", []string{"print loss 1.0", "print b"})
	c.again("-check", "n.ipynb")
	c.expect(t, 2, "nothing to compare with")
	c.again("n.ipynb")
	c.expect(t, 0, "2 ok")
	if err := os.Rename(filepath.Join(c.dir, "executed", "n.ipynb"), filepath.Join(c.dir, "n.ipynb")); err != nil {
		t.Fatal(err)
	}
	c.again("-check", "n.ipynb")
	c.expect(t, 0)
	c.edit(t, func(nb *nbformat.Notebook) {
		nb.Cells[0].SetOutputs([]nbformat.Output{nbformat.NewStream("stdout", "loss 1.01\n")})
	})
	c.again("-check", "-github", "-junit", "j.xml", "n.ipynb")
	c.expect(t, 1, "[1/2] OutputsDiffer: stdout is not what is stored", "    -loss 1.01\n    +loss 1.0\n",
		"::error file=n.ipynb,title=cell 1::OutputsDiffer")
	if junit, err := os.ReadFile(filepath.Join(c.dir, "j.xml")); err != nil ||
		!strings.Contains(string(junit), `failures="1"`) {
		t.Errorf("%v: %s", err, junit)
	}
	c.again("-check", "-tolerance", "0.05", "n.ipynb")
	c.expect(t, 0)
	c.again("-check", "-ignore", `\d\.\d+`, "n.ipynb")
	c.expect(t, 0)
	c.again("-check", "-ignore", `(`, "n.ipynb")
	c.expect(t, 2, "-ignore")
}

func TestDocumentsWithoutARun(t *testing.T) {
	t.Parallel()
	c := newCommand(t, "kernel", []string{"a = 1  # first\nb = 'x'", "print(a)"})
	c.edit(t, func(nb *nbformat.Notebook) {
		nb.Metadata().Object("kernelspec").Set("name", "python3")
		nb.Cells[0].AddTag("parameters")
		nb.Cells[1].SetOutputs([]nbformat.Output{nbformat.NewStream("stdout", "1\n")})
		nb.Cells[1].SetExecutionCount(7)
		nb.Cells[1].Metadata().Set("gocifar", map[string]any{"state": "ok", "timeout": 5})
	})
	c.again("-inspect", "n.ipynb")
	c.expect(t, 0, "a", "first")
	c.again("-inspect", "-json", "n.ipynb")
	c.expect(t, 0)
	var listed []struct{ Parameters []map[string]string }
	if err := json.Unmarshal(c.output.Bytes(), &listed); err != nil || len(listed[0].Parameters) != 2 ||
		listed[0].Parameters[0]["help"] != "first" {
		t.Errorf("%v: %s", err, c.output.String())
	}

	if err := os.WriteFile(filepath.Join(c.dir, "p.yaml"), []byte("a: 5\nb: file\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c.again("-prepare-only", "-report-mode", "-f", "p.yaml", "-p", "a=2", "-r", "b=3", "-output", "prepared", "n.ipynb")
	c.expect(t, 0)
	nb, err := nbformat.ReadFile(filepath.Join(c.dir, "prepared", "n.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	if got := nb.Cells[1].Source(); got != "# Parameters\na = 2\nb = \"3\"\n" || nb.Cells[2].ExecutionCount() != 7 {
		t.Errorf("prepared %q", got)
	}
	if hidden := nb.Cells[2].Metadata().Object("jupyter").Get("source_hidden"); hidden != true {
		t.Errorf("source_hidden is %v", hidden)
	}
	c.again("-p", "nonsense", "n.ipynb")
	c.expect(t, 2, "no name=value")
	c.again("-f", "absent.yaml", "n.ipynb")
	c.expect(t, 2, "absent.yaml")

	c.again("-clear", "n.ipynb")
	c.expect(t, 0)
	c.edit(t, func(nb *nbformat.Notebook) {
		cell := nb.Cells[1]
		if len(cell.Outputs()) > 0 || cell.ExecutionCount() > 0 || cell.Metadata().Object("gocifar").String("state") != "" ||
			!cell.Metadata().Object("gocifar").Has("timeout") {
			t.Errorf("cleared: %s", nb.Encode())
		}
	})
}

func TestPipes(t *testing.T) {
	t.Parallel()
	c := newCommand(t, "kernel", []string{"print 1"})
	raw, err := os.ReadFile(filepath.Join(c.dir, "n.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	c.again("-")
	var out bytes.Buffer
	c.Stdin, c.Stdout = bytes.NewReader(raw), &out
	c.expect(t, 0, "1 ok")
	nb, err := nbformat.Parse(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if _, text := nb.Cells[0].Outputs()[0].Stream(); text != "1\n" {
		t.Errorf("output %q", text)
	}
	if _, err := os.Stat(filepath.Join(c.dir, "executed")); err == nil {
		t.Error("a folder was made for the standard output")
	}
	c.again("-output", "-", "n.ipynb", "executed")
	c.expect(t, 2)
	c.again("-")
	c.Stdin = strings.NewReader("{")
	c.expect(t, 2, "standard input: not JSON")
}

func TestWhereARunBegins(t *testing.T) {
	t.Parallel()
	c := newCommand(t, "kernel", []string{"print 1", "print 2"})
	for _, wrong := range [][]string{{"-from-cell", "3"}, {"-from-cell", "-1"}, {"-resume", "-output", "-"}, {"-profile", "x"}} {
		c.again(append(wrong, "n.ipynb")...)
		c.expect(t, 2)
	}
	c.again("-from-cell", "2", "n.ipynb")
	c.expect(t, 0, "1 ok, 1 skipped", "the cells before the first one were not run")
	c.again("-resume", "n.ipynb")
	c.expect(t, 0, "2 ok") // the first cell has no result to take over
	c.again("-resume", "n.ipynb")
	c.expect(t, 0, "2 skipped")
}

// TestSecretsAreNotTold: neither the connection's key nor the values of
// variables get into what is printed, logged or saved.
func TestSecretsAreNotTold(t *testing.T) {
	t.Parallel()
	c := newCommand(t, "kernel", []string{"write-key key", "forged\nnonsense\nprint 1", "fail x"})
	for _, format := range []string{"-json", "-plain"} {
		c.again(format, "-env", "TOKEN=geheim", "-kernel-log", "log", "-junit", "j.xml", "-github", "n.ipynb")
		c.expect(t, 1)
		key, err := os.ReadFile(filepath.Join(c.dir, "key"))
		if err != nil || len(key) < 16 {
			t.Fatalf("%v: key %q", err, key)
		}
		told := map[string]string{"the output": c.output.String()}
		for _, name := range []string{"log", "j.xml", "executed/n.ipynb", "executed/index.html"} {
			text, err := os.ReadFile(filepath.Join(c.dir, filepath.FromSlash(name)))
			if err != nil {
				t.Error(err)
			}
			told[name] = string(text)
		}
		for where, text := range told {
			if strings.Contains(text, string(key)) || strings.Contains(text, "geheim") {
				t.Errorf("a secret is told in %s:\n%s", where, text)
			}
		}
		if !strings.Contains(told["executed/n.ipynb"], `"TOKEN"`) {
			t.Error("the variable's name is not recorded")
		}
	}
}
