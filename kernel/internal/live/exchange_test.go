package live

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// exchange is what testdata/widgets_exchange.py has recorded of ipykernel.
type exchange struct {
	Steps []struct {
		Name, Go, Type    string
		Slider            bool
		Metadata, Content json.RawMessage
		Caused            []recorded
	}
}

// recorded is a message on iopub, or the reply to a comm_info_request.
type recorded struct {
	Type              string
	Content, Metadata map[string]any
	Buffers           []string
}

// TestExchange has our kernel say to a front end what ipykernel says: for every
// control, the handshake by which a page that is loaded again finds its widgets,
// state in both directions, and what is wrong. The script says how the recording
// is made.
func TestExchange(t *testing.T) {
	raw, err := os.ReadFile("testdata/widgets_exchange.json")
	if err != nil {
		t.Fatal(err)
	}
	var want exchange
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	c := newClient(t)
	if s := c.run("import \"github.com/gocifar/gocifar/kernel/widgets\"\nvar s *widgets.Control[int]"); s.error != nil {
		t.Fatalf("%s\n%s", s.text(), c.kernel.Log())
	}
	names := map[string]string{} // our comms by id, as they are numbered in the recording
	slider := ""
	for _, step := range want.Steps {
		t.Run(step.Name, func(t *testing.T) {
			c.t = t
			var id string
			if step.Go != "" {
				code := "%%\n" + step.Go
				if makes := strings.HasPrefix(step.Go, "widgets.") && !strings.HasPrefix(step.Go, "widgets.Show"); makes {
					code = "%%\nx := " + step.Go + "\n_ = x"
				}
				id = c.send(code)
			} else {
				content := strings.ReplaceAll(string(step.Content), "SLIDER", slider)
				parsed, err := jupyter.ParseContent(step.Type, json.RawMessage(content))
				if err != nil {
					t.Fatal(err)
				}
				if id, err = c.kernel.SendWith(t.Context(), jupyter.Shell, parsed, step.Metadata); err != nil {
					t.Fatal(err)
				}
			}
			got := c.messages(id, names)
			if step.Type == "comm_info_request" {
				got = append(got, c.commInfo(id, names))
			}
			if step.Slider {
				for id, name := range names {
					if name == fmt.Sprint(got[len(got)-2].Content["comm_id"]) {
						slider = id
					}
				}
			}
			compareMessages(t, got, step.Caused)
		})
	}
}

// viewMIME is the form of a widget that front ends with widgets draw.
const viewMIME = "application/vnd.jupyter.widget-view+json"

// messages are those that a message causes, but for those about execution, with
// ids of comms as they are numbered in the recording.
func (c *client) messages(id string, names map[string]string) (list []recorded) {
	for _, e := range c.caused(id) {
		if e.Channel != jupyter.IOPub {
			if e.ParentID() == id {
				c.others = append(c.others, e) // for commInfo
			}
			continue
		}
		switch m := e.Content.(type) {
		case *jupyter.ErrorOutput:
			c.t.Fatalf("%s: %s", m.Name, m.Value)
		case *jupyter.ExecuteInput, *jupyter.ExecuteResult, *jupyter.Stream:
			continue
		case *jupyter.CommOpen:
			names[m.ID] = fmt.Sprintf("#%d", len(names)+1)
		}
		r := c.recorded(e, names)
		if data, ok := r.Content["data"].(map[string]any); ok && r.Type == "display_data" {
			r.Content = map[string]any{"data": map[string]any{viewMIME: data[viewMIME]}} // the other forms are our own
		}
		list = append(list, r)
	}
	return list
}

// commInfo is the reply to a comm_info_request, which comes on another channel
// than what else is caused: before the end of that, or after.
func (c *client) commInfo(id string, names map[string]string) recorded {
	limit := time.After(30 * time.Second)
	for {
		for i, e := range c.others {
			if _, ok := e.Content.(*jupyter.CommInfoReply); ok && e.ParentID() == id {
				c.others = slices.Delete(c.others, i, i+1)
				return c.recorded(e, names)
			}
		}
		select {
		case e := <-c.kernel.Events():
			if e.Err != nil {
				c.t.Fatalf("the kernel is gone: %v; %s", e.Err, c.kernel.Log())
			}
			c.others = append(c.others, e)
		case <-limit:
			c.t.Fatal("no reply to comm_info_request")
		}
	}
}

// recorded is a message with comms as they are numbered in the recording.
func (c *client) recorded(e jupyter.Event, names map[string]string) recorded {
	text := string(e.Message.Content)
	for id, name := range names {
		text = strings.ReplaceAll(text, id, name)
	}
	r := recorded{Type: e.Type()}
	if json.Unmarshal([]byte(text), &r.Content) != nil || json.Unmarshal(e.Message.Metadata, &r.Metadata) != nil {
		c.t.Fatalf("%s: %s", e.Type(), text)
	}
	for _, b := range e.Message.Buffers {
		r.Buffers = append(r.Buffers, string(b))
	}
	return r
}

func compareMessages(t *testing.T, got, want []recorded) {
	t.Helper()
	types := func(list []recorded) (names []string) {
		for _, m := range list {
			names = append(names, m.Type)
		}
		return names
	}
	if !slices.Equal(types(got), types(want)) {
		t.Fatalf("messages are %q, ipykernel's %q", types(got), types(want))
	}
	for i, w := range want {
		g := got[i]
		// A null that ipykernel sends for a target's module is what is left out here.
		delete(w.Content, "target_module")
		if data, ok := w.Content["data"].(map[string]any); ok && data["method"] == "update_states" {
			compareStates(t, g, w)
			continue
		}
		if !reflect.DeepEqual(g.Content, w.Content) || !reflect.DeepEqual(g.Metadata, w.Metadata) ||
			strings.Join(g.Buffers, " ") != strings.Join(w.Buffers, " ") {
			t.Errorf("message %d, %s:\n%s", i, w.Type, different("", g.Content, w.Content))
			t.Logf("metadata %v, want %v; buffers %q, want %q", g.Metadata, w.Metadata, g.Buffers, w.Buffers)
		}
	}
}

// compareStates compares the answer to request_states, whose buffers are in no
// order.
func compareStates(t *testing.T, got, want recorded) {
	t.Helper()
	g, w := got.Content["data"].(map[string]any), want.Content["data"].(map[string]any)
	paths := func(data map[string]any) []string {
		var list []string
		for _, p := range data["buffer_paths"].([]any) {
			list = append(list, fmt.Sprint(p))
		}
		slices.Sort(list)
		return list
	}
	if !slices.Equal(paths(g), paths(w)) || len(got.Buffers) != len(want.Buffers) {
		t.Errorf("buffers at %v, want %v", paths(g), paths(w))
	}
	if text := different("", g["states"], w["states"]); text != "" {
		t.Error(text)
	}
}

// different lists where two JSON values differ.
func different(path string, got, want any) string {
	g, isObject := got.(map[string]any)
	w, wantObject := want.(map[string]any)
	if !isObject || !wantObject {
		if reflect.DeepEqual(got, want) {
			return ""
		}
		return fmt.Sprintf("%s: %v, want %v\n", path, got, want)
	}
	keys := maps.Clone(g)
	maps.Copy(keys, w)
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if _, ok := g[key]; !ok {
			fmt.Fprintf(&b, "%s.%s is missing, want %v\n", path, key, w[key])
		} else if _, ok := w[key]; !ok {
			fmt.Fprintf(&b, "%s.%s is %v, want nothing\n", path, key, g[key])
		} else {
			b.WriteString(different(path+"."+key, g[key], w[key]))
		}
	}
	return b.String()
}
