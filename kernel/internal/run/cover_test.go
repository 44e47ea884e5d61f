//go:build unix

package run

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/nbformat"
)

// reaching writes notebooks a to d, of which a and c use the same file, c more
// of it, b another one, and d none.
func (c *runCommand) reaching(t *testing.T) {
	t.Helper()
	c.notebooks(t)
	for name, lines := range map[string]string{
		"a": "reach mode: set; m/x.go:1.1,2.2 1 0; m/x.go:3.1,4.2 2 0", "b": "reach mode: set; m/y.go:1.1,2.2 1 1",
		"c": "reach mode: set; m/x.go:1.1,2.2 1 1; m/x.go:3.1,4.2 2 0", "f": "print well",
	} {
		c.record(t, name, func(nb *nbformat.Notebook) { nb.Cells[1].SetSource(lines) })
	}
	c.record(t, "f", func(nb *nbformat.Notebook) { nb.Cells[2].SetSource("print well") })
}

func (c *runCommand) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestCoverageOfShards: joined, shards have reached what one run reaches.
func TestCoverageOfShards(t *testing.T) {
	t.Parallel()
	c := newCommand(t, "kernel", []string{"print 1"})
	c.reaching(t)
	c.again("-cover", "whole.out", "-output", "whole", "many")
	c.expect(t, 0)
	const want = "mode: set\nm/x.go:1.1,2.2 1 1\nm/x.go:3.1,4.2 2 0\nm/y.go:1.1,2.2 1 1\n"
	if got := c.read(t, "whole.out"); got != want {
		t.Errorf("one run has reached\n%s", got)
	}
	shard := func(number int, flags ...string) {
		t.Helper()
		c.again(append(flags, "-shard", fmt.Sprintf("%d/3", number), "-output", "parts", "many")...)
		c.expect(t, 0)
	}
	merge := func(code int, says ...string) {
		t.Helper()
		c.command("merge", "-cover", "joined.out", "-output", "joined", "parts")
		c.expect(t, code, says...)
	}
	for number := range 3 {
		shard(number+1, "-cover", fmt.Sprintf("part%d.out", number+1))
	}
	merge(0)
	if got := c.read(t, "joined.out"); got != want {
		t.Errorf("the shards have reached\n%s", got)
	}
	if got := c.read(t, "part1.out"); got != c.read(t, "parts/index-1-of-3.cover") || strings.Contains(got, "y.go") {
		t.Errorf("the first shard has reached\n%s", got)
	}

	// What -resume does not run again has been reached all the same.
	os.Remove(filepath.Join(c.dir, "joined.out"))
	shard(1, "-resume", "-cover", "part1.out")
	merge(0)
	if got := c.read(t, "joined.out"); got != want {
		t.Errorf("with a shard that was resumed\n%s", got)
	}

	// Bad input, which leaves nothing behind.
	os.RemoveAll(filepath.Join(c.dir, "joined"))
	os.Remove(filepath.Join(c.dir, "joined.out"))
	for text, says := range map[string]string{
		"mode: count\n": "index-1-of-3.cover has the mode set, but " + filepath.Join("parts", "index-3-of-3.cover") +
			" has the mode count",
		"mode: set\nm/x.go:1.1,9.2 1 1\n": "are of different code of m/x.go",
		"<html>":                          "index-3-of-3.cover is no profile of coverage",
	} {
		c.write(t, "parts/index-3-of-3.cover", text)
		merge(2, says)
	}
	shard(3)
	merge(2, "shard 3 of 3 has no profile of coverage: run it with -cover")
	for _, name := range []string{"joined", "joined.out"} {
		if _, err := os.Stat(filepath.Join(c.dir, name)); err == nil {
			t.Errorf("a failed merge has left %s", name)
		}
	}
}

// TestCoverageOfTwoVersions: the code of a package was changed while the
// notebooks ran, or before a run was resumed.
func TestCoverageOfTwoVersions(t *testing.T) {
	t.Parallel()
	c := newCommand(t, "kernel", []string{"print 1"})
	c.reaching(t)
	c.record(t, "d", func(nb *nbformat.Notebook) { nb.Cells[1].SetSource("reach mode: set; m/x.go:1.1,9.2 1 1") })
	c.again("-cover", "c.out", "many")
	c.expect(t, 6, "-cover: sub/a.ipynb and sub/d.ipynb are of different code of m/x.go")
	c.write(t, "c.out", "mode: set\nm/x.go:1.1,9.2 1 1\n")
	c.record(t, "d", func(nb *nbformat.Notebook) { nb.Cells[1].SetSource("print d") })
	c.record(t, "a", func(nb *nbformat.Notebook) { nb.Cells[2].SetSource("print changed") })
	c.again("-cover", "c.out", "-resume", "many")
	c.expect(t, 0, "warning: -cover: without what was reached before -resume: sub/a.ipynb and c.out are of different code")
}
