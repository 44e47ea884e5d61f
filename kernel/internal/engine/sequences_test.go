package engine

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what cells show into testdata/sequences")

// Sections of the files in testdata/sequences. A notebook's own text says what it is
// about, where its name does not. What a cell shows ends in "…" if the rest does not
// matter, and has no section if it is nothing.
const (
	notebookSection = "notebook: "
	cellSection     = "cell"
	showsSection    = "shows"
)

// TestSequences runs the notebooks of testdata/sequences. They are the specification
// of what lives on from cell to cell. -update writes what they show now.
func TestSequences(t *testing.T) {
	testLibrary.Get(t)
	files, err := filepath.Glob("testdata/sequences/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sequences: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			notebooks := notebooksOf(t, archive.Files)
			if *update {
				t.Cleanup(func() {
					archive.Files = sectionsOf(notebooks)
					if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
						t.Error(err)
					}
				})
			}
			for _, b := range notebooks {
				t.Run(b.name, func(t *testing.T) {
					t.Parallel() // as many at once as there are processors
					b.run(newNotebook(t))
				})
			}
		})
	}
}

// sequence is a notebook of a file.
type sequence struct {
	name, about string
	cells       []sequenceCell
}

type sequenceCell struct{ code, shows string }

// notebooksOf reads a file's sections. One empty line may stand in front of a notebook.
func notebooksOf(t *testing.T, sections []txtar.File) (list []*sequence) {
	for i, section := range sections {
		text := strings.TrimSuffix(string(section.Data), "\n")
		if i+1 < len(sections) && strings.HasPrefix(sections[i+1].Name, notebookSection) {
			text = strings.TrimSuffix(text, "\n")
		}
		name, begins := strings.CutPrefix(section.Name, notebookSection)
		switch {
		case begins:
			list = append(list, &sequence{name: name, about: string(section.Data)})
		case len(list) == 0:
			t.Fatalf("section %q stands before the first notebook", section.Name)
		case section.Name == cellSection:
			last := list[len(list)-1]
			last.cells = append(last.cells, sequenceCell{code: text})
		case section.Name == showsSection && len(list[len(list)-1].cells) > 0:
			cells := list[len(list)-1].cells
			cells[len(cells)-1].shows = text
		default:
			t.Fatalf("section %q after %q is none of a notebook", section.Name, list[len(list)-1].name)
		}
	}
	return list
}

// sectionsOf is the reverse of notebooksOf.
func sectionsOf(notebooks []*sequence) (sections []txtar.File) {
	add := func(name, text string) {
		sections = append(sections, txtar.File{Name: name, Data: []byte(text)})
	}
	for i, b := range notebooks {
		if i > 0 {
			last := &sections[len(sections)-1]
			last.Data = append(last.Data, '\n')
		}
		add(notebookSection+b.name, b.about)
		for _, c := range b.cells {
			add(cellSection, c.code+"\n")
			if c.shows != "" {
				add(showsSection, c.shows+"\n")
			}
		}
	}
	return sections
}

// run compares what cells show.
func (b *sequence) run(n *notebook) {
	for i := range b.cells {
		c := &b.cells[i]
		got := n.run(c.code)
		start, open := strings.CutSuffix(c.shows, "…")
		switch {
		case got == c.shows, open && strings.HasPrefix(got, start):
		case *update:
			c.shows = got
		default:
			n.t.Errorf("cell [%d]\n%s\nshows\n%s\nwant\n%s", i+1, indented(c.code), indented(got), indented(c.shows))
		}
	}
}

func indented(text string) string {
	return "\t" + strings.ReplaceAll(fmt.Sprintf("%.600s", text), "\n", "\n\t")
}
