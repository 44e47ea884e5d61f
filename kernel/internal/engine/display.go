package engine

import (
	"encoding/json"
	"strings"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// display takes what a cell has sent by a pipe.
func (e *Engine) display(from *pipes, data *protocol.DisplayData) {
	e.mu.Lock()
	r, p, capture := e.running, e.process, e.capture
	e.mu.Unlock()
	if beside := e.showsBeside(p, from.read); beside != nil {
		r, capture = beside, nil
	}
	if v, ok := data.Data[protocol.MIMECommValue]; ok {
		c, _ := v.(protocol.CommValue)
		if id, isSync := c.Value.(int); isSync && c.Address == protocol.GonbuiSyncAddress {
			from.acknowledge(id)
			return
		}
		e.toPage(c)
		return
	}
	if v, ok := data.Data[protocol.MIMECommSubscribe]; ok {
		c, _ := v.(protocol.CommSubscription)
		if e.options.Page != nil {
			e.options.Page.Subscribe(c.Address, !c.Unsubscribe)
		}
		return
	}
	if v, ok := data.Data[protocol.MIMEJupyterInput]; ok {
		request, _ := v.(protocol.InputRequest)
		r.inputForCell(p, request.Prompt, request.Password)
		return
	}
	// What was printed before comes before.
	if p != nil {
		p.drain()
	}
	forms := map[string]any{}
	for mimeType, form := range data.Data {
		text, ok := form.(string)
		if ok && capture != nil {
			_, _ = capture.WriteString(text)
		}
		// The protocol has no objects: what is JSON by its type is sent as text.
		if ok && strings.HasSuffix(string(mimeType), "+json") && json.Valid([]byte(text)) {
			form = json.RawMessage(text)
		}
		forms[string(mimeType)] = form
	}
	front := e.options.Front
	if r != nil {
		front = r.front()
	}
	front.Show(Display{Data: forms, Metadata: data.Metadata, ID: data.DisplayID})
}

// show shows a text of the engine's own, for front ends that show pages and for
// others.
func (e *Engine) show(mimeType, page, text string) {
	e.options.Front.Show(Display{Data: map[string]any{mimeType: page, "text/plain": text}})
}
