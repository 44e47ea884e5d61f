package fakegateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
)

// Options are what the gateway is like. The zero value is well.
type Options struct {
	// Token is what requests must have, if it is not empty.
	Token string
	// Version is what the server calls itself; "" is 2.21.1.
	Version string
	// JSON speaks the older form of messages only.
	JSON bool
	// Forgetful keeps nothing for a session that comes back.
	Forgetful bool
	// Before may answer a request instead, and then returns true.
	Before func(w http.ResponseWriter, r *http.Request) bool
}

// Gateway is a running fake.
type Gateway struct {
	options Options
	server  *httptest.Server
	start   func() (*fakekernel.Kernel, error)

	mu      sync.Mutex
	kernels map[string]*bridge
	count   int
	started map[string]any // see Started
}

// Name is the name of its one kernelspec.
const Name = "fake"

// Start serves. A request for a kernel is answered by one of start's, which the
// gateway does not close.
func Start(options Options, start func() (*fakekernel.Kernel, error)) *Gateway {
	g := Unstarted(options, start)
	g.server.Start()
	return g
}

// Unstarted is Start for a server that the caller starts, with TLS for example.
func Unstarted(options Options, start func() (*fakekernel.Kernel, error)) *Gateway {
	g := &Gateway{options: options, start: start, kernels: map[string]*bridge{}}
	g.server = httptest.NewUnstartedServer(http.HandlerFunc(g.serve))
	return g
}

// Server is what serves.
func (g *Gateway) Server() *httptest.Server { return g.server }

// URL is where the gateway is.
func (g *Gateway) URL() string { return g.server.URL }

// Started is the last body of a request for a kernel.
func (g *Gateway) Started() map[string]any {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.started
}

// Running is how many kernels the gateway has.
func (g *Gateway) Running() int { return len(g.all()) }

// Cut breaks all websockets without a word.
func (g *Gateway) Cut() {
	for _, b := range g.all() {
		b.cut()
	}
}

// Forget is what a gateway that is started anew knows of its kernels.
func (g *Gateway) Forget() {
	for _, b := range g.all() {
		b.cut()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.kernels)
}

// Say sends a status of the server's own to all clients, as when a kernel died.
func (g *Gateway) Say(state string) {
	for _, b := range g.all() {
		b.say(state)
	}
}

// Close ends the server and its connections.
func (g *Gateway) Close() {
	g.Forget()
	g.server.CloseClientConnections()
	g.server.Close()
}

func (g *Gateway) all() (list []*bridge) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, b := range g.kernels {
		list = append(list, b)
	}
	return list
}

func (g *Gateway) serve(w http.ResponseWriter, r *http.Request) {
	if g.options.Before != nil && g.options.Before(w, r) {
		return
	}
	if g.options.Token != "" && r.Header.Get("Authorization") != "token "+g.options.Token {
		fail(w, http.StatusForbidden, "Forbidden")
		return
	}
	id, action, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/kernels/"), "/")
	switch {
	case r.URL.Path == "/api":
		version := g.options.Version
		if version == "" {
			version = "2.21.1"
		}
		answer(w, http.StatusOK, map[string]any{"version": version})
	case r.URL.Path == "/api/kernelspecs":
		answer(w, http.StatusOK, map[string]any{"default": Name, "kernelspecs": map[string]any{Name: map[string]any{
			"name": Name, "spec": map[string]any{"display_name": "A fake", "language": "fake"},
		}}})
	case r.URL.Path == "/api/kernels" && r.Method == http.MethodPost:
		g.create(w, r)
	case strings.HasPrefix(r.URL.Path, "/api/kernels/"):
		g.mu.Lock()
		b := g.kernels[id]
		g.mu.Unlock()
		if b == nil {
			fail(w, http.StatusNotFound, "Kernel does not exist: "+id)
			return
		}
		g.serveKernel(w, r, b, action)
	default:
		http.NotFound(w, r)
	}
}

func (g *Gateway) create(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	kernel, err := g.start()
	var b *bridge
	if err == nil {
		b, err = newBridge(kernel.Connection(), g.options)
	}
	if err != nil {
		fail(w, http.StatusInternalServerError, err.Error())
		return
	}
	g.mu.Lock()
	g.count++
	b.id = fmt.Sprintf("0000-%d", g.count)
	g.kernels[b.id], g.started = b, body
	g.mu.Unlock()
	answer(w, http.StatusCreated, b.model())
}

func (g *Gateway) serveKernel(w http.ResponseWriter, r *http.Request, b *bridge, action string) {
	switch {
	case action == "channels":
		b.serve(w, r)
	case action == "interrupt":
		b.request("interrupt_request")
		w.WriteHeader(http.StatusNoContent)
	case action == "restart": // the fake goes on
		answer(w, http.StatusOK, b.model())
	case r.Method == http.MethodDelete:
		g.mu.Lock()
		delete(g.kernels, b.id)
		g.mu.Unlock()
		b.ending.Store(true)
		b.request("shutdown_request")
		b.close()
		w.WriteHeader(http.StatusNoContent)
	default:
		answer(w, http.StatusOK, b.model())
	}
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

// fail answers as Jupyter's servers do.
func fail(w http.ResponseWriter, status int, message string) {
	answer(w, status, map[string]any{"message": message, "reason": nil})
}
