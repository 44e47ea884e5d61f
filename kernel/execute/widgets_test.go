package execute

import (
	"context"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// models reads metadata.widgets: the states of all models, by id.
func models(t *testing.T, nb *nbformat.Notebook) map[string]map[string]any {
	t.Helper()
	raw, err := nb.Metadata().Ensure("widgets").MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var stored map[string]struct {
		State map[string]map[string]any
	}
	if err := json.Unmarshal(raw, &stored); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return stored[widgetState].State
}

func TestWidgetState(t *testing.T) {
	nb := document("open", "update", "wrong")
	result, err := runFake(t, fakekernel.Options{}, script{
		"open": func(x *fakekernel.Execution) {
			x.Publish(&jupyter.CommOpen{ID: "slider", TargetName: "jupyter.widget", Data: jupyter.Object(
				`{"state": {"_model_name": "IntSliderModel", "_model_module": "@jupyter-widgets/controls", "_model_module_version": "2.0.0", "value": 1, "max": 9}, "buffer_paths": [["pixels"]]}`)},
				[]byte{1, 2, 3})
			x.Publish(&jupyter.CommOpen{ID: "other", TargetName: "somebody.else", Data: jupyter.Object(`{"x": 1}`)})
		},
		"update": func(x *fakekernel.Execution) {
			x.Publish(&jupyter.CommMessage{ID: "slider",
				Data: jupyter.Object(`{"method": "update", "state": {"value": 7}, "buffer_paths": [["pixels"]]}`)}, []byte{4})
			x.Publish(&jupyter.CommMessage{ID: "slider", Data: jupyter.Object(`{"method": "custom", "content": {}}`)})
			x.Publish(&jupyter.CommClose{ID: "slider"})
		},
		"wrong": func(x *fakekernel.Execution) {
			x.Publish(&jupyter.CommMessage{ID: "slider",
				Data: jupyter.Object(`{"method": "update", "state": {"value": 8}, "buffer_paths": [["pixels"]]}`)})
			x.Publish(&jupyter.CommMessage{ID: "slider", Data: jupyter.Object(`{"method": 1}`)})
		},
	}, nb, quick())
	if err != nil {
		t.Fatal(err)
	}
	got := models(t, nb)
	raw, _ := json.Marshal(got)
	const want = `{"slider":{"buffers":[{"data":"BA==","encoding":"base64","path":["pixels"]}],"model_module":"@jupyter-widgets/controls",` +
		`"model_module_version":"2.0.0","model_name":"IntSliderModel","state":{"_model_module":"@jupyter-widgets/controls","_model_module_version":"2.0.0",` +
		`"_model_name":"IntSliderModel","max":9,"value":8}}}`
	if string(raw) != want {
		t.Errorf("state\n%s\nwant\n%s", raw, want)
	}
	warnings := strings.Join(append(result.Warnings, result.Cells[2].Warnings...), "\n")
	if !strings.Contains(warnings, "1 buffer paths with 0 buffers") || !strings.Contains(warnings, "no widget message") {
		t.Errorf("warnings %q", warnings)
	}
}

// While an output widget asks for a request's output, it goes into the widget,
// and the kernel is told.
func TestOutputWidget(t *testing.T) {
	nb := document("capture")
	fake, err := fakekernel.Start(fakekernel.Options{Execute: func(x *fakekernel.Execution) {
		state := func(text string) {
			x.Publish(&jupyter.CommMessage{ID: "out", Data: jupyter.Object(`{"method": "update", "state": ` + text + `}`)})
		}
		x.Publish(&jupyter.CommOpen{ID: "out", TargetName: "jupyter.widget", Data: jupyter.Object(
			`{"state": {"_model_name": "OutputModel", "_model_module": "@jupyter-widgets/output", "msg_id": "", "outputs": []}}`)})
		x.Stdout("before\n")
		state(`{"msg_id": "` + x.Request.Message.Header.ID + `"}`)
		x.Stdout("old\n")
		x.Clear(true)
		x.Stdout("in")
		x.Stdout("side\n")
		x.Result(map[string]string{"text/plain": "42"})
		state(`{"msg_id": ""}`)
		x.Stdout("after\n")
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fake.Close)
	opts := quick()
	opts.Start = func(ctx context.Context, _, _ string, _ []string) (*jupyter.Kernel, error) {
		return jupyter.Attach(ctx, fake.Connection())
	}
	if _, err := Document(t.Context(), "test.ipynb", nb, opts); err != nil {
		t.Fatal(err)
	}
	if got := outputsOf(nb.Cells[0]); got != `stdout "before\nafter\n"` {
		t.Errorf("outputs of the cell: %s", got)
	}
	outputs, _ := json.Marshal(models(t, nb)["out"]["state"].(map[string]any)["outputs"])
	const want = `[{"name":"stdout","output_type":"stream","text":"inside\n"},{"data":{"text/plain":"42"},"execution_count":1,"metadata":{},"output_type":"execute_result"}]`
	if string(outputs) != want {
		t.Errorf("the widget holds\n%s\nwant\n%s", outputs, want)
	}
	told := slices.ContainsFunc(fake.Received(), func(m *jupyter.Message) bool {
		return m.Header.Type == "comm_msg" && strings.Contains(string(m.Content), "inside")
	})
	if !told {
		t.Error("the kernel was not told what its widget holds")
	}
}

func TestWidgetStateOfIPyKernel(t *testing.T) {
	spec := pythonSpec(t)
	if err := exec.Command(spec.Argv[0], "-c", "import ipywidgets").Run(); err != nil {
		t.Skip("this Python has no ipywidgets")
	}
	nb := document("import ipywidgets as w\ns = w.IntSlider(value=3)\nout = w.Output()\nwith out:\n    "+
		"print('inside')\nprint('outside')", "s.value = 5", "print(len(out.outputs))")
	result, err := runPeer(t, spec, nb, Options{})
	if err != nil {
		t.Fatal(err, result.Warnings)
	}
	values := map[any]any{}
	for _, m := range models(t, nb) {
		state := m["state"].(map[string]any)
		values[m["model_name"]] = state["value"]
		if m["model_name"] == "OutputModel" {
			raw, _ := json.Marshal(state["outputs"])
			values["OutputModel"] = string(raw)
		}
	}
	if values["IntSliderModel"] != 5.0 || values["OutputModel"] != `[{"name":"stdout","output_type":"stream","text":"inside\n"}]` {
		t.Errorf("models %v", values)
	}
	if got := outputsOf(nb.Cells[0]) + outputsOf(nb.Cells[2]); got != `stdout "outside\n"stdout "1\n"` {
		t.Errorf("outputs %s", got)
	}
}
