package widgets

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/gocifar/gocifar/kernel/comm"
)

// The comm by which a front end asks for all widgets, after a page was loaded
// again or a second one opened.
const (
	controlTarget  = "jupyter.widget.control"
	controlVersion = "1.0.0"
)

// registry knows the widgets of this process, which are known to front ends as
// long as they are open.
type registry struct {
	mu     sync.Mutex
	models map[string]*Model
}

var instances = registry{models: map[string]*Model{}}

func (r *registry) add(m *Model) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.models[m.ID()] = m
}

func (r *registry) remove(m *Model) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.models, m.ID())
}

// find returns the widget with an id, nil if none is open.
func (r *registry) find(id string) *Model {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.models[id]
}

// all returns the widgets that are open.
func (r *registry) all() []*Model {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]*Model, 0, len(r.models))
	for _, m := range r.models {
		list = append(list, m)
	}
	return list
}

// listen takes the comms of front ends that ask for widgets or make some.
var listen = sync.OnceFunc(func() {
	for target, opened := range map[string]func(*comm.Comm, comm.Message){
		controlTarget: controlOpened, widgetTarget: widgetOpened,
	} {
		if err := comm.HandleTarget(target, opened); err != nil {
			fmt.Fprintln(os.Stderr, "widgets:", err)
		}
	}
})

// init makes the package ready for front ends as soon as a cell imports it.
func init() { listen() }

// checkVersion ends the comm of a front end that speaks another version.
func checkVersion(m comm.Message, want string) {
	var metadata struct {
		Version string `json:"version"`
	}
	_ = json.Unmarshal(m.Metadata, &metadata)
	got, _, _ := strings.Cut(metadata.Version, ".")
	major, _, _ := strings.Cut(want, ".")
	if got != major {
		panic(fmt.Errorf("widgets: the front end speaks version %q of the widgets' protocol, want %q", metadata.Version,
			want))
	}
}

func controlOpened(c *comm.Comm, m comm.Message) {
	checkVersion(m, controlVersion)
	c.OnMessage(func(m comm.Message) {
		var data struct {
			Method string `json:"method"`
		}
		if err := json.Unmarshal(m.Data, &data); err != nil || data.Method != "request_states" {
			panic(fmt.Errorf("widgets: the front end asks for %q, want request_states", data.Method))
		}
		states := map[string]any{}
		for _, model := range instances.all() {
			model.mu.Lock()
			states[model.ID()] = map[string]any{
				"model_name": model.state["_model_name"], "model_module": model.state["_model_module"],
				"model_module_version": model.state["_model_module_version"], "state": copyOf(model.state),
			}
			model.mu.Unlock()
		}
		p := pack(states)
		reply := map[string]any{"method": "update_states", "states": p.State, "buffer_paths": p.Paths}
		_ = c.Reply(m, reply, p.Buffers...) // a front end that is gone needs none
	})
}

func copyOf(state map[string]any) map[string]any {
	c := make(map[string]any, len(state))
	for name, value := range state {
		c[name] = value
	}
	return c
}

// widgetOpened makes a widget that a front end has made.
func widgetOpened(c *comm.Comm, m comm.Message) {
	checkVersion(m, protocolVersion)
	var data incoming
	if err := json.Unmarshal(m.Data, &data); err != nil {
		panic(fmt.Errorf("widgets: a widget of the front end's: %w", err))
	}
	var name string
	_ = json.Unmarshal(data.State["_model_name"], &name)
	class, err := classOf(name)
	if err != nil {
		panic(err)
	}
	model := newModel(class, nil)
	for attribute, raw := range data.State {
		if _, ok := model.spec.Attributes[attribute]; ok {
			model.state[attribute] = raw
		}
	}
	model.attach(c)
}
