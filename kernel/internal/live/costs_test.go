package live

import (
	"encoding/json"
	"os"
	"strings"
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

// TestCostsOfXLA: a cell that computes on XLA says how much of its time that was,
// and one that does not says nothing.
func TestCostsOfXLA(t *testing.T) {
	if !strings.HasPrefix(os.Getenv("GOMLX_BACKEND"), "xla:") {
		t.Skip("GOMLX_BACKEND does not name a plugin of XLA's")
	}
	t.Setenv("GOCIFAR_CACHE", t.TempDir()) // nothing is compiled there yet
	c := newClient(t)
	var costs *jupyter.Costs
	c.during = func(e jupyter.Event) {
		if _, ok := e.Content.(*jupyter.ExecuteReply); ok {
			costs = jupyter.CostsOf(e.Message)
		}
	}
	xla := func(code string) *jupyter.XLACosts {
		t.Helper()
		if s := c.run(code); s.error != nil || costs == nil {
			t.Fatalf("%s\n%s", s.text(), c.kernel.Log())
		}
		return costs.XLA
	}
	const prepare = `import (
	"context"
	"github.com/gocifar/gocifar/layers"
)
%%
m := layers.Sequential("m", layers.Input(400), layers.Dense(300), layers.Dense(200))
e := &layers.Examples{Shape: []int{400}, Floats: make([]float32, 400*100)}`
	if x := xla(prepare); x != nil {
		t.Errorf("a cell that computes nothing has costs of XLA: %+v", x)
	}
	const predict = "rows, err := m.Predict(context.Background(), e, layers.BatchSize(10))\nfmt.Println(len(rows), err)"
	// XLA may tell of the last one's end after the cell's.
	x := xla(predict)
	if x == nil || x.Compiled < 1 || x.Runs < 9 || x.Compile <= 0 || x.Run <= 0 || x.Compile+x.Run > costs.Wall {
		t.Errorf("ten batches have the costs %+v of %+v", x, costs)
	}
	const weights = 4 * (401*300 + 301*200)
	if x.Bytes < weights || x.Bytes > 5*weights {
		t.Errorf("at most %d bytes were on the device, where %d are those of weights", x.Bytes, weights)
	}
	if again := xla(predict); again == nil || again.Compiled != 0 || again.Runs < 9 || again.Bytes < weights {
		t.Errorf("again they have the costs %+v", again)
	}
	if x := xla("len(rows)"); x != nil {
		t.Errorf("a cell that computes nothing has costs of XLA: %+v", x)
	}
}
