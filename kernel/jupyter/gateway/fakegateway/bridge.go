package fakegateway

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/gateway/internal/wire"
	"github.com/gocifar/gocifar/kernel/jupyter/zmtp"
)

// bridge is between one kernel's sockets and one websocket.
type bridge struct {
	id      string
	options Options
	signer  jupyter.Signer
	sockets map[jupyter.Channel]*zmtp.Conn

	readers sync.WaitGroup
	ending  atomic.Bool // the end was asked for

	mu      sync.Mutex // held while something is written, too
	client  *client
	session string // of the client that is there, or was the last
	kept    []kept // for that session
	state   string
}

type kept struct {
	ch jupyter.Channel
	m  *jupyter.Message
}

type client struct {
	*websocket.Conn
	wire.Form
}

func newBridge(info *jupyter.ConnectionInfo, options Options) (*bridge, error) {
	b := &bridge{
		options: options, signer: jupyter.NewSigner(info.Key), sockets: map[jupyter.Channel]*zmtp.Conn{},
		state: "starting",
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	identity := rand.Text()
	for ch, kind := range map[jupyter.Channel]zmtp.Kind{
		jupyter.Shell: zmtp.Dealer, jupyter.Control: zmtp.Dealer, jupyter.Stdin: zmtp.Dealer, jupyter.IOPub: zmtp.Sub,
	} {
		conn, err := zmtp.Dial(ctx, info.Endpoint(ch), kind, identity)
		if err == nil && ch == jupyter.IOPub {
			err = conn.Subscribe(ctx, "")
		}
		if err != nil {
			return nil, err
		}
		b.sockets[ch] = conn
		b.readers.Go(func() { b.read(ch, conn) })
	}
	go b.mourn()
	return b, nil
}

// mourn does what a server does when a kernel dies.
func (b *bridge) mourn() {
	b.readers.Wait()
	if !b.ending.Load() {
		b.say("restarting")
	}
}

// read takes what the kernel sends on a channel.
func (b *bridge) read(ch jupyter.Channel, conn *zmtp.Conn) {
	for {
		frames, err := conn.Recv()
		if err != nil {
			return
		}
		if m, err := b.signer.Decode(frames); err == nil {
			m.Identities = nil
			b.pass(ch, m)
		}
	}
}

// pass hands a message on to the client, or keeps it.
func (b *bridge) pass(ch jupyter.Channel, m *jupyter.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if content, err := jupyter.ParseContent(m.Header.Type, m.Content); err == nil {
		if status, ok := content.(*jupyter.Status); ok {
			b.state = string(status.State)
		}
	}
	switch {
	case b.client != nil:
		b.client.write(ch, m)
	case b.session != "" && !b.options.Forgetful:
		b.kept = append(b.kept, kept{ch, m})
	}
}

func (c *client) write(ch jupyter.Channel, m *jupyter.Message) {
	kind, raw, err := c.Encode(ch, m)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = c.Write(ctx, kind, raw) // a client that is gone comes back, or does not
}

// serve is the websocket.
func (b *bridge) serve(w http.ResponseWriter, r *http.Request) {
	accept := &websocket.AcceptOptions{Subprotocols: []string{wire.Subprotocol}}
	if b.options.JSON {
		accept.Subprotocols = nil
	}
	conn, err := websocket.Accept(w, r, accept)
	if err != nil {
		return
	}
	conn.SetReadLimit(-1)
	c := &client{conn, wire.For(conn.Subprotocol())}
	b.mu.Lock()
	session := r.URL.Query().Get("session_id")
	if b.session == session {
		for _, one := range b.kept {
			c.write(one.ch, one.m)
		}
	}
	b.client, b.session, b.kept = c, session, nil
	b.mu.Unlock()
	defer b.left(c)
	for {
		kind, raw, err := conn.Read(context.Background())
		if err != nil {
			return
		}
		ch, m, err := c.Decode(kind, raw)
		if err != nil {
			return
		}
		b.send(ch, m)
	}
}

func (b *bridge) left(c *client) {
	c.CloseNow()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.client == c {
		b.client = nil
	}
}

func (b *bridge) send(ch jupyter.Channel, m *jupyter.Message) {
	conn := b.sockets[ch]
	if frames, err := b.signer.Encode(m); err == nil && conn != nil {
		_ = conn.Send(context.Background(), frames...)
	}
}

// request sends a request of the server's own on the control channel.
func (b *bridge) request(kind string) {
	b.send(jupyter.Control, &jupyter.Message{Header: jupyter.Header{
		ID: rand.Text(), Session: "server", Type: kind, Version: jupyter.ProtocolVersion,
	}})
}

func (b *bridge) cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.client != nil {
		b.client.CloseNow()
		b.client = nil
	}
}

func (b *bridge) say(state string) {
	content, _ := json.Marshal(map[string]string{"execution_state": state})
	b.pass(jupyter.IOPub, &jupyter.Message{
		Header:  jupyter.Header{ID: rand.Text(), Session: b.session, Type: "status", Version: jupyter.ProtocolVersion},
		Content: content,
	})
}

func (b *bridge) model() map[string]any {
	b.mu.Lock()
	defer b.mu.Unlock()
	connections := 0
	if b.client != nil {
		connections = 1
	}
	return map[string]any{"id": b.id, "name": Name, "execution_state": b.state, "connections": connections}
}

func (b *bridge) close() {
	b.ending.Store(true)
	for _, conn := range b.sockets {
		conn.Close()
	}
	b.cut()
}
