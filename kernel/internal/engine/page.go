package engine

import (
	"fmt"
	"os"
	"time"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// Page is the page that shows the notebook, as GoNB's library talks to it: by
// values at addresses. What cells want of a page that is not there yet waits
// until it is, or until that has taken too long.
type Page interface {
	// Connect tells whether the page is there.
	Connect() bool
	// Ping tells whether the page answers within a time.
	Ping(limit time.Duration) bool
	// Send sends a value to an address, Read asks for the value of one.
	Send(address string, value any)
	Read(address string)
	// Subscribe says whether the process wants values from an address.
	Subscribe(address string, wanted bool)
}

// toPage passes on what GoNB's library sends.
func (e *Engine) toPage(c protocol.CommValue) {
	switch page := e.options.Page; {
	case page == nil:
	case c.Address == protocol.GonbuiStartAddress:
		page.Connect()
	case c.Request:
		page.Read(c.Address)
	default:
		page.Send(c.Address, c.Value)
	}
}

// Deliver passes a value from the page to GoNB's library in the process, which
// has to have asked for it.
func (e *Engine) Deliver(address string, value any) {
	e.mu.Lock()
	p := e.pipes
	e.mu.Unlock()
	if p == nil {
		return
	}
	if err := p.deliver(address, value); err != nil {
		fmt.Fprintln(os.Stderr, "live kernel: gonbui:", err)
	}
}

// magicWidgets has the page connect, as everything does that needs it.
func (r *run) magicWidgets([]string) error {
	if r.options.Page == nil || !r.options.Page.Connect() {
		return magicErrorf("%%widgets: no page has connected: it needs a browser that shows the notebook and " +
			"runs its scripts")
	}
	return nil
}

// magicHeartbeat asks the page for a sign, in GoNB's words.
func (r *run) magicHeartbeat([]string) error {
	text := "Timed-out, no heartbeat pong received. Try installing front-end websockets with %widgets ?"
	if r.options.Page != nil && r.options.Page.Ping(time.Second) {
		text = "Heartbeat pong received back."
	}
	r.show("text/html", text, text)
	return nil
}
