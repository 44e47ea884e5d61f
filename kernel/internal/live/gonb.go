package live

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// This file is the kernel's end of gonbui's comms: GoNB's library sends values
// to addresses in the page that shows the notebook, and takes values from there.
// A script in the page opens one comm for all of them.

// gonbScript is the page's end.
//
//go:embed gonb.js
var gonbScript string

// gonbTarget is the target of the comm that the script opens.
const gonbTarget = "gonb_comm"

// Addresses of the protocol's own.
const (
	gonbOpened = "#comm_open_ack"
	gonbPing   = "#heartbeat/ping"
	gonbPong   = "#heartbeat/pong"
)

// How long a page may take to connect, and to answer; and for how long it counts
// as there after it has been heard.
const (
	gonbOpenLimit = 3 * time.Second
	gonbPongLimit = 500 * time.Millisecond
	gonbFresh     = time.Second
)

// gonb is the comm of the page, if one is there.
type gonb struct {
	kernel *Kernel
	id     string // the kernel's, for the page's own connection

	connecting sync.Mutex // held while a page is waited for

	mu         sync.Mutex
	comm       string // empty: no page
	heard      time.Time
	absent     *request // the execution for which no page has come
	display    string   // where the script is shown
	number     int
	opened     chan struct{} // closed when the page has connected and hears us
	pong       chan struct{} // closed when it has answered
	subscribed map[string]bool
}

func newGonb(k *Kernel, id string) *gonb {
	return &gonb{kernel: k, id: id, subscribed: map[string]bool{}}
}

// Connect has a page connect, unless one is connected, and tells whether it is.
// One that has not been heard for a while is asked for a sign: it may have been
// loaded again.
func (g *gonb) Connect() bool {
	g.connecting.Lock()
	defer g.connecting.Unlock()
	g.mu.Lock()
	comm, fresh := g.comm, time.Since(g.heard) < gonbFresh
	running := g.kernel.runs()
	given := running != nil && g.absent == running
	g.mu.Unlock()
	switch {
	case comm != "" && (fresh || g.Ping(gonbPongLimit)):
		return true
	case given:
		return false // it has been waited for
	}
	g.mu.Lock()
	g.comm, g.opened = "", make(chan struct{})
	g.number++
	g.display = fmt.Sprintf("gonb_websocket_%s_%d", g.id, g.number)
	opened, display := g.opened, g.display
	g.mu.Unlock()
	script := strings.ReplaceAll(gonbScript, "{{.Kernel}}", g.id)
	g.kernel.Show(engine.Display{ID: display, Data: map[string]any{"text/html": "<script>" + script + "</script>"}})
	select {
	case <-opened:
		return true
	case <-time.After(gonbOpenLimit):
	case <-g.kernel.stopped:
	}
	g.mu.Lock()
	g.absent = running
	g.mu.Unlock()
	return false
}

// Ping asks the page for a sign and tells whether it came.
func (g *gonb) Ping(limit time.Duration) bool {
	g.mu.Lock()
	if g.comm == "" {
		g.mu.Unlock()
		return false
	}
	pong := make(chan struct{})
	g.pong = pong
	g.mu.Unlock()
	g.publish(map[string]any{"address": gonbPing, "value": true})
	select {
	case <-pong:
		return true
	case <-time.After(limit):
		return false
	}
}

// Send sends a value to an address in the page.
func (g *gonb) Send(address string, value any) {
	if g.Connect() {
		g.publish(map[string]any{"address": address, "value": value})
	}
}

// Read asks the page for the value of an address.
func (g *gonb) Read(address string) {
	if g.Connect() {
		g.publish(map[string]any{"address": address, "read_request": true})
	}
}

// Subscribe says whether values from an address are wanted.
func (g *gonb) Subscribe(address string, wanted bool) {
	g.mu.Lock()
	if wanted {
		g.subscribed[address] = true
	} else {
		delete(g.subscribed, address)
	}
	g.mu.Unlock()
	if wanted {
		g.Connect()
	}
}

// publish sends data on the page's comm.
func (g *gonb) publish(data map[string]any) {
	raw, err := json.Marshal(data)
	if err != nil {
		fmt.Fprintf(os.Stderr, "live kernel: gonbui: %v\n", err)
		return
	}
	g.mu.Lock()
	comm := g.comm
	g.mu.Unlock()
	g.kernel.server.publish(g.kernel.runs(), &jupyter.CommMessage{ID: comm, Data: raw})
}

// open takes a page that connects, in place of one that was there. The page's
// server may subscribe to what we publish a moment after it has passed on what
// the page sent, so the page asks until it hears us, and then says so.
func (g *gonb) open(id string) {
	g.mu.Lock()
	before := g.comm
	g.comm, g.heard, g.absent = id, time.Now(), nil
	g.mu.Unlock()
	if before != "" && before != id {
		g.kernel.comms.forget(before)
		g.kernel.server.publish(nil, &jupyter.CommClose{ID: before})
	}
	g.publish(map[string]any{"address": gonbOpened, "value": true})
}

// hears notes that the page hears us.
func (g *gonb) hears() {
	g.mu.Lock()
	display, opened := g.display, g.opened
	g.opened = nil
	g.mu.Unlock()
	if opened != nil {
		// The script is not to be saved with the notebook.
		g.kernel.Show(engine.Display{ID: display, Data: map[string]any{"text/html": ""}})
		close(opened)
	}
}

// receive takes a value from the page.
func (g *gonb) receive(raw json.RawMessage) {
	var data struct {
		Address string
		Value   any
	}
	if err := json.Unmarshal(raw, &data); err != nil {
		fmt.Fprintf(os.Stderr, "live kernel: gonbui: a message of the page: %v\n", err)
		return
	}
	g.mu.Lock()
	g.heard = time.Now()
	wanted := g.subscribed[data.Address]
	pong := g.pong
	if data.Address == gonbPong {
		g.pong = nil
	}
	g.mu.Unlock()
	switch {
	case data.Address == gonbOpened:
		g.hears()
	case data.Address == gonbPong && pong != nil:
		close(pong)
	case data.Address == gonbPing:
		g.publish(map[string]any{"address": gonbPong, "value": true})
	case wanted && data.Value != nil:
		// GoNB's library stops for good at a value that it does not expect, so it
		// gets none for addresses that nobody listens to.
		g.kernel.cells.Deliver(data.Address, data.Value)
	}
}

// closed forgets a page that has gone.
func (g *gonb) closed(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.comm == id {
		g.comm = ""
	}
}

// processGone forgets what a process wanted.
func (g *gonb) processGone() {
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.subscribed)
}
