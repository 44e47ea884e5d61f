package live

import (
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/zmtp"
)

// A request that somebody recorded and sends again is not carried out again, on
// whatever channel and connection; nor is one that is not signed with the
// connection's key.
func TestRequestsAreTakenOnce(t *testing.T) {
	info, err := jupyter.NewIPCConnection(t.TempDir())
	if err != nil {
		t.Skip(err)
	}
	received := make(chan string, 10)
	s, err := listen(t.Context(), info)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.start(func(r *request) { received <- r.Message.Header.ID })
	frames := func(key, id string) [][]byte {
		frames, err := jupyter.NewSigner(key).Encode(&jupyter.Message{Header: jupyter.Header{ID: id,
			Type: "kernel_info_request"}})
		if err != nil {
			t.Fatal(err)
		}
		return frames
	}
	send := func(channel jupyter.Channel, list ...[][]byte) {
		conn, err := zmtp.Dial(t.Context(), info.Endpoint(channel), zmtp.Dealer, "somebody")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for _, f := range list {
			if err := conn.Send(t.Context(), f...); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(50 * time.Millisecond) // until it is read: then the connection may go
	}
	recorded := frames(info.Key, "first")
	send(jupyter.Shell, recorded, recorded, frames("another key", "forged"), frames("", "unsigned"))
	send(jupyter.Control, recorded)
	send(jupyter.Shell, frames(info.Key, "last"))
	for _, want := range []string{"first", "last"} {
		select {
		case got := <-received:
			if got != want {
				t.Errorf("received %q, want %q", got, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%q did not come", want)
		}
	}
	select {
	case more := <-received:
		t.Errorf("%q came as well", more)
	default:
	}
}
