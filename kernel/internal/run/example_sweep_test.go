package run

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/execute/parameters"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// TestExampleSweep prepares the sweep that CLUSTER.md shows: its parameters are
// the notebook's, and the notebook records what the page is to show.
func TestExampleSweep(t *testing.T) {
	text, err := os.ReadFile("../../CLUSTER.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`go run \./kernel run -sweep (\S+) (\S+)\n`).FindStringSubmatch(string(text))
	if m == nil {
		t.Fatal("CLUSTER.md shows no sweep of a notebook of this repository")
	}
	root := filepath.Join("..", "..", "..")
	sweep, notebook := filepath.Join(root, m[1]), filepath.Join(root, m[2])
	points, err := parameters.ReadPoints(sweep)
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	err = Command().Run(t.Context(), []string{"-sweep", sweep, "-prepare-only", "-output", out, notebook})
	if err != nil {
		t.Fatal(err)
	}
	for _, point := range points {
		name := strings.TrimSuffix(filepath.Base(notebook), ".ipynb")
		nb, err := nbformat.ReadFile(filepath.Join(out, name, point.FileName()+".ipynb"))
		if err != nil {
			t.Fatal(err)
		}
		injected, records := "", false
		for _, cell := range nb.Cells {
			if cell.HasTag("injected-parameters") {
				injected = cell.Source()
			}
			records = records || strings.Contains(cell.Source(), "display.Record(")
		}
		for _, v := range point {
			if set := "(?m)^var " + v.Name + " .*= " + regexp.QuoteMeta(v.Words()) + "$"; !regexp.MustCompile(set).MatchString(injected) {
				t.Errorf("%s sets %q", point, injected)
			}
		}
		if !records {
			t.Errorf("%s records nothing", notebook)
		}
	}
}
