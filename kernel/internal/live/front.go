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
	id := scriptID(r, d.ID)
	content := jupyter.DisplayData{Data: bundle(d.Data), Metadata: bundle(d.Metadata),
		Transient: jupyter.Transient{DisplayID: id}}
	if id != "" && k.seen(id) {
		update := jupyter.UpdateDisplayData(content)
		k.server.publish(r, &update)
		return
	}
	k.server.publish(r, &content)
}

// scriptPrefix is how gonbui's ids for scripts begin, which run once and are gone.
const scriptPrefix = "gonb_transient_js_"

// scriptID is the id under which something is shown: for gonbui's scripts, one
// for each execution. gonbui makes one for each process, which is a cell's with
// GoNB and all cells' here. A front end updates every output of an id, so under
// the process' id a script would run once for each earlier cell. Its answers
// would then come more than once, and a late one stops gonbui for good: its
// dispatchValueUpdates keeps a lock when nobody listens any more.
func scriptID(r *request, id string) string {
	if r != nil && strings.HasPrefix(id, scriptPrefix) {
		return id + "_" + r.Message.Header.ID
	}
	return id
}

// seen tells whether something has been shown under an id.
func (k *Kernel) seen(id string) bool {
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
