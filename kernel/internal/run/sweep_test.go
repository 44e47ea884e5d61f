//go:build unix

package run

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/nbformat"
)

// newSweep prepares a notebook with the parameters rate and batch, and a grid of
// 24 points.
func newSweep(t *testing.T, cells ...string) *runCommand {
	t.Helper()
	c := newCommand(t, "kernel", append([]string{"rate = 0.1\nbatch = 1\nkind = 'plain'"}, cells...))
	c.edit(t, func(nb *nbformat.Notebook) {
		nb.Metadata().Object("kernelspec").Set("language", "python")
		nb.Metadata().Set("language_info", map[string]any{"name": "python"})
		nb.Cells[0].AddTag("parameters")
	})
	c.write(t, "sweep.yaml", "rate: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3]\nbatch: [1, 2, 4, 8]\n")
	return c
}

// TestSweep: one of 24 points loses its kernel, then the whole command is
// killed; resumed, it runs what is missing and nothing else.
func TestSweep(t *testing.T) {
	t.Parallel()
	c := newSweep(t, "append log rate batch", "once killed rate=0.01 batch=4: signal SIGKILL",
		"once held rate=0.1 batch=2: hold", "record loss rate\nrecord steps batch")
	c.again("-sweep", "sweep.yaml", "-j", "3", "n.ipynb")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	c.waitFor(t, "held")
	ended := func() int { return len(c.index(t, "executed/index.json").Notebooks) }
	for deadline := time.Now().Add(time.Minute); ended() < 20 && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
	}
	c.Process.Kill()
	c.Wait()
	c.afterKill(t)
	x := c.index(t, "executed/index.json")
	if failed := x.Failed(); len(failed) != 1 || failed[0] != "n/rate=0.01,batch=4.ipynb" || len(x.Notebooks) > 23 {
		t.Errorf("%d notebooks ended, failed: %q", len(x.Notebooks), failed)
	}

	c.again("-sweep", "sweep.yaml", "-j", "3", "-resume", "n.ipynb")
	c.expect(t, 0)
	log, err := os.ReadFile(filepath.Join(c.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	runs := map[string]int{}
	for line := range strings.Lines(string(log)) {
		runs[strings.TrimSpace(line)]++
	}
	if twice := strings.Count(string(log), "\n") - len(runs); len(runs) != 24 || runs["0.01 4"] != 2 || runs["0.1 2"] != 2 ||
		twice > 4 { // three ran when the command was killed
		t.Errorf("%d points ran, %d again: %v", len(runs), twice, runs)
	}
	c.checkSweep(t, "executed")

	// The same in three jobs.
	for k := range 3 {
		c.again("-sweep", "sweep.yaml", "-shard", fmt.Sprintf("%d/3", k+1), "-output", "shared", "n.ipynb")
		c.expect(t, 0)
	}
	c.command("merge", "-output", "shared", "shared")
	c.expect(t, 0, "24 notebooks ran well")
	c.checkSweep(t, "shared")
}

// checkSweep checks the page of results of the 24 points.
func (c *runCommand) checkSweep(t *testing.T, folder string) {
	t.Helper()
	x := c.index(t, folder+"/index.json")
	k := 0
	for _, rate := range []string{"0.001", "0.003", "0.01", "0.03", "0.1", "0.3"} {
		for _, batch := range []string{"1", "2", "4", "8"} {
			n := x.Notebooks[k]
			k++
			if n.Name != fmt.Sprintf("n/rate=%s,batch=%s.ipynb", rate, batch) || n.State != "ok" || n.Parameter("rate") != rate ||
				n.Parameter("batch") != batch || n.Record("loss") != rate || n.Record("steps") != batch || n.Seconds <= 0 {
				t.Errorf("%s: notebook %d is %+v", folder, k, n)
			}
			nb, err := nbformat.ReadFile(filepath.Join(c.dir, folder, filepath.FromSlash(n.Name)))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := nb.Cells[1].Source(), fmt.Sprintf("# Parameters\nrate = %s\nbatch = %s\n", rate, batch); got != want {
				t.Errorf("%s sets %q, want %q", n.Name, got, want)
			}
		}
	}
	page, err := os.ReadFile(filepath.Join(c.dir, folder, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	// Two parameters by two records, of 24 points each.
	if got := bytes.Count(page, []byte("<circle ")); got != 4*24 || k != len(x.Notebooks) {
		t.Errorf("%s: %d dots in the picture, %d notebooks", folder, got, len(x.Notebooks))
	}
	for _, want := range []string{"<th>rate</th><th>batch</th><th>loss</th><th>steps</th>", "<td>0.003</td><td>8</td><td>0.003</td><td>8</td>"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

// TestSweepOnIpykernel records values in Python, in scrapbook's form.
func TestSweepOnIpykernel(t *testing.T) {
	t.Parallel()
	python := os.Getenv("GOCIFAR_TEST_PYTHON")
	if python == "" {
		t.Skip("GOCIFAR_TEST_PYTHON names no Python with ipykernel")
	}
	c := newSweep(t, "from IPython.display import display\ndisplay({'application/scrapbook.scrap.json+json': "+
		"{'name': 'loss', 'data': rate * batch, 'encoder': 'json', 'version': 1}}, raw=True)")
	spec, err := json.Marshal(map[string]any{
		"argv": []string{python, "-m", "ipykernel_launcher", "-f", "{connection_file}"}, "display_name": "P", "language": "python",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(c.dir, "kernels", "ipykernel"), 0o755); err != nil {
		t.Fatal(err)
	}
	c.write(t, "kernels/ipykernel/kernel.json", string(spec))
	c.write(t, "few.json", `{"batch": [3, 4], "rate": [0.5, 2]}`)
	c.again("-kernel", "ipykernel", "-sweep", "few.json", "-p", "kind=other", "n.ipynb")
	c.expect(t, 0)
	var got []string
	for _, n := range c.index(t, "executed/index.json").Notebooks {
		got = append(got, n.Parameter("batch")+"*"+n.Parameter("rate")+"="+n.Record("loss"))
	}
	if want := "3*0.5=1.5 3*2=6 4*0.5=2.0 4*2=8"; strings.Join(got, " ") != want {
		t.Errorf("recorded %q, want %s", got, want)
	}
}

// waitFor waits for a file.
func (c *runCommand) waitFor(t *testing.T, name string) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(c.dir, name)); err == nil {
			return
		}
	}
	t.Fatalf("there is no %s:\n%s", name, c.output.String())
}

// afterKill is called when the command was killed: its kernels end by
// themselves, their connection files stay.
func (c *runCommand) afterKill(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); len(c.processes()) > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("processes are left: %v", c.processes())
		}
	}
	left, _ := filepath.Glob(filepath.Join(c.tmp, "*"))
	for _, path := range left {
		os.RemoveAll(path)
	}
}

func TestBadSweeps(t *testing.T) {
	t.Parallel()
	c := newSweep(t, "print 1")
	for text, says := range map[string]string{
		"ratee: [1, 2]":            "sweep s.yaml: ratee is no parameter of n.ipynb, which has rate, batch, kind",
		"":                         "sweep s.yaml: there is no point in it",
		"rate: []":                 "sweep s.yaml: rate: want a list of values",
		"[{rate: 1}, {rate: 1.0}]": "sweep s.yaml: points 1 and 2 are both rate=1: leave one out",
		"{":                        "sweep s.yaml: yaml:",
	} {
		c.write(t, "s.yaml", text)
		c.again("-sweep", "s.yaml", "n.ipynb")
		c.expect(t, 2, says)
	}
	c.again("-sweep", "absent.yaml", "n.ipynb")
	c.expect(t, 2, "absent.yaml")
	c.again("-sweep", "sweep.yaml", "-p", "rate=1", "n.ipynb")
	c.expect(t, 2, "rate is set by the sweep sweep.yaml and by another flag")
	c.again("-sweep", "sweep.yaml", "-check", "n.ipynb")
	c.expect(t, 2, "leave out -check")
	c.again("-sweep", "sweep.yaml", "-output", "-", "n.ipynb")
	c.expect(t, 2, "-sweep runs one notebook")
	c.again("-sweep", "sweep.yaml", "-shard", "5/4", "n.ipynb")
	c.expect(t, 2, "shard \"5/4\"")
	c.edit(t, func(nb *nbformat.Notebook) { nb.Cells[0].Metadata().Delete("tags") })
	c.again("-sweep", "sweep.yaml", "n.ipynb")
	c.expect(t, 2, `n.ipynb has no cell tagged "parameters" that declares rate`)
	if _, err := os.Stat(filepath.Join(c.dir, "executed")); err == nil {
		t.Error("a sweep that was refused has left a folder")
	}
}
