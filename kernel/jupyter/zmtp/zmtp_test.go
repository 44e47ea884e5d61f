package zmtp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"

	"github.com/gocifar/gocifar/kernel/jupyter/zmtp"
)

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// silent keeps zmq4's sockets from writing to our stderr.
var silent = zmq4.WithLogger(nil)

func endpoints(t *testing.T) map[string]string {
	dir, err := os.MkdirTemp("/tmp", "zt") // socket paths are short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return map[string]string{"tcp": "tcp://127.0.0.1:0", "ipc": "ipc://" + filepath.Join(dir, "s")}
}

func join(frames [][]byte) string { return string(bytes.Join(frames, []byte("|"))) }

func TestRouterDealer(t *testing.T) {
	for name, endpoint := range endpoints(t) {
		t.Run(name, func(t *testing.T) {
			ctx := testContext(t)
			var server *zmtp.Server
			var mu sync.Mutex // until server is set
			mu.Lock()
			server, err := zmtp.Listen(endpoint, zmtp.Router, func(from *zmtp.Conn, frames [][]byte) {
				mu.Lock()
				defer mu.Unlock()
				server.SendTo(ctx, from.PeerIdentity(), append(frames, []byte("to "+from.PeerIdentity()))...)
			})
			mu.Unlock()
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			var conns []*zmtp.Conn
			for _, id := range []string{"one", "two", ""} {
				c, err := zmtp.Dial(ctx, server.Endpoint(), zmtp.Dealer, id)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				conns = append(conns, c)
			}
			for i, c := range conns {
				if err := c.Send(ctx, []byte("a"), nil, []byte(strings.Repeat("b", 300))); err != nil {
					t.Fatal(err)
				}
				got, err := c.Recv()
				if err != nil {
					t.Fatal(err)
				}
				want := "a||" + strings.Repeat("b", 300) + "|to " + []string{"one", "two", ""}[i]
				if !strings.HasPrefix(join(got), want) {
					t.Errorf("got %q, want %q", join(got), want)
				}
			}
			if err := server.SendTo(ctx, "nobody", []byte("x")); err != nil {
				t.Errorf("a ROUTER drops what nobody wants, but: %v", err)
			}
		})
	}
}

func TestPublish(t *testing.T) {
	ctx := testContext(t)
	server, err := zmtp.Listen("tcp://127.0.0.1:0", zmtp.Pub, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	sub, err := zmtp.Dial(ctx, server.Endpoint(), zmtp.Sub, "")
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	if err := sub.Subscribe(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	defer close(stop)
	go func() { // the subscription takes a while to arrive
		for {
			server.Publish(ctx, []byte("b"), []byte("not subscribed"))
			server.Publish(ctx, []byte("ab"), []byte("x"))
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	for range 3 {
		if got, err := sub.Recv(); err != nil || join(got) != "ab|x" {
			t.Fatalf("%q, %v", join(got), err)
		}
	}
}

// TestAgainstSockets talks to zmq4's own sockets, as GoNB has them. Those of
// libzmq are met in the tests with ipykernel.
func TestAgainstSockets(t *testing.T) {
	for name, endpoint := range endpoints(t) {
		t.Run(name, func(t *testing.T) {
			ctx := testContext(t)
			router := zmq4.NewRouter(ctx, silent)
			if err := router.Listen(endpoint); err != nil {
				t.Fatal(err)
			}
			defer router.Close()
			if name == "tcp" {
				endpoint = "tcp://" + router.Addr().String()
			}
			c, err := zmtp.Dial(ctx, endpoint, zmtp.Dealer, "me")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := c.Send(ctx, []byte("hello"), []byte("there")); err != nil {
				t.Fatal(err)
			}
			msg, err := router.Recv()
			if err != nil || join(msg.Frames) != "me|hello|there" {
				t.Fatalf("%q, %v", join(msg.Frames), err)
			}
			if err := router.SendMulti(zmq4.NewMsgFrom([]byte("me"), []byte("back"),
				bytes.Repeat([]byte("x"), 1000))); err != nil {
				t.Fatal(err)
			}
			if got, err := c.Recv(); err != nil || join(got) != "back|"+strings.Repeat("x", 1000) {
				t.Fatalf("%q, %v", join(got), err)
			}
		})
	}
}

// TestEnds: the end of a connection is an error, every time one asks.
func TestEnds(t *testing.T) {
	ctx := testContext(t)
	server, err := zmtp.Listen("tcp://127.0.0.1:0", zmtp.Router, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := zmtp.Dial(ctx, server.Endpoint(), zmtp.Dealer, "")
	if err != nil {
		t.Fatal(err)
	}
	server.Close()
	for range 3 {
		if _, err := c.Recv(); !errors.Is(err, io.EOF) {
			t.Errorf("after the server's end: %v", err)
		}
	}
	if _, err := zmtp.Dial(ctx, server.Endpoint(), zmtp.Dealer, ""); err == nil {
		t.Error("connected to a closed server")
	}
	c.Close()
	if err := c.Send(ctx, []byte("x")); err == nil {
		t.Error("sent on a closed connection")
	}

	server, err = zmtp.Listen("tcp://127.0.0.1:0", zmtp.Router, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if c, err = zmtp.Dial(ctx, server.Endpoint(), zmtp.Dealer, ""); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(20*time.Millisecond, func() { c.Close() })
	if _, err := c.Recv(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after our own end: %v", err)
	}
}

func TestSendGivesUpWithContext(t *testing.T) {
	block := make(chan struct{})
	server, err := zmtp.Listen("tcp://127.0.0.1:0", zmtp.Router, func(*zmtp.Conn, [][]byte) { <-block })
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	defer close(block)
	c, err := zmtp.Dial(testContext(t), server.Endpoint(), zmtp.Dealer, "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	big := make([]byte, 1<<20)
	for range 1000 { // until the system's buffers are full
		if err = c.Send(ctx, big); err != nil {
			break
		}
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if err := c.Send(context.Background(), []byte("x")); err == nil {
		t.Error("the connection is in use after a message was cut off")
	}
}

// raw accepts one connection, writes bytes to it and, unless it is to hold it,
// ends its side.
func raw(t *testing.T, answer []byte, hold bool) (endpoint string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		conn.Write(answer)
		if !hold {
			conn.(*net.TCPConn).CloseWrite()
		}
		io.Copy(io.Discard, conn) // else the client's writes fail first
	}()
	return "tcp://" + l.Addr().String()
}

// greeting is what a peer with the NULL mechanism says first, and ready the
// command that follows.
func greeting() []byte {
	g := make([]byte, 64)
	g[0], g[9], g[10], g[11] = 0xff, 0x7f, 3, 0
	copy(g[12:], "NULL")
	return g
}

func ready(properties string) []byte {
	body := "\x05READY" + properties
	return append([]byte{4, byte(len(body))}, body...)
}

const isRouter = "\x0bSocket-Type\x00\x00\x00\x06ROUTER"

func TestForeignBytes(t *testing.T) {
	opened := slices.Clip(append(greeting(), ready(isRouter)...))
	for _, test := range []struct {
		name  string
		bytes []byte
		dials bool // the handshake succeeds
		want  error
	}{
		{"nothing", nil, false, io.EOF},
		{"another protocol", []byte("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n" + strings.Repeat("x", 100)),
			false, nil},
		{"cut off greeting", greeting()[:20], false, nil},
		{"greeting only", greeting(), false, io.EOF},
		{"no command", append(greeting(), 0, 1, 'x'), false, nil},
		{"a length beyond the metadata", append(greeting(), ready("\x22Socket-Type")...), false, nil},
		{"a value beyond the metadata", append(greeting(), ready("\x0bSocket-Type\x00\x00\x01\x00x")...), false, nil},
		{"a huge command", append(greeting(), 6, 0x7f, 0, 0, 0, 0, 0, 0, 0), false, zmtp.ErrProtocol},
		{"another socket type", append(greeting(), ready("\x0bSocket-Type\x00\x00\x00\x03PUB")...), false, nil},
		{"a huge frame", append(opened, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), true, zmtp.ErrProtocol},
		{"a frame of a terabyte", append(opened, 2, 0, 0, 1, 0, 0, 0, 0, 0), true, zmtp.ErrProtocol},
		{"a cut off frame", append(opened, 2, 0, 0, 0, 0, 1, 0, 0, 0, 'x'), true, nil},
		{"a cut off message", append(opened, 1, 1, 'x'), true, io.EOF},
		{"an empty command", append(opened, 4, 0), true, nil},
		{"a bad command", append(opened, 4, 1, 0xff), true, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := zmtp.Dial(testContext(t), raw(t, test.bytes, false), zmtp.Dealer, "me")
			if (err == nil) != test.dials {
				t.Fatalf("dial: %v", err)
			}
			if err == nil {
				defer c.Close()
				var frames [][]byte
				if frames, err = c.Recv(); err == nil {
					t.Fatalf("read %q", frames)
				}
			}
			if test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
		})
	}
}

func TestDialGivesUpWithContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	// It accepts, and never greets.
	if _, err := zmtp.Dial(ctx, raw(t, nil, true), zmtp.Dealer, ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	for _, endpoint := range []string{"", "tcp://", "udp://x", "127.0.0.1:1"} {
		if _, err := zmtp.Dial(ctx, endpoint, zmtp.Dealer, ""); err == nil || !strings.Contains(err.Error(), "endpoint") {
			t.Errorf("%q: %v", endpoint, err)
		}
	}
}

// TestPing sends a ZMTP 3.1 ping, which is answered without a word to the
// caller.
func TestPing(t *testing.T) {
	opened := slices.Clip(append(greeting(), ready(isRouter)...))
	ping := append([]byte{4, 7}, "\x04PING\x00\x00"...)
	stream := bytes.Join([][]byte{opened, ping, {0, 2}, []byte("hi")}, nil)
	c, err := zmtp.Dial(testContext(t), raw(t, stream, true), zmtp.Dealer, "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got, err := c.Recv(); err != nil || join(got) != "hi" {
		t.Errorf("%q, %v", join(got), err)
	}
}

func FuzzConn(f *testing.F) {
	opened := slices.Clip(append(greeting(), ready(isRouter)...))
	f.Add(opened)
	f.Add(append(opened, 1, 1, 'a', 0, 1, 'b'))
	f.Add(append(opened, 2, 0, 0, 0, 0, 0, 0, 1, 0))
	f.Add(append(opened, 4, 7, 4, 'P', 'I', 'N', 'G', 0, 0))
	f.Add(append(greeting(), ready("\xff")...))
	f.Fuzz(func(t *testing.T, data []byte) {
		client, server := net.Pipe()
		defer client.Close()
		go func() {
			go io.Copy(io.Discard, server)
			server.Write(data)
			server.Close()
		}()
		c, err := zmtp.OpenForTest(client)
		if err != nil {
			return
		}
		for {
			frames, err := c.Recv()
			if err != nil {
				return
			}
			if len(frames) == 0 {
				t.Fatal("a message without frames")
			}
		}
	})
}

func ExampleListen() {
	ctx := context.Background()
	server, err := zmtp.Listen("tcp://127.0.0.1:0", zmtp.Rep, func(from *zmtp.Conn, frames [][]byte) {
		from.Send(ctx, frames...) // a heartbeat: echo, with the envelope
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	conn, err := zmtp.Dial(ctx, server.Endpoint(), zmtp.Req, "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	conn.Send(ctx, nil, []byte("ping"))
	frames, err := conn.Recv()
	fmt.Printf("%q %v\n", frames, err)
	// Output: ["" "ping"] <nil>
}
