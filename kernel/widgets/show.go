package widgets

import (
	"encoding/gob"
	"fmt"
	"os"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/gocifar/gocifar/kernel/comm"
)

// viewMIME is the MIME type by which front ends know that a widget is to be
// drawn.
const viewMIME = "application/vnd.jupyter.widget-view+json"

// The view travels to the kernel as a map.
func init() { gob.Register(map[string]any{}) }

// MIMEBundle is how a notebook shows the widget: the control itself where there
// are widgets, a picture of it in HTML or text elsewhere. When it returns, front
// ends know of the widget.
func (m *Model) MIMEBundle() map[string]any {
	comm.Sync()
	text, page := draw(m)
	bundle := map[string]any{"text/plain": text}
	if page != "" {
		bundle["text/html"] = page
	}
	if comm.Available() && m.hasView() {
		bundle[viewMIME] = map[string]any{"version_major": 2, "version_minor": 0, "model_id": m.ID()}
	}
	return bundle
}

// hasView tells whether the widget can be seen at all: a link cannot.
func (m *Model) hasView() bool { return attribute[*string](m, "_view_name", nil) != nil }

// String is the widget as text.
func (m *Model) String() string {
	text, _ := draw(m)
	return text
}

// Show shows widgets below the cell that runs, one below the other, and returns
// when they are there. Outside of notebooks it prints their text.
func Show(list ...Widget) {
	for _, w := range list {
		bundle := w.MIMEBundle()
		if !gonbui.IsNotebook {
			fmt.Println(bundle["text/plain"])
			continue
		}
		data := map[protocol.MIMEType]any{}
		for name, form := range bundle {
			data[protocol.MIMEType(name)] = form
		}
		gonbui.SendData(&protocol.DisplayData{Data: data})
	}
	if gonbui.IsNotebook {
		if err := gonbui.Error(); err != nil {
			fmt.Fprintln(os.Stderr, "widgets:", err)
			return
		}
		gonbui.Sync()
	}
}
