package execute

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// widgets keeps the state of Jupyter widgets, which live in the front end:
// without one, the executor keeps their books, so that a viewer can draw them
// later. Output widgets are also played: what a request prints while one of
// them has asked for its output goes into the widget.
//
// Formats: https://ipywidgets.readthedocs.io, "Embedding Jupyter Widgets" and
// the schema @jupyter-widgets/schema.
type widgets struct {
	models []string // comm ids, in the order of opening
	state  map[string]*nbformat.Object
	buffer map[string][]widgetBuffer
	output map[string]*outputWidget   // by comm id
	hooks  map[string][]*outputWidget // by request id; the last one gets the output
	// send passes a comm message to the kernel.
	send func(jupyter.Content) error
}

// widgetState is the key of the state in metadata.widgets.
const widgetState = "application/vnd.jupyter.widget-state+json"

// widgetBuffer is a binary part of a widget's state.
type widgetBuffer struct {
	path []any
	data []byte
}

func newWidgets() *widgets {
	return &widgets{
		state:  map[string]*nbformat.Object{},
		buffer: map[string][]widgetBuffer{},
		output: map[string]*outputWidget{},
		hooks:  map[string][]*outputWidget{},
		send:   func(jupyter.Content) error { return nil },
	}
}

// commData is what widgets send through comms.
type commData struct {
	Method      string          `json:"method"`
	State       json.RawMessage `json:"state"`
	BufferPaths [][]any         `json:"buffer_paths"`
}

func (w *widgets) handle(message *jupyter.Message, content jupyter.Content) error {
	switch m := content.(type) {
	case *jupyter.CommOpen:
		state, err := w.update(m.ID, json.RawMessage(m.Data), message.Buffers)
		if err != nil {
			return fmt.Errorf("comm_open %s: %w", m.ID, err)
		}
		if m.TargetName == "jupyter.widget" && state.String("_model_module") == "@jupyter-widgets/output" &&
			state.String("_model_name") == "OutputModel" {
			w.output[m.ID] = &outputWidget{id: m.ID, widgets: w}
			w.output[m.ID].follow(state)
		}
	case *jupyter.CommMessage:
		state, err := w.update(m.ID, json.RawMessage(m.Data), message.Buffers)
		if err != nil {
			return fmt.Errorf("comm_msg %s: %w", m.ID, err)
		}
		if output := w.output[m.ID]; output != nil && state != nil {
			output.follow(state)
		}
	}
	// comm_close leaves the state: a closed widget's picture may still stand in
	// an output.
	return nil
}

// update merges the state that a comm message carries, and returns what it
// carried; nil for messages without state.
func (w *widgets) update(id string, raw json.RawMessage, buffers [][]byte) (*nbformat.Object, error) {
	var data commData
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	if err := json.Unmarshal(raw, &data); err != nil {
		return nil, fmt.Errorf("data is no widget message: %w", err)
	}
	if len(data.State) == 0 {
		return nil, nil
	}
	state, err := nbformat.ParseObject(data.State)
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	if w.state[id] == nil {
		w.models = append(w.models, id)
		w.state[id] = nbformat.NewObject()
	}
	for _, key := range state.Keys() {
		w.state[id].Set(key, state.Get(key))
	}
	if len(buffers) < len(data.BufferPaths) {
		return state, fmt.Errorf("%d buffer paths with %d buffers", len(data.BufferPaths), len(buffers))
	}
	for i, path := range data.BufferPaths {
		w.setBuffer(id, path, buffers[i])
	}
	return state, nil
}

// setBuffer keeps one buffer for each path.
func (w *widgets) setBuffer(id string, path []any, data []byte) {
	same := func(b widgetBuffer) bool { return fmt.Sprint(b.path) == fmt.Sprint(path) }
	if i := slices.IndexFunc(w.buffer[id], same); i >= 0 {
		w.buffer[id][i].data = data
		return
	}
	w.buffer[id] = append(w.buffer[id], widgetBuffer{path, data})
}

// store writes metadata.widgets, unless there are no widgets.
func (w *widgets) store(nb *nbformat.Notebook) {
	models := nbformat.NewObject()
	for _, id := range w.models {
		state := w.state[id]
		if !state.Has("_model_name") {
			continue
		}
		model := nbformat.NewObject()
		if buffers := w.buffer[id]; len(buffers) > 0 {
			list := make([]any, len(buffers))
			for i, b := range buffers {
				entry := nbformat.NewObject()
				entry.Set("data", base64.StdEncoding.EncodeToString(b.data))
				entry.Set("encoding", "base64")
				entry.Set("path", slices.Clone(b.path))
				list[i] = entry
			}
			model.Set("buffers", list)
		}
		model.Set("model_module", state.Get("_model_module"))
		model.Set("model_module_version", state.Get("_model_module_version"))
		model.Set("model_name", state.Get("_model_name"))
		model.Set("state", state.Clone())
		models.Set(id, model)
	}
	if models.Len() == 0 {
		return
	}
	record := nbformat.NewObject()
	record.Set("state", models)
	record.Set("version_major", 2)
	record.Set("version_minor", 0)
	nb.Metadata().Ensure("widgets").Set(widgetState, record)
}

// capturing is the output widget that takes the output of a request, nil when
// none does.
func (w *widgets) capturing(request string) *outputWidget {
	if stack := w.hooks[request]; len(stack) > 0 {
		return stack[len(stack)-1]
	}
	return nil
}

// outputWidget plays the front end of an ipywidgets.Output.
type outputWidget struct {
	id        string
	widgets   *widgets
	capturing string // the request whose output it takes, "" for none
	outputs   []nbformat.Output
	clearNext bool
}

// follow reacts to msg_id in new state: it names the request to take the output
// of, "" ends that.
func (o *outputWidget) follow(state *nbformat.Object) {
	if !state.Has("msg_id") {
		return
	}
	request := state.String("msg_id")
	if o.capturing != "" {
		stack := o.widgets.hooks[o.capturing]
		if i := slices.Index(stack, o); i >= 0 {
			o.widgets.hooks[o.capturing] = slices.Delete(stack, i, i+1)
		}
	}
	if request != "" {
		o.widgets.hooks[request] = append(o.widgets.hooks[request], o)
	}
	o.capturing = request
}

// capture takes one output message and tells the kernel's side of the widget
// what it now holds.
func (o *outputWidget) capture(event jupyter.Event) {
	if m, ok := event.Content.(*jupyter.ClearOutput); ok && m.Wait {
		o.clearNext = true
		return
	}
	if _, clear := event.Content.(*jupyter.ClearOutput); clear || o.clearNext {
		o.outputs, o.clearNext = nil, false
	}
	switch m := event.Content.(type) {
	case *jupyter.Stream:
		o.appendStream(m.Name, m.Text)
	case *jupyter.DisplayData:
		o.outputs = append(o.outputs, nbformat.NewDisplay(bundle(m.Data), bundle(m.Metadata)))
	case *jupyter.ExecuteResult:
		o.outputs = append(o.outputs, nbformat.NewResult(m.ExecutionCount, bundle(m.Data), bundle(m.Metadata)))
	case *jupyter.ErrorOutput:
		o.outputs = append(o.outputs, nbformat.NewError(m.Name, m.Value, m.Traceback))
	}
	o.sync()
}

func (o *outputWidget) appendStream(name, text string) {
	if n := len(o.outputs); n > 0 && o.outputs[n-1].Type() == nbformat.Stream {
		if last, before := o.outputs[n-1].Stream(); last == name {
			o.outputs[n-1] = nbformat.NewStream(name, before+text)
			return
		}
	}
	o.outputs = append(o.outputs, nbformat.NewStream(name, text))
}

// sync writes the outputs into the widget's state, here and in the kernel. In
// messages text is one string, unlike in files.
func (o *outputWidget) sync() {
	list := make([]any, len(o.outputs))
	for i, output := range o.outputs {
		obj := output.Object().Clone()
		if output.Type() == nbformat.Stream {
			_, text := output.Stream()
			obj.Set("text", text)
		}
		if data := obj.Object("data"); data != nil {
			for _, mime := range slices.Clone(data.Keys()) {
				if text, ok := output.Text(mime); ok && !strings.HasSuffix(mime, "json") {
					data.Set(mime, text)
				}
			}
		}
		list[i] = obj
	}
	o.widgets.state[o.id].Set("outputs", list)
	update := nbformat.NewObject()
	update.Set("outputs", list)
	data := nbformat.NewObject()
	data.Set("buffer_paths", []any{})
	data.Set("method", "update")
	data.Set("state", update)
	raw, err := data.MarshalJSON()
	if err != nil {
		return
	}
	// A kernel that is gone is reported by its own event; there is nothing more
	// to do here.
	_ = o.widgets.send(&jupyter.CommMessage{ID: o.id, Data: jupyter.Object(raw)})
}
