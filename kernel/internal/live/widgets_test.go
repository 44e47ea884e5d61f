package live

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// page is the part of a front end that keeps widgets.
type page struct {
	*client
	states map[string]map[string]any // by comm id
}

// runWidgets runs a cell and takes in the widgets that it makes.
func (p *page) runWidgets(code string) *shown {
	p.t.Helper()
	p.during = func(e jupyter.Event) { p.take(e) }
	defer func() { p.during = nil }()
	s := p.run("import \"github.com/gocifar/gocifar/kernel/widgets\"\n%%\n" + code)
	if s.error != nil {
		p.t.Fatalf("%s\n%s\n%s", code, s.text(), p.kernel.Log())
	}
	return s
}

func (p *page) take(e jupyter.Event) {
	var id string
	var raw jupyter.Object
	switch m := e.Content.(type) {
	case *jupyter.CommOpen:
		id, raw = m.ID, m.Data
	case *jupyter.CommMessage:
		id, raw = m.ID, m.Data
	default:
		return
	}
	var data struct{ State map[string]any }
	if json.Unmarshal(raw, &data) != nil {
		return
	}
	if p.states[id] == nil {
		p.states[id] = map[string]any{}
	}
	for name, value := range data.State {
		p.states[id][name] = value
	}
}

// model is the id of the only widget with a description.
func (p *page) model(description string) string {
	p.t.Helper()
	for id, state := range p.states {
		if state["description"] == description {
			return id
		}
	}
	p.t.Fatalf("no widget %q", description)
	return ""
}

// set moves a control, as a front end does, and returns what that caused.
func (p *page) set(id, name string, value any) []jupyter.Event {
	p.t.Helper()
	raw, err := json.Marshal(map[string]any{"method": "update", "state": map[string]any{name: value},
		"buffer_paths": []any{}})
	if err != nil {
		p.t.Fatal(err)
	}
	events := p.caused(p.sendComm(jupyter.Shell, &jupyter.CommMessage{ID: id, Data: raw}))
	for _, e := range events {
		p.take(e)
	}
	return events
}

func TestWidgets(t *testing.T) {
	p := &page{newClient(t), map[string]map[string]any{}}
	p.runWidgets(`s := widgets.FloatSlider(0, 10, 2.5, widgets.Description("rate"), widgets.Width("300px"))
s.Observe(func(v float64) { fmt.Println("rate is", v) })
d := widgets.Dropdown([]time.Duration{time.Second, time.Minute}, widgets.Description("time"))
b := widgets.Button("go").OnClick(func() { s.SetValue(s.Value() + 1) })
s`)
	slider := p.model("rate")
	if events := p.set(slider, "value", 4.5); kinds(events) != "status comm_msg status" {
		t.Errorf("moving the slider caused %s", kinds(events))
	}
	if s := p.run("s.Value() + 0.25"); s.result != "4.75" {
		t.Errorf("the slider's value: %s", s.text())
	}
	p.set(p.model("time"), "index", 1)
	if s := p.run("d.Value()"); s.result != "1m0s" {
		t.Errorf("the dropdown's value: %s", s.text())
	}
	p.caused(p.sendComm(jupyter.Shell, &jupyter.CommMessage{ID: p.model("go"),
		Data: jupyter.Object(`{"method":"custom","content":{"event":"click"}}`)}))
	if s := p.run("s.Value()"); s.result != "5.5" {
		t.Errorf("after the click: %s", s.text())
	}
	if s := p.runWidgets("s.SetValue(99)"); p.states[slider]["value"] != 10.0 {
		t.Errorf("set out of bounds, the front end has %v: %s", p.states[slider]["value"], s.text())
	}
}

// TestWidgetsBadInput has values stay as they were.
func TestWidgetsBadInput(t *testing.T) {
	p := &page{newClient(t), map[string]map[string]any{}}
	cell := p.send("import \"github.com/gocifar/gocifar/kernel/widgets\"\n%%\n" +
		`s := widgets.IntSlider(0, 10, 3, widgets.Description("n"), widgets.Attribute("colour", "red"))
d := widgets.Dropdown([]string{"a", "b"}, widgets.Description("d"))`)
	p.during = func(e jupyter.Event) { p.take(e) }
	if s := p.await(cell); s.error != nil || !strings.Contains(s.stderr, `IntSlider has no attribute "colour"; it has`) {
		t.Fatalf("%s\n%s", s.text(), p.kernel.Log())
	}
	for _, x := range []struct {
		widget, name string
		value        any
		want         string
	}{
		{"n", "value", "seven", "want a int, got \"seven\""},
		{"n", "value", nil, "want a int"},
		{"n", "value", 2.5, "want a int"},
		{"d", "index", 7, "want the number of one of 2 values, got 7"},
		{"d", "index", "x", "want the number of one of 2 values"},
	} {
		events := p.set(p.model(x.widget), x.name, x.value)
		if text := p.late(cell); !strings.Contains(text, x.want) {
			t.Errorf("%s = %v: the cell shows %q, want %q (caused %s)", x.name, x.value, text, x.want, kinds(events))
		}
	}
	if got := fmt.Sprint(p.states[p.model("n")]["value"], p.states[p.model("d")]["index"]); got != "3 0" {
		t.Errorf("the front end has %s, want the old values 3 0", got)
	}
	if s := p.run("fmt.Sprintln(s.Value(), d.Value())"); strings.TrimSpace(s.result) != "3 a" {
		t.Errorf("the values are %s", s.text())
	}
	// Numbers out of bounds are brought in, and the front end told.
	p.set(p.model("n"), "value", 99)
	if s := p.run("s.Value()"); s.result != "10" || p.states[p.model("n")]["value"] != 10.0 {
		t.Errorf("99 became %s here, %v there", s.text(), p.states[p.model("n")]["value"])
	}
	for _, data := range []string{`{"method":"dance"}`, `[]`, `{"method":"update","state":7}`,
		`{"method":"update","state":{"value":1},"buffer_paths":[["value"]]}`} {
		p.caused(p.sendComm(jupyter.Shell, &jupyter.CommMessage{ID: p.model("n"), Data: jupyter.Object(data)}))
		if text := p.late(cell); !strings.Contains(text, "front end's message") {
			t.Errorf("%s: the cell shows %q", data, text)
		}
	}
}

func TestInteract(t *testing.T) {
	p := &page{newClient(t), map[string]map[string]any{}}
	s := p.runWidgets(`widgets.Interact(func(x float64, n int, kind string) any {
	if n == 13 { panic("unlucky") }
	fmt.Println("n is", n)
	return x * float64(n)
}, widgets.Named("x", widgets.Range[float64]{Min: 0, Max: 4}), widgets.Named("n", 3), widgets.Named("kind", []string{"a", "b"}))`)
	if s.stdout != "" {
		t.Errorf("the cell shows %q, which belongs into the area", s.stdout)
	}
	area := func() string {
		for _, state := range p.states {
			if outputs, ok := state["outputs"]; ok {
				raw, _ := json.Marshal(outputs)
				return string(raw)
			}
		}
		return ""
	}
	if got := area(); !strings.Contains(got, `n is 3\n`) || !strings.Contains(got, `"text/plain":"6"`) {
		t.Errorf("the area holds %s", got)
	}
	p.set(p.model("n"), "value", 4)
	if got := area(); strings.Contains(got, `n is 3`) || !strings.Contains(got, `n is 4\n`) || !strings.Contains(got, `"text/plain":"8"`) {
		t.Errorf("after n = 4 the area holds %s", got)
	}
	p.runWidgets(`_ = 0`)
	if s := p.run(`widgets.Interact(func(chan int) int { return 1 })`); !strings.Contains(s.text(), "there is no control for a chan int") {
		t.Errorf("a channel: %s", s.text())
	}
}
