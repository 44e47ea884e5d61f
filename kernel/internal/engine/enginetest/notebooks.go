package enginetest

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what cells give into the notebooks in testdata")

// Section is one of a notebook's file. The text of what a cell gives may end in
// "…": then the rest does not matter.
type Section = txtar.File

// Names of sections. Those behind a cell, of other names, are what it gives.
// The text of a notebook says what it is about, where its name does not.
const (
	notebookSection = "notebook: "
	cellSection     = "cell"
)

// RunNotebooks runs the notebooks in txtar files and compares what their cells
// give: open begins a notebook and returns what runs its cells. As many
// notebooks run at once as there are processors. With -update the files are
// written anew.
func RunNotebooks(t *testing.T, pattern string, open func(*testing.T) func(code string) []Section) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("there is no %s: %v", pattern, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			notebooks := split(t, archive.Files)
			if *update {
				t.Cleanup(func() {
					archive.Files = slices.Concat(notebooks...)
					last := &archive.Files[len(archive.Files)-1]
					last.Data = bytes.TrimSuffix(last.Data, []byte("\n"))
					if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
						t.Error(err)
					}
				})
			}
			for i, sections := range notebooks {
				t.Run(strings.TrimPrefix(sections[0].Name, notebookSection), func(t *testing.T) {
					t.Parallel()
					notebooks[i] = play(t, sections, open(t))
				})
			}
		})
	}
}

// split takes a file's sections apart, notebook by notebook.
func split(t *testing.T, sections []Section) (notebooks [][]Section) {
	for _, s := range sections {
		if strings.HasPrefix(s.Name, notebookSection) {
			notebooks = append(notebooks, nil)
		}
		if len(notebooks) == 0 {
			t.Fatalf("section %q stands before the first notebook", s.Name)
		}
		last := &notebooks[len(notebooks)-1]
		*last = append(*last, s)
	}
	return notebooks
}

// play runs a notebook's cells and returns its sections as they are now.
func play(t *testing.T, sections []Section, run func(code string) []Section) []Section {
	now := sections[:1:1]
	for i, number := 1, 0; i < len(sections); {
		end := i + 1
		for end < len(sections) && sections[end].Name != cellSection {
			end++
		}
		cell, want := sections[i], sections[i+1:end]
		if cell.Name != cellSection {
			t.Fatalf("section %q stands before the first cell", cell.Name)
		}
		if end == len(sections) && len(want) == 0 {
			cell.Data = []byte(strings.TrimRight(string(cell.Data), "\n") + "\n") // behind it is what parts notebooks
		}
		number++
		got := run(strings.TrimSuffix(string(cell.Data), "\n"))
		if !slices.EqualFunc(got, want, same) {
			if !*update {
				t.Errorf("cell [%d]\n%sgives\n%swant\n%s", number, indented(cell.Data), listed(got), listed(want))
			}
			want = got
		}
		now = append(append(now, cell), want...)
		i = end
	}
	// An empty line stands between notebooks.
	last := &now[len(now)-1]
	last.Data = append(bytes.TrimRight(last.Data, "\n"), "\n\n"...)
	return now
}

// same compares texts, whatever empty lines stand behind them.
func same(got, want Section) bool {
	g, w := strings.TrimSpace(string(got.Data)), strings.TrimSpace(string(want.Data))
	start, open := strings.CutSuffix(w, "…")
	return got.Name == want.Name && (g == w || open && strings.HasPrefix(g, start))
}

func listed(sections []Section) string {
	var b strings.Builder
	for _, s := range sections {
		fmt.Fprintf(&b, "    %s:\n%s", s.Name, indented(s.Data))
	}
	if b.Len() == 0 {
		return "    nothing\n"
	}
	return b.String()
}

func indented(text []byte) string {
	return "\t" + strings.ReplaceAll(strings.TrimSpace(string(text)), "\n", "\n\t") + "\n"
}
