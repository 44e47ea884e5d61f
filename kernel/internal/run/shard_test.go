//go:build unix

package run

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/execute/report"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// notebooks writes notebooks a to g, of which f fails, and prints their names.
func (c *runCommand) notebooks(t *testing.T) {
	t.Helper()
	for _, name := range strings.Fields("a b c d e f g") {
		nb := nbformat.New()
		nb.Metadata().Set("kernelspec", map[string]any{"name": "fake", "display_name": "Fake"})
		nb.Insert(0, nbformat.NewMarkdown("# Notebook "+name))
		nb.Insert(1, nbformat.NewCode("print "+name))
		if name == "f" {
			nb.Insert(2, nbformat.NewCode("fail bad"))
		}
		nb.Insert(len(nb.Cells), nbformat.NewCode("print end"))
		path := filepath.Join(c.dir, "many", "sub", name+".ipynb")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := nb.WriteFile(path); err != nil {
			t.Fatal(err)
		}
	}
}

// untimed is a page or a list of results without what time it was and what took
// how long.
func (c *runCommand) untimed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`\d+\.\d+s?\b|Written .*|"generated".*`).ReplaceAllString(string(text), "")
}

// index reads a list of results.
func (c *runCommand) index(t *testing.T, name string) (x report.Index) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(c.dir, filepath.FromSlash(name)))
	if err == nil {
		err = json.Unmarshal(raw, &x)
	}
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestShards: what shards leave is, joined, what one job leaves.
func TestShards(t *testing.T) {
	t.Parallel()
	c := newCommand(t, "kernel", []string{"print 1"})
	c.notebooks(t)
	c.again("-output", "whole", "-junit", "whole.xml", "many")
	c.expect(t, 1, "E: bad")
	for _, durations := range [][]string{nil, {"-durations", "whole/index.json"}, {"-durations", "whole.xml"}} {
		var apart []string
		for k := range 3 {
			shard := append([]string{"-shard", fmt.Sprintf("%d/3", k+1)}, durations...)
			apart = append(apart, fmt.Sprint("part", k+1))
			c.again(append(append([]string{"-output", "together"}, shard...), "many")...)
			c.exitCode(t)
			c.again(append(append([]string{"-output", apart[k]}, shard...), "many")...)
			if code := c.exitCode(t); code > 1 {
				t.Errorf("shard %d: exit code %d\n%s", k+1, code, c.output.String())
			}
		}
		for _, folders := range [][]string{{"together"}, apart} {
			c.command("merge", append([]string{"-output", "merged", "-junit", "merged.xml"}, folders...)...)
			c.expect(t, 1, "1 of 7 notebooks failed: sub/f.ipynb")
			for _, name := range []string{"/index.html", "/index.json", ".xml"} {
				if got, want := c.untimed(t, "merged"+name), c.untimed(t, "whole"+name); got != want {
					t.Errorf("%v: joined\n%s\nof one run\n%s", folders, got, want)
				}
			}
			for _, n := range c.index(t, "merged/index.json").Notebooks {
				if _, err := nbformat.ReadFile(filepath.Join(c.dir, "merged", filepath.FromSlash(n.Name))); err != nil {
					t.Error(err)
				}
			}
			os.RemoveAll(filepath.Join(c.dir, "merged"))
		}
		os.RemoveAll(filepath.Join(c.dir, "together"))
	}
	c.command("merge", "-output", "part1", "part1", "part2", "part3")
	c.expect(t, 1)
	if got, want := c.untimed(t, "part1/index.html"), c.untimed(t, "whole/index.html"); got != want {
		t.Errorf("joined in place\n%s\nof one run\n%s", got, want)
	}
}

// TestShardsByDuration: the long notebook is alone, whoever tells how long it
// takes.
func TestShardsByDuration(t *testing.T) {
	t.Parallel()
	c := newCommand(t, "kernel", []string{"print 1"})
	c.notebooks(t)
	const long = `"notebooks": [{"name": "sub/c.ipynb", "seconds": 100}, {"name": "sub/a.ipynb", "seconds": 1}]`
	c.write(t, "index.json", "{"+long+"}")
	c.write(t, "j.xml", `<testsuites><testsuite name="sub/c.ipynb" time="600"/><testsuite name="sub/d.ipynb" time="1"/>`+
		`</testsuites>`)
	shares := func(flags ...string) (names []string) {
		for k := range 2 {
			c.again(append(flags, "-shard", fmt.Sprintf("%d/2", k+1), "-prepare-only", "-output", fmt.Sprint("shares", k), "many")...)
			c.expect(t, 0)
			found, _ := filepath.Glob(filepath.Join(c.dir, fmt.Sprint("shares", k), "sub", "*"))
			share := ""
			for _, path := range found {
				share += strings.TrimSuffix(filepath.Base(path), ".ipynb")
			}
			names = append(names, share)
			os.RemoveAll(filepath.Join(c.dir, fmt.Sprint("shares", k)))
		}
		return names
	}
	if got := shares(); !reflect.DeepEqual(got, []string{"aceg", "bdf"}) {
		t.Errorf("by number: %q", got)
	}
	// c takes 100 s, a takes 1 s, the others count 50.5 s each.
	if got := shares("-durations", "index.json"); !reflect.DeepEqual(got, []string{"ceg", "abdf"}) {
		t.Errorf("by an index: %q", got)
	}
	for _, name := range []string{"a", "b", "d", "e", "f", "g"} {
		c.record(t, name, func(nb *nbformat.Notebook) {
			nb.Cells[1].Metadata().Set("gocifar", map[string]any{"seconds": 1.5})
		})
	}
	c.record(t, "c", func(nb *nbformat.Notebook) {
		nb.Metadata().Set("papermill", map[string]any{"duration": 99.5})
	})
	if got := shares(); !reflect.DeepEqual(got, []string{"c", "abdefg"}) {
		t.Errorf("by the notebooks: %q", got)
	}
	c.record(t, "c", func(nb *nbformat.Notebook) {
		nb.Cells[1].Metadata().Set("execution", map[string]any{
			"iopub.status.busy": "2026-01-01T00:00:00.000000Z", "shell.execute_reply": "2026-01-01T00:00:01.000000Z"})
	})
	if got := shares(); !reflect.DeepEqual(got, []string{"acdf", "beg"}) {
		t.Errorf("by nbclient's times: %q", got)
	}
	if got := shares("-durations", "j.xml"); !reflect.DeepEqual(got, []string{"c", "abdefg"}) {
		t.Errorf("by JUnit: %q", got)
	}
}

// record changes one of the many notebooks.
func (c *runCommand) record(t *testing.T, name string, change func(*nbformat.Notebook)) {
	t.Helper()
	path := filepath.Join(c.dir, "many", "sub", name+".ipynb")
	nb, err := nbformat.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	change(nb)
	if err := nb.WriteFile(path); err != nil {
		t.Fatal(err)
	}
}

func (c *runCommand) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestBadShards(t *testing.T) {
	t.Parallel()
	c := newCommand(t, "kernel", []string{"print 1"})
	for _, text := range []string{"0/0", "5/4", "x/y"} {
		c.again("-shard", text, "n.ipynb")
		c.expect(t, 2, "shard \""+text+"\": want a number from 1")
	}
	c.write(t, "broken.json", "{")
	c.write(t, "broken.xml", "<testsuites>")
	for _, name := range []string{"broken.json", "broken.xml", "absent.json"} {
		c.again("-shard", "1/2", "-durations", name, "n.ipynb")
		c.expect(t, 2, name)
	}
	c.again("-durations", "broken.json", "n.ipynb")
	c.expect(t, 2, "-durations is for -shard")
	c.again("-shard", "1/2", "-output", "-", "n.ipynb")
	c.expect(t, 2, "-shard needs an -output folder")

	c.again("-shard", "1/2", "-output", "one", "n.ipynb")
	c.expect(t, 0, "1 ok")
	c.again("-shard", "2/2", "-output", "two", "n.ipynb")
	c.expect(t, 0, "shard 2/2 has no notebook")
	c.again("-shard", "2/2", "-profile", "full", "-output", "other", "n.ipynb")
	c.expect(t, 0)
	c.command("merge")
	c.expect(t, 2, "want the folders")
	c.command("merge", "one")
	c.expect(t, 2, "there is no index of shard 2 of 2: run `kernel run -shard 2/2`")
	c.command("merge", "one", "other")
	c.expect(t, 2, "are of different runs")
	c.again("-shard", "3/3", "-output", "three", "n.ipynb")
	c.expect(t, 0)
	c.command("merge", "one", "three")
	c.expect(t, 2, "are of different runs, of 2 and of 3 shards: remove those of the earlier run")
	c.command("merge", "-output", "n.ipynb", "one", "two")
	c.expect(t, 6)
	c.command("merge", "-junit", "absent/j.xml", "-output", "fine", "one", "two")
	c.expect(t, 6, "absent/j.xml")
	c.command("merge", "one", "two", "one")
	c.expect(t, 2, "are both of shard 1")
	c.command("merge", "one", "absent")
	c.expect(t, 2, "absent")
	c.command("merge", "one", ".")
	c.expect(t, 2, ". has no index of a shard")
	if _, err := os.Stat(filepath.Join(c.dir, "executed")); err == nil {
		t.Error("a failed merge has left a folder")
	}
	c.command("merge", "one", "two")
	c.expect(t, 0, "1 notebooks ran well")

	if err := os.Rename(filepath.Join(c.dir, "one", "n.ipynb"), filepath.Join(c.dir, "kept.ipynb")); err != nil {
		t.Fatal(err)
	}
	c.command("merge", "-output", "incomplete", "one", "two")
	c.expect(t, 2, "keep the executed notebooks beside the index")
	if _, err := os.Stat(filepath.Join(c.dir, "incomplete")); err == nil {
		t.Error("a failed merge has left a folder")
	}
	for text, says := range map[string]string{
		`{`:                                 "index-2-of-2.json is broken",
		`[1]`:                               "index-2-of-2.json is broken",
		`{"notebooks": []}`:                 "is not the index of a shard",
		`{"shard": {"number": 1, "of": 2}}`: "is not the index of a shard",
	} {
		c.write(t, "two/index-2-of-2.json", text)
		c.command("merge", "one", "two")
		c.expect(t, 2, says)
	}
	raw, err := os.ReadFile(filepath.Join(c.dir, "one", "index-1-of-2.json"))
	if err != nil {
		t.Fatal(err)
	}
	second := func(text string) string { return strings.Replace(text, `"number": 1,`, `"number": 2,`, 1) }
	outside := strings.ReplaceAll(string(raw), `"n.ipynb"`, `"../n.ipynb"`)
	none := regexp.MustCompile(`(?s)"notebooks": \[\s+\{.*`).ReplaceAllString(string(raw), `"notebooks": []}`)
	for text, says := range map[string]string{
		outside: "want a path below its folder",
		none:    "no shard has a result of n.ipynb",
	} {
		c.write(t, "one/index-1-of-2.json", text)
		c.write(t, "two/index-2-of-2.json", second(none))
		if text == outside {
			c.write(t, "two/index-2-of-2.json", strings.ReplaceAll(second(none), `"n.ipynb"`, `"../n.ipynb"`))
		}
		c.command("merge", "one", "two")
		c.expect(t, 2, says)
	}
}
