package widgets

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/gocifar/gocifar/kernel/comm"
)

// arrived takes new state as soon as it comes, also while a handler runs, so
// that values are always the newest. The functions that want to know are called
// in their turn, by handle.
func (m *Model) arrived(message comm.Message) {
	var in incoming
	var changes []func()
	err := json.Unmarshal(message.Data, &in)
	if err == nil && in.Method == "update" {
		changes, err = m.take(message, &in)
	}
	m.mu.Lock()
	m.changes = append(m.changes, changes)
	m.mu.Unlock()
	if err != nil {
		panic(fmt.Errorf("widgets: %s: a front end's message: %w", m.class, err))
	}
}

// take keeps the state of a message, and sends it back, so that all front ends
// have it and the sender knows that it has arrived.
func (m *Model) take(message comm.Message, in *incoming) (changes []func(), err error) {
	buffers, err := in.buffersOf(message.Buffers)
	if err != nil {
		return nil, err
	}
	m.echo(message, in)
	corrected := map[string]any{}
	for name, raw := range in.State {
		if _, ok := m.spec.Attributes[name]; !ok {
			continue // of another version of the front end's
		}
		value, changed, failed := m.decode(name, raw, buffers[name])
		m.mu.Lock()
		before := m.state[name]
		if failed == nil {
			m.state[name] = value
		}
		m.mu.Unlock()
		if failed != nil {
			err = fmt.Errorf("%s: %w", name, failed)
			corrected[name] = before
			continue
		}
		kept, e := json.Marshal(pack(map[string]any{name: value}).State[name])
		if e == nil && len(buffers[name]) == 0 && !sameJSON(kept, raw) {
			corrected[name] = value
		}
		if changed != nil {
			changes = append(changes, changed)
		}
	}
	if len(corrected) > 0 {
		p := pack(corrected)
		if e := m.comm.Reply(message, p.data("update"), p.Buffers...); e != nil && err == nil {
			err = e
		}
	}
	return changes, err
}

// decode reads an attribute.
func (m *Model) decode(name string, raw json.RawMessage, buffers []located) (any, func(), error) {
	if f := m.field(name); f != nil {
		return f.decode(raw, buffers)
	}
	if len(buffers) == 1 && len(buffers[0].path) == 0 {
		return buffers[0].data, nil, nil
	}
	return slices.Clone(raw), nil, nil
}

// echo sends state back that a front end has sent, as ipywidgets 8 does.
func (m *Model) echo(message comm.Message, in *incoming) {
	state := map[string]any{}
	for name, raw := range in.State {
		if _, ok := m.spec.Attributes[name]; ok && !slices.Contains(m.spec.NoEcho, name) {
			state[name] = raw
		}
	}
	paths, buffers := [][]any{}, [][]byte{}
	for i, path := range in.Paths {
		name, _ := path[0].(string)
		if _, ok := m.spec.Attributes[name]; ok && !slices.Contains(m.spec.NoEcho, name) {
			paths, buffers = append(paths, path), append(buffers, message.Buffers[i])
		}
	}
	if len(state) == 0 && len(paths) == 0 {
		return
	}
	data := map[string]any{"method": "echo_update", "state": state, "buffer_paths": paths}
	if err := m.comm.Reply(message, data, buffers...); err != nil {
		fmt.Fprintf(os.Stderr, "widgets: %s: %v\n", m.class, err)
	}
}

// handle does what has to wait for handlers before it.
func (m *Model) handle(message comm.Message) {
	m.mu.Lock()
	var changes []func()
	if len(m.changes) > 0 {
		changes, m.changes = m.changes[0], m.changes[1:]
	}
	custom := slices.Clone(m.custom)
	m.mu.Unlock()
	for _, changed := range changes {
		changed()
	}
	var in incoming
	if json.Unmarshal(message.Data, &in) != nil {
		return // arrived has said so
	}
	switch in.Method {
	case "request_state":
		m.mu.Lock()
		p := pack(m.state)
		m.mu.Unlock()
		_ = m.comm.Reply(message, p.data("update"), p.Buffers...)
	case "custom":
		for _, handle := range custom {
			handle(in.Content, message.Buffers)
		}
	case "update":
	default:
		panic(fmt.Errorf("widgets: %s: a front end's message has the unknown method %q", m.class, in.Method))
	}
}
