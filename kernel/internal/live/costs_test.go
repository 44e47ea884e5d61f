package live

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// TestReplySaysCosts: the reply's metadata say what the cell took and, as
// ipykernel's, when it started.
func TestReplySaysCosts(t *testing.T) {
	c := newClient(t)
	var reply *jupyter.Message
	c.during = func(e jupyter.Event) {
		if _, ok := e.Content.(*jupyter.ExecuteReply); ok {
			reply = e.Message
		}
	}
	before := time.Now()
	c.check("time.Sleep(20 * time.Millisecond)", "")
	if reply == nil {
		t.Fatal("no reply")
	}
	costs := jupyter.CostsOf(reply)
	if costs == nil || costs.Compile <= 0 || costs.Wall < 0.02 || costs.Wall > 60 {
		t.Errorf("the costs are %+v: %s", costs, reply.Metadata)
	}
	var m jupyter.ExecutionMetadata
	if err := json.Unmarshal(reply.Metadata, &m); err != nil || m.Status != "ok" {
		t.Errorf("%s: %v", reply.Metadata, err)
	}
	if at, err := time.Parse(time.RFC3339, m.Started); err != nil ||
		at.Before(before.Add(-time.Second)) || at.After(time.Now()) {
		t.Errorf("started is %s, %v", m.Started, err)
	}
}
