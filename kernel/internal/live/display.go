package live

import (
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// displays is the way of rich output from the host to us: GoNB's, so that its
// library gonbui works unchanged. Two named pipes, whose names the host finds in
// its environment, carry gob-encoded messages.
type displays struct {
	from, back         *os.File
	fromName, backName string
	encoder            *gob.Encoder
	closed             chan struct{}
}

func init() {
	// gonbui sends values of these types as "any"; GoNB registers them, too.
	gob.Register(map[string]any{})
	gob.Register([]any{})
}

var pipeNumber atomic.Int64

// openDisplays makes the pipes in dir and calls show for each message, in order.
func openDisplays(dir string, show func(*displays, *protocol.DisplayData)) (*displays, error) {
	n := pipeNumber.Add(1)
	d := &displays{fromName: filepath.Join(dir, fmt.Sprintf("display%d", n)), backName: filepath.Join(dir, fmt.Sprintf("back%d", n)), closed: make(chan struct{})}
	for _, name := range []string{d.fromName, d.backName} {
		if err := syscall.Mkfifo(name, 0o600); err != nil {
			return nil, fmt.Errorf("cannot make the pipe for rich output: %w", err)
		}
	}
	var err error
	// For both directions, so that opening does not wait for the host.
	if d.from, err = os.OpenFile(d.fromName, os.O_RDWR|syscall.O_NONBLOCK, 0); err == nil {
		d.back, err = os.OpenFile(d.backName, os.O_RDWR|syscall.O_NONBLOCK, 0)
	}
	if err != nil {
		d.close()
		return nil, fmt.Errorf("cannot open the pipe for rich output: %w", err)
	}
	d.encoder = gob.NewEncoder(d.back)
	go func() {
		defer close(d.closed)
		decoder := gob.NewDecoder(d.from)
		for {
			var data protocol.DisplayData
			if err := decoder.Decode(&data); err != nil {
				if !errors.Is(err, os.ErrClosed) {
					fmt.Fprintln(os.Stderr, "live kernel: rich output cannot be read any more:", err)
				}
				return
			}
			show(d, &data)
		}
	}()
	return d, nil
}

// env tells the host where the pipes are.
func (d *displays) env() []string {
	return []string{protocol.GONB_PIPE_ENV + "=" + d.fromName, protocol.GONB_PIPE_BACK_ENV + "=" + d.backName}
}

func (d *displays) close() {
	if d.from != nil {
		d.from.Close()
		<-d.closed
	}
	if d.back != nil {
		d.back.Close()
	}
	_, _ = os.Remove(d.fromName), os.Remove(d.backName)
}

// acknowledge tells the host that a message has arrived.
func (d *displays) acknowledge(id int) {
	_ = d.encoder.Encode(&protocol.CommValue{Address: protocol.GonbuiSyncAckAddress, Value: id}) // a host that is gone does not wait
}

// display shows what a cell sent.
func (k *Kernel) display(d *displays, data *protocol.DisplayData) {
	k.mu.Lock()
	x, p, capture := k.running, k.process, k.capture
	k.mu.Unlock()
	if v, ok := data.Data[protocol.MIMECommValue]; ok {
		c, _ := v.(protocol.CommValue)
		if id, isSync := c.Value.(int); isSync && c.Address == protocol.GonbuiSyncAddress {
			d.acknowledge(id)
			return
		}
		k.noWidgets(x)
		return
	}
	if _, ok := data.Data[protocol.MIMECommSubscribe]; ok {
		k.noWidgets(x)
		return
	}
	if v, ok := data.Data[protocol.MIMEJupyterInput]; ok {
		request, _ := v.(protocol.InputRequest)
		k.inputForCell(x, p, request.Prompt, request.Password)
		return
	}
	// What was printed before comes before.
	if p != nil {
		p.drain()
	}
	var r *request
	if x != nil {
		if x.content.Silent {
			return
		}
		r = x.request
	}
	forms := map[string]any{}
	for mimeType, form := range data.Data {
		forms[string(mimeType)] = form
		if text, ok := form.(string); ok && capture != nil {
			_, _ = capture.WriteString(text)
		}
	}
	content := jupyter.DisplayData{Data: bundle(forms), Metadata: bundle(data.Metadata), Transient: jupyter.Transient{DisplayID: data.DisplayID}}
	if data.DisplayID != "" && k.seen(data.DisplayID, x) {
		update := jupyter.UpdateDisplayData(content)
		k.server.publish(r, &update)
		return
	}
	k.server.publish(r, &content)
}

// seen tells whether something has been shown under an id.
func (k *Kernel) seen(id string, x *execution) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.shown == nil {
		k.shown = map[string]bool{}
	}
	before := k.shown[id]
	k.shown[id] = true
	return before
}

// noWidgets says once in a cell that widgets are GoNB's.
func (k *Kernel) noWidgets(x *execution) {
	if x == nil || x.widgets {
		return
	}
	x.widgets = true
	k.stderr("gonbui's widgets do not work in the live kernel; run this notebook on the GoNB kernel for them\n")
}

// bundle is data as it stands in messages. Bytes become base64, as Jupyter wants
// pictures.
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
