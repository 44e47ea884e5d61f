package widgets

import (
	"encoding/json"
	"fmt"
	"html"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gocifar/gocifar/kernel/comm"
)

// Area is a place for output, ipywidgets' Output: what is printed and shown into
// it appears there, whichever cell or handler does so. Unlike ipywidgets' it
// does not ask the front end to move output there, so that all tabs, a page that
// is loaded again and a notebook that is run headlessly show the same.
type Area struct {
	*Model
	mu      sync.Mutex
	outputs []output
	pending bool // a message is about to be sent
	clear   bool // before the next output
}

// output is one of nbformat's.
type output struct {
	Type     string         `json:"output_type"`
	Name     string         `json:"name,omitempty"`
	Text     string         `json:"text,omitempty"`
	Data     map[string]any `json:"data,omitempty"`
	Metadata map[string]any `json:"metadata,omitempty"`
	EName    string         `json:"ename,omitempty"`
	EValue   string         `json:"evalue,omitempty"`
	// Traceback is that of an error.
	Traceback []string `json:"traceback,omitempty"`
}

// Output is an empty area.
func Output(options ...Option) *Area {
	a := &Area{Model: newModel("Output", nil)}
	a.render = a.draw
	a.fields["outputs"] = &field{decode: a.taken}
	a.open(options)
	return a
}

// taken keeps what a front end says that the area holds.
func (a *Area) taken(raw json.RawMessage, _ []located) (any, func(), error) {
	var list []output
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, nil, fmt.Errorf("want a list of outputs, got %.80s", raw)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.outputs = list
	return list, nil, nil
}

// Print adds text, as fmt.Print would.
func (a *Area) Print(values ...any) { a.Write("stdout", fmt.Sprint(values...)) }

// Printf adds text, as fmt.Printf would.
func (a *Area) Printf(format string, values ...any) {
	a.Write("stdout", fmt.Sprintf(format, values...))
}

// Write adds text to a stream, "stdout" or "stderr".
func (a *Area) Write(stream, text string) {
	if text == "" {
		return
	}
	a.change(func() {
		if n := len(a.outputs); n > 0 && a.outputs[n-1].Type == "stream" && a.outputs[n-1].Name == stream {
			a.outputs[n-1].Text += text
			return
		}
		a.outputs = append(a.outputs, output{Type: "stream", Name: stream, Text: text})
	})
}

// Show adds values, each as a notebook shows a cell's last value.
func (a *Area) Show(values ...any) {
	for _, v := range values {
		data := bundleOf(v)
		if data == nil {
			continue
		}
		a.change(func() {
			a.outputs = append(a.outputs, output{Type: "display_data", Data: data, Metadata: map[string]any{}})
		})
	}
}

// Replace shows values in place of what the area holds, in one step.
func (a *Area) Replace(values ...any) {
	a.Clear(true)
	a.Show(values...)
	a.flush(true)
}

// Clear empties the area; with wait, as soon as there is something new.
func (a *Area) Clear(wait bool) {
	if wait {
		a.mu.Lock()
		a.clear = true
		a.mu.Unlock()
		return
	}
	a.change(func() { a.outputs = nil })
}

// Capture calls do and takes what that prints. On the live kernel it is what do
// and the goroutines print that it starts, whatever is printed by others
// meanwhile; elsewhere nothing is taken.
func (a *Area) Capture(do func()) {
	comm.Capture(a.Write, do)
	a.flush(false)
}

// fail adds an error.
func (a *Area) fail(name, value string) {
	a.change(func() {
		a.outputs = append(a.outputs, output{Type: "error", EName: name, EValue: value,
			Traceback: []string{name + ": " + value}})
	})
}

// interval bounds how often a growing area is sent.
const interval = 50 * time.Millisecond

// change changes the outputs and has them sent soon.
func (a *Area) change(do func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.clear {
		a.outputs, a.clear = nil, false
	}
	do()
	if !a.pending {
		a.pending = true
		time.AfterFunc(interval, func() { a.flush(false) })
	}
}

// flush sends the outputs; also when none are new if that is so wanted.
func (a *Area) flush(always bool) {
	a.mu.Lock()
	if always && a.clear {
		a.outputs, a.clear, a.pending = nil, false, true
	}
	pending := a.pending
	a.pending = false
	list := slices.Clone(a.outputs)
	a.mu.Unlock()
	if pending {
		a.put("outputs", append([]output{}, list...))
	}
}

// Text is what the area holds, as text.
func (a *Area) Text() string {
	text, _ := a.draw()
	return text
}

func (a *Area) draw() (text, page string) {
	a.mu.Lock()
	list := slices.Clone(a.outputs)
	a.mu.Unlock()
	var lines, pages []string
	for _, o := range list {
		t := o.Text
		switch o.Type {
		case "error":
			t = o.EName + ": " + o.EValue
		case "display_data", "execute_result":
			t = fmt.Sprint(o.Data["text/plain"])
		}
		t = strings.TrimSuffix(t, "\n")
		lines = append(lines, t)
		if p, ok := o.Data["text/html"].(string); ok {
			pages = append(pages, p)
		} else if p, ok := o.Data["image/png"].(string); ok {
			pages = append(pages, `<img src="data:image/png;base64,`+p+`">`)
		} else if p, ok := o.Data["image/svg+xml"].(string); ok {
			pages = append(pages, p)
		} else {
			pages = append(pages, "<pre>"+html.EscapeString(t)+"</pre>")
		}
	}
	return strings.Join(lines, "\n"), strings.Join(pages, "\n")
}
