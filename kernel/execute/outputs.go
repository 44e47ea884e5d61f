package execute

import (
	"encoding/json"
	"fmt"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// outputs assembles the outputs of all cells of a run from the kernel's
// messages. Messages are told apart by the request that caused them, for the
// whole run: what a cell says after its end still becomes the cell's.
//
// It is used by one goroutine at a time.
type outputs struct {
	cells    map[string]*cellOutputs // by request id
	displays map[string][]*item      // by display id: every output that shows it
	widgets  *widgets
	require  []string                             // modules with versions, as the kernel said last
	warn     func(cell *cellOutputs, text string) // cell may be nil
	log      func(text string)                    // the kernel's own
	touch    func(cell *cellOutputs)              // its outputs have changed
	observe  func(cell *cellOutputs, change OutputChange)
}

// cellOutputs are one cell's outputs while they grow.
type cellOutputs struct {
	cell  *nbformat.Cell
	index int
	items []*item
	// clearNext is a clear_output with wait: the next output replaces what is
	// there.
	clearNext bool
	count     int // the prompt's number of this execution
	dirty     bool
	hidden    bool // of a request that is no cell's
}

// item is one output: a stream, or one that is complete as it came.
type item struct {
	owner     *cellOutputs
	output    nbformat.Output
	stream    *StreamText // nil unless a stream
	name      string      // the stream's
	displayID string
}

// OutputChange is what one message did to a cell's outputs.
type OutputChange struct {
	// Kind is the message type: "stream", "display_data", "execute_result",
	// "error", "update_display_data" or "clear_output".
	Kind string
	// Name and Text are a stream's name and new text, as it came.
	Name, Text string
	// Output is the new or changed output; zero for a stream and for
	// clear_output.
	Output nbformat.Output
}

func newOutputs() *outputs {
	return &outputs{
		cells:    map[string]*cellOutputs{},
		displays: map[string][]*item{},
		widgets:  newWidgets(),
		warn:     func(*cellOutputs, string) {},
		log:      func(string) {},
		touch:    func(*cellOutputs) {},
		observe:  func(*cellOutputs, OutputChange) {},
	}
}

// begin starts the collection for a cell; its request follows in track.
func (o *outputs) begin(cell *nbformat.Cell, index, count int) *cellOutputs {
	return &cellOutputs{cell: cell, index: index, count: count, dirty: true}
}

// track says which request executes the cell.
func (o *outputs) track(request string, c *cellOutputs) { o.cells[request] = c }

// handle takes in one message and tells whether it changed a cell.
func (o *outputs) handle(event jupyter.Event) bool {
	c := o.cells[event.ParentID()]
	switch content := event.Content.(type) {
	case *jupyter.CommOpen, *jupyter.CommMessage, *jupyter.CommClose:
		if err := o.widgets.handle(event.Message, content); err != nil {
			o.warn(c, err.Error())
		}
		return false
	case *jupyter.ExecuteReply:
		o.noteRequire(event.Message)
		return false
	case *jupyter.Stream, *jupyter.DisplayData, *jupyter.UpdateDisplayData, *jupyter.ExecuteResult,
		*jupyter.ErrorOutput, *jupyter.ClearOutput:
		if w := o.widgets.capturing(event.ParentID()); w != nil {
			w.capture(event)
			return false
		}
		if c == nil {
			o.stray(event)
			return false
		}
		o.add(c, content)
		return true
	}
	return false
}

// stray treats output that no cell caused. What the kernel says of its own
// accord, or when it is asked for something else than to execute, belongs into
// its log.
func (o *outputs) stray(event jupyter.Event) {
	if parent := event.Message.Parent; parent.ID == "" || parent.Type != "" && parent.Type != "execute_request" {
		if text, ok := event.Content.(*jupyter.Stream); ok {
			o.log(text.Text)
		}
		return
	}
	o.warn(nil, fmt.Sprintf("%s that belongs to no cell of this run was dropped", event.Type()))
}

func (o *outputs) add(c *cellOutputs, content jupyter.Content) {
	switch m := content.(type) {
	case *jupyter.ClearOutput:
		if m.Wait {
			c.clearNext = true
			return
		}
		o.clear(c)
		o.changed(c)
		o.tell(c, OutputChange{Kind: m.MessageType()})
	case *jupyter.Stream:
		if m.Text == "" {
			return
		}
		o.clearIfWaiting(c)
		c.stream(m.Name).Write(m.Text)
		o.changed(c)
		o.tell(c, OutputChange{Kind: m.MessageType(), Name: m.Name, Text: m.Text})
	case *jupyter.DisplayData:
		o.show(c, m.MessageType(), nbformat.NewDisplay(bundle(m.Data), bundle(m.Metadata)), m.Transient.DisplayID)
	case *jupyter.ExecuteResult:
		// The prompt's number is the run's own, the same as the cell's: a
		// kernel that was restarted or shared counts differently.
		result := nbformat.NewResult(c.count, bundle(m.Data), bundle(m.Metadata))
		o.show(c, m.MessageType(), result, m.Transient.DisplayID)
	case *jupyter.ErrorOutput:
		o.show(c, m.MessageType(), nbformat.NewError(m.Name, m.Value, m.Traceback), "")
	case *jupyter.UpdateDisplayData:
		o.update(c, m)
	}
}

// show appends an output. One with the display id of earlier ones replaces
// their content too, as in JupyterLab.
func (o *outputs) show(c *cellOutputs, kind string, output nbformat.Output, displayID string) {
	o.clearIfWaiting(c)
	if displayID != "" {
		for _, shown := range o.displays[displayID] {
			o.replace(shown, output)
		}
	}
	it := &item{owner: c, output: output, displayID: displayID}
	c.items = append(c.items, it)
	o.changed(c)
	if displayID != "" {
		o.displays[displayID] = append(o.displays[displayID], it)
	}
	o.tell(c, OutputChange{Kind: kind, Output: output})
}

// update rewrites every output that shows the display id, in whichever cell. An
// id that nothing shows becomes a new output with a warning: Jupyter drops it,
// but GoNB sends updates for every id that it has ever seen, and then the first
// thing a run sees of a display is its update.
func (o *outputs) update(c *cellOutputs, m *jupyter.UpdateDisplayData) {
	id := m.Transient.DisplayID
	fresh := nbformat.NewDisplay(bundle(m.Data), bundle(m.Metadata))
	shown := o.displays[id]
	if len(shown) == 0 {
		o.warn(c, fmt.Sprintf("update of display %q, which nothing shows: added as a new output", id))
		o.show(c, m.MessageType(), fresh, id)
		return
	}
	for _, it := range shown {
		o.replace(it, fresh)
		o.tell(it.owner, OutputChange{Kind: m.MessageType(), Output: it.output})
	}
}

// replace gives a display or a result the data of another one.
func (o *outputs) replace(it *item, by nbformat.Output) {
	it.output.SetData(by.Data().Clone(), by.Object().Object("metadata").Clone())
	o.changed(it.owner)
}

// tell observes a change that can be seen.
func (o *outputs) tell(c *cellOutputs, change OutputChange) {
	if !c.hidden {
		o.observe(c, change)
	}
}

func (o *outputs) changed(c *cellOutputs) {
	c.dirty = true
	if !c.hidden {
		o.touch(c)
	}
}

func (o *outputs) clearIfWaiting(c *cellOutputs) {
	if c.clearNext {
		o.clear(c)
	}
}

func (o *outputs) clear(c *cellOutputs) {
	for _, it := range c.items {
		if it.displayID == "" {
			continue
		}
		left := o.displays[it.displayID][:0]
		for _, shown := range o.displays[it.displayID] {
			if shown != it {
				left = append(left, shown)
			}
		}
		o.displays[it.displayID] = left
	}
	c.items, c.clearNext = nil, false
}

// stream is where text of the named stream goes: the last output if it is that
// stream, else a new one. So order is kept, and a program that writes byte by
// byte makes one output.
func (c *cellOutputs) stream(name string) *StreamText {
	if n := len(c.items); n > 0 && c.items[n-1].stream != nil && c.items[n-1].name == name {
		return c.items[n-1].stream
	}
	text := &StreamText{}
	c.items = append(c.items, &item{owner: c, stream: text, name: name})
	return text
}

// store puts the outputs into the document's cell, if they changed since the
// last time.
func (c *cellOutputs) store() {
	if !c.dirty {
		return
	}
	list := make([]nbformat.Output, len(c.items))
	for i, it := range c.items {
		if it.stream != nil {
			it.output = nbformat.NewStream(it.name, it.stream.String())
		}
		list[i] = it.output
	}
	c.cell.SetOutputs(list)
	c.dirty = false
}

// text is what the named stream shows, all its outputs in order.
func (c *cellOutputs) text(name string) string {
	var all string
	for _, it := range c.items {
		if it.stream != nil && it.name == name {
			all += it.stream.String()
		}
	}
	return all
}

// hasError tells whether an error output is there.
func (c *cellOutputs) hasError() bool {
	for _, it := range c.items {
		if it.stream == nil && it.output.Type() == nbformat.Error {
			return true
		}
	}
	return false
}

// bundle turns a message's MIME bundle into a document's.
func bundle(m jupyter.MIMEBundle) *nbformat.Object {
	raw := make(map[string]any, len(m))
	for mime, value := range m {
		raw[mime] = json.RawMessage(value)
	}
	return nbformat.Value(raw).(*nbformat.Object)
}
