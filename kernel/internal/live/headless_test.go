package live

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// TestHeadless runs a notebook with widgets where there is no front end: their
// state, as it is in the end, stands in the notebook for viewers to draw.
func TestHeadless(t *testing.T) {
	c := newClient(t)
	nb := nbformat.New()
	for i, code := range []string{
		"import \"github.com/gocifar/gocifar/kernel/widgets\"\n%%\ns := widgets.IntSlider(0, 10, 3)\n" +
			"widgets.HBox(s, widgets.Image([]byte(\"png\")))",
		"%%\ns.SetValue(7)\nout := widgets.Output()\nout.Capture(func() { fmt.Println(\"captured\") })\nwidgets.Show(out)\n" +
			"fmt.Println(\"printed\")",
	} {
		nb.Insert(i, nbformat.NewCode(code))
	}
	path := filepath.Join(t.TempDir(), "widgets.ipynb")
	if err := nb.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	result, err := execute.Notebook(t.Context(), path, execute.Options{
		Start: func(context.Context, string, string, []string) (*jupyter.Kernel, error) { return c.kernel, nil }})
	if err != nil {
		t.Fatalf("%v\n%s", err, c.kernel.Log())
	}
	if err := result.Notebook.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cells []struct {
			Outputs []struct {
				Data map[string]any
				Text any
			}
		}
		Metadata struct {
			Widgets map[string]struct {
				State map[string]struct {
					ModelName string `json:"model_name"`
					State     map[string]any
					Buffers   []struct{ Data string }
				}
			}
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, w := range file.Metadata.Widgets["application/vnd.jupyter.widget-state+json"].State {
		for _, name := range []string{"value", "outputs"} {
			if v, err := json.Marshal(w.State[name]); err == nil && w.State[name] != nil {
				seen[w.ModelName] = string(v)
			}
		}
		for _, b := range w.Buffers {
			seen[w.ModelName] = b.Data
		}
	}
	for name, want := range map[string]string{"IntSliderModel": "7", "ImageModel": "cG5n", "OutputModel": "captured"} {
		if !strings.Contains(seen[name], want) {
			t.Errorf("%s has %s, want %s", name, seen[name], want)
		}
	}
	if view := file.Cells[0].Outputs[0].Data["application/vnd.jupyter.widget-view+json"]; view == nil {
		t.Errorf("the first cell shows no view: %v", file.Cells[0].Outputs)
	}
	text, _ := json.Marshal(file.Cells[1].Outputs)
	if !strings.Contains(string(text), "printed") || strings.Contains(string(text), `"Text":["captured`) {
		t.Errorf("the second cell shows %s", text)
	}
}
