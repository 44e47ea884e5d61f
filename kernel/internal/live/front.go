package live

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/engine"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// The kernel is the engine's front: what cells show goes to all clients, what
// they ask to the client that has sent the cell.

// execution is a cell that runs.
type execution struct {
	request *request
	content *jupyter.ExecuteRequest
}

// shows tells for which request something is shown, nil between cells, and
// whether it is: a silent cell shows nothing.
func (k *Kernel) shows() (r *request, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.running == nil {
		return k.comms.handlingFor(), true
	}
	return k.running.request, !k.running.content.Silent
}

// Print publishes what is printed.
func (k *Kernel) Print(stream, text string) {
	if r, ok := k.shows(); ok {
		k.server.publish(r, &jupyter.Stream{Name: stream, Text: text})
	}
}

// Show publishes data.
func (k *Kernel) Show(d engine.Display) {
	if r, ok := k.shows(); ok {
		k.showFor(r, d)
	}
}

// showFor publishes data that a request causes.
func (k *Kernel) showFor(r *request, d engine.Display) {
	content := jupyter.DisplayData{Data: bundle(d.Data), Metadata: bundle(d.Metadata),
		Transient: jupyter.Transient{DisplayID: d.ID}}
	if d.ID != "" && k.seen(r, d.ID) {
		update := jupyter.UpdateDisplayData(content)
		k.server.publish(r, &update)
		return
	}
	k.server.publish(r, &content)
}

// scriptPrefix is how gonbui's ids for scripts begin, which run once and are gone.
// The library makes one for each process: with GoNB for each cell, here for all,
// and the output of an earlier cell may be gone.
const scriptPrefix = "gonb_transient_js_"

// seen tells whether something has been shown under an id, for r if it is a
// script.
func (k *Kernel) seen(r *request, id string) bool {
	if r != nil && strings.HasPrefix(id, scriptPrefix) {
		id += " " + r.Message.Header.ID
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	before := k.shown[id]
	k.shown[id] = true
	return before
}

// Input asks the client that has sent the running cell for a line.
func (k *Kernel) Input(ctx context.Context, prompt string, password bool) (string, error) {
	k.mu.Lock()
	x := k.running
	k.mu.Unlock()
	if x == nil {
		return "", errors.New("the cell has ended")
	}
	k.server.ask(x.request, &jupyter.InputRequest{Prompt: prompt, Password: password})
	select {
	case line := <-k.inputs:
		return line, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// bundle is data as it stands in messages. Bytes become base64, as Jupyter
// wants pictures.
func bundle(forms map[string]any) jupyter.MIMEBundle {
	b := jupyter.MIMEBundle{}
	for mimeType, form := range forms {
		if bytes, ok := form.([]byte); ok {
			if strings.HasPrefix(mimeType, "text/") || strings.HasSuffix(mimeType, "+xml") {
				form = string(bytes)
			} else {
				form = base64.StdEncoding.EncodeToString(bytes)
			}
		}
		raw, err := json.Marshal(form)
		if err != nil {
			raw, _ = json.Marshal(fmt.Sprint(form))
		}
		b[mimeType] = raw
	}
	return b
}

// runs is the request whose cell runs, or nil.
func (k *Kernel) runs() *request {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.running == nil {
		return nil
	}
	return k.running.request
}
