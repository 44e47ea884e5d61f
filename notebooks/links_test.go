package notebooks_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A notebook as far as these tests read it.
type notebook struct {
	Cells []struct {
		ID       string   `json:"id"`
		CellType string   `json:"cell_type"`
		Source   []string `json:"source"`
	} `json:"cells"`
}

func (n *notebook) ids() []string {
	var ids []string
	for _, cell := range n.Cells {
		ids = append(ids, cell.ID)
	}
	return ids
}

func readNotebook(t *testing.T, path string) *notebook {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var n notebook
	if err := json.Unmarshal(text, &n); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return &n
}

// pages returns every text that has links, by the path of its file.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"../*.md", "../*/*.md", "../*/*/*.md"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			all[path] = string(text)
		}
	}
	paths, err := filepath.Glob("*.ipynb")
	if err != nil || len(paths) < 6 {
		t.Fatalf("%d notebooks (%v)", len(paths), err)
	}
	for _, path := range paths {
		for _, cell := range readNotebook(t, path).Cells {
			if cell.CellType == "markdown" {
				all[path] += strings.Join(cell.Source, "") + "\n\n"
			}
		}
	}
	return all
}

var (
	link    = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	fence   = regexp.MustCompile("(?s)```.*?```")
)

// anchors returns what the headings of a page can be linked to as, by GitHub's
// rule.
func anchors(page string) []string {
	var all []string
	for _, match := range heading.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		name := strings.ToLower(strings.ReplaceAll(match[1], "`", ""))
		name = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(name, "")
		all = append(all, strings.ReplaceAll(name, " ", "-"))
	}
	return all
}

// TestLinksResolve follows every link of the README, of other Markdown files and
// of the notebooks that stays in this repository.
func TestLinksResolve(t *testing.T) {
	all := pages(t)
	links := 0
	for path, page := range all {
		for _, match := range link.FindAllStringSubmatch(page, -1) {
			target, anchor, _ := strings.Cut(match[1], "#")
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			links++
			to := path
			if target != "" {
				to = filepath.Join(filepath.Dir(path), target)
				if _, err := os.Stat(to); err != nil || filepath.IsAbs(target) {
					t.Errorf("%s links to %s, which is not there", path, match[1])
					continue
				}
			}
			if page, ok := all[to]; ok && anchor != "" && !slices.Contains(anchors(page), anchor) {
				t.Errorf("%s links to %s, but there is no such heading: %q", path, match[1], anchors(page))
			}
		}
	}
	if links < 10 {
		t.Errorf("only %d links were found", links)
	}
}

// TestStepsExist looks for every cell that the README's table of steps names,
// and for every notebook in that table.
func TestStepsExist(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`(?m)^\|.*\]\(notebooks/([^)]+\.ipynb)\) *\|([^|]*)\|$`)
	word := regexp.MustCompile("`([^`]+)`")
	steps := 0
	named := map[string]bool{}
	for _, match := range row.FindAllStringSubmatch(string(text), -1) {
		ids := readNotebook(t, match[1]).ids()
		named[match[1]] = true
		for _, cell := range word.FindAllStringSubmatch(match[2], -1) {
			steps++
			if !slices.Contains(ids, cell[1]) {
				t.Errorf("README: %s has no cell %q; it has %q", match[1], cell[1], ids)
			}
		}
	}
	if steps < 20 {
		t.Errorf("only %d cells are named", steps)
	}
	paths, err := filepath.Glob("*.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if !named[path] {
			t.Errorf("README's table of steps does not name %s", path)
		}
	}
}
