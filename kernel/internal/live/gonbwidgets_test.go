package live

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// gonbPage plays the page of gonbui's comms.
type gonbPage struct {
	*client
	id    string
	tries int
	got   []string // addresses and values
}

// take connects when the script comes, and answers what the kernel asks.
func (p *gonbPage) take(e jupyter.Event) {
	switch m := e.Content.(type) {
	case *jupyter.DisplayData:
		if text, _ := m.Data.Text("text/html"); strings.Contains(text, "globalThis.gonb_comm = comm") {
			p.tries++
			p.id = fmt.Sprintf("page%d", p.tries)
			p.sendComm(jupyter.Shell, &jupyter.CommOpen{ID: p.id, TargetName: "gonb_comm", Data: jupyter.Object(`{}`)})
		}
	case *jupyter.CommMessage:
		var data struct {
			Address string
			Value   any
		}
		if m.ID != p.id || json.Unmarshal(m.Data, &data) != nil {
			return
		}
		p.got = append(p.got, fmt.Sprint(data.Address, "=", data.Value))
		switch data.Address {
		case "#comm_open_ack":
			p.say("#comm_open_ack", true)
		case "#heartbeat/ping":
			p.say("#heartbeat/pong", true)
		case "/to/page":
			p.say("/to/cell", data.Value)
		}
	}
}

// say sends a value to the kernel.
func (p *gonbPage) say(address string, value any) {
	raw, err := json.Marshal(map[string]any{"address": address, "value": value})
	if err != nil {
		p.t.Fatal(err)
	}
	p.sendComm(jupyter.Shell, &jupyter.CommMessage{ID: p.id, Data: raw})
}

const gonbEcho = `import "github.com/janpfeifer/gonb/gonbui/comms"
%%
answers := comms.Listen[int]("/to/cell").WithBuffer(1)
comms.Send("/to/page", 41)
select {
case v := <-answers.C:
	fmt.Println("the page says", v)
case <-time.After(10 * time.Second):
	fmt.Println("the page says nothing")
}
answers.Close()`

func TestGonbComms(t *testing.T) {
	p := &gonbPage{client: newClient(t)}
	p.during = p.take
	for range 2 { // the page stays connected
		if s := p.run(gonbEcho); !strings.Contains(s.stdout, "the page says 41") || s.error != nil {
			t.Fatalf("%s (page got %q)\n%s", s.text(), p.got, p.kernel.Log())
		}
	}
	if p.tries != 1 {
		t.Errorf("the page connected %d times, want once", p.tries)
	}
	if s := p.run("%widgets_hb"); !strings.Contains(strings.Join(s.displays, " "), "Heartbeat pong received back.") {
		t.Errorf("%%widgets_hb: %s", s.text())
	}
	// The page is loaded again: the old comm does not answer, a new one comes.
	p.id = "gone"
	time.Sleep(1100 * time.Millisecond)
	if s := p.run(gonbEcho); !strings.Contains(s.stdout, "the page says 41") || p.tries != 2 {
		t.Errorf("after a new page: %s (%d connections)", s.text(), p.tries)
	}
	p.sendComm(jupyter.Shell, &jupyter.CommMessage{ID: p.id, Data: jupyter.Object(`[]`)})
	p.say("/nobody/listens", 7)
	if s := p.run(gonbEcho); !strings.Contains(s.stdout, "the page says 41") {
		t.Errorf("after messages for nobody: %s", s.text())
	}
}

// TestGonbCommsWithoutAPage ends, where GoNB's library would wait.
// A script runs in the output of its own cell only.
func TestGonbScripts(t *testing.T) {
	p := &gonbPage{client: newClient(t)}
	shown := map[string]bool{}
	var cell, updates int
	p.during = func(e jupyter.Event) {
		p.take(e)
		switch m := e.Content.(type) {
		case *jupyter.DisplayData:
			if text, _ := m.Data.Text("text/html"); strings.Contains(text, "first") {
				if id := m.Transient.DisplayID; shown[id] {
					t.Errorf("cell %d shows its script under the id of an earlier one, %q", cell, id)
				}
				shown[m.Transient.DisplayID] = true
			}
		case *jupyter.UpdateDisplayData:
			if text, _ := m.Data.Text("text/html"); strings.Contains(text, "second") {
				updates++
			}
		}
	}
	for cell = range 2 {
		code := "import \"github.com/janpfeifer/gonb/gonbui/dom\"\n%%\n" +
			"dom.TransientJavascript(\"first()\")\ndom.TransientJavascript(\"second()\")"
		if s := p.run(code); s.error != nil {
			t.Fatalf("%s\n%s", s.text(), p.kernel.Log())
		}
	}
	if len(shown) != 2 || updates != 2 {
		t.Errorf("%d scripts were shown and %d updated, want 2 and 2", len(shown), updates)
	}
}

func TestGonbCommsWithoutAPage(t *testing.T) {
	c := newClient(t)
	s := c.run("import \"github.com/janpfeifer/gonb/gonbui/comms\"\n%%\ncomms.Send(\"/a\", 1)\ncomms.Send(\"/a\", 2)\n" +
		"fmt.Println(\"sent\")")
	if s.error != nil || strings.TrimSpace(s.stdout) != "sent" {
		t.Errorf("%s", s.text())
	}
	if s := c.run("%widgets"); s.error == nil || !strings.Contains(s.error.Value, "no page has connected") {
		t.Errorf("%%widgets: %s", s.text())
	}
}
