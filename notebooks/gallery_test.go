package notebooks_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the README's pictures from the notebooks' outputs")

// gallery lists the README's pictures: the notebook and the cell whose first
// picture each is.
var gallery = map[string][2]string{
	"pictures.png":    {"01-problem-and-data.ipynb", "grid"},
	"curves.png":      {"04-model3.ipynb", "curves"},
	"predictions.png": {"05-vgg16.ipynb", "whole"},
	"confusion.png":   {"05-vgg16.ipynb", "confusion"},
	"comparison.png":  {"09-compare.ipynb", "picture"},
	"all-models.png":  {"09-compare.ipynb", "all"},
}

// TestGallery holds the README's pictures to what the notebooks show. After
// notebooks were executed anew, go test ./notebooks -run Gallery -update
// brings the pictures after them.
func TestGallery(t *testing.T) {
	for name, from := range gallery {
		path := filepath.Join("gallery", name)
		picture := firstPicture(t, from[0], from[1])
		if *update {
			if err := os.WriteFile(path, picture, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, picture) {
			t.Errorf("%s is not the picture that cell %s of %s shows: run go test ./notebooks -run Gallery -update (%v)",
				path, from[1], from[0], err)
		}
	}
	files, err := filepath.Glob("gallery/*")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if _, known := gallery[filepath.Base(path)]; !known {
			t.Errorf("%s belongs to no cell", path)
		}
		if !bytes.Contains(readme, []byte("notebooks/"+filepath.ToSlash(path))) {
			t.Errorf("the README does not show %s", path)
		}
	}
}

// firstPicture returns the first PNG among a cell's outputs.
func firstPicture(t *testing.T, notebook, id string) []byte {
	t.Helper()
	text, err := os.ReadFile(notebook)
	if err != nil {
		t.Fatal(err)
	}
	var n struct {
		Cells []struct {
			ID      string
			Outputs []struct {
				Data map[string]json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(text, &n); err != nil {
		t.Fatalf("%s: %v", notebook, err)
	}
	for _, cell := range n.Cells {
		if cell.ID != id {
			continue
		}
		for _, output := range cell.Outputs {
			encoded, err := joined(output.Data["image/png"])
			if err != nil {
				t.Fatalf("%s, cell %s: %v", notebook, id, err)
			}
			if encoded == "" {
				continue
			}
			picture, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(encoded, "\n", ""))
			if err != nil {
				t.Fatalf("%s, cell %s: %v", notebook, id, err)
			}
			return picture
		}
	}
	t.Fatalf("%s has no cell %s with a picture", notebook, id)
	return nil
}

// joined reads text that nbformat keeps as a string or as a list of lines.
func joined(raw json.RawMessage) (string, error) {
	if len(raw) == 0 {
		return "", nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text, nil
	}
	var lines []string
	err := json.Unmarshal(raw, &lines)
	return strings.Join(lines, ""), err
}
