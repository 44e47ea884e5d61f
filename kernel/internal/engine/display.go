package engine

import "github.com/janpfeifer/gonb/gonbui/protocol"

// display takes what a cell has sent by a pipe.
func (e *Engine) display(from *pipes, data *protocol.DisplayData) {
	e.mu.Lock()
	r, p, capture := e.running, e.process, e.capture
	e.mu.Unlock()
	if v, ok := data.Data[protocol.MIMECommValue]; ok {
		c, _ := v.(protocol.CommValue)
		if id, isSync := c.Value.(int); isSync && c.Address == protocol.GonbuiSyncAddress {
			from.acknowledge(id)
			return
		}
		r.noWidgets()
		return
	}
	if _, ok := data.Data[protocol.MIMECommSubscribe]; ok {
		r.noWidgets()
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
		forms[string(mimeType)] = form
		if text, ok := form.(string); ok && capture != nil {
			_, _ = capture.WriteString(text)
		}
	}
	e.options.Front.Show(Display{Data: forms, Metadata: data.Metadata, ID: data.DisplayID})
}

// show shows a text of the engine's own, for front ends that show pages and for
// others.
func (e *Engine) show(mimeType, page, text string) {
	e.options.Front.Show(Display{Data: map[string]any{mimeType: page, "text/plain": text}})
}

// noWidgets says once in a cell that widgets are GoNB's. Between cells it says
// nothing.
func (r *run) noWidgets() {
	if r == nil || r.widgets {
		return
	}
	r.widgets = true
	r.stderr("gonbui's widgets do not work in the live kernel; run this notebook on the GoNB kernel for them\n")
}
