package execute

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
)

// TestCosts: what the kernel says in its reply's metadata stands in the cell's.
func TestCosts(t *testing.T) {
	tell := func(metadata string) func(*fakekernel.Execution) {
		return func(x *fakekernel.Execution) { x.SetReplyMetadata(json.RawMessage(metadata)) }
	}
	s := script{
		"told": tell(`{"started":"2026-11-29T00:00:00Z","gocifar":{"costs":{"compile_seconds":0.1,"run_seconds":2,"cpu_seconds":3,` +
			`"allocated_bytes":1000,"allocated_objects":7,"peak_bytes":5000,"slower":["linked by the C compiler"]}}}`),
		"nonsense": tell(`{"gocifar":{"costs":"none"}}`), "other": tell(`{"gocifar":7}`),
	}
	nb := document("told", "nonsense", "other", "quiet")
	result, err := runFake(t, fakekernel.Options{}, s, nb, quick())
	if err != nil {
		t.Fatal(err)
	}
	want := jupyter.Costs{Compile: 0.1, Wall: 2, CPU: 3, Allocated: 1000, Objects: 7, Peak: 5000,
		Slower: []string{"linked by the C compiler"}}
	if c := result.Cells[0].Costs; c == nil || !reflect.DeepEqual(*c, want) {
		t.Errorf("the costs are %+v", c)
	}
	for i, cell := range result.Notebook.Cells {
		record, _ := json.Marshal(cell.Metadata().Object("gocifar"))
		var back struct{ Costs *jupyter.Costs }
		if err := json.Unmarshal(record, &back); err != nil || (back.Costs != nil) != (i == 0) || i == 0 && !reflect.DeepEqual(*back.Costs, want) {
			t.Errorf("cell %d: the metadata are %s, %v", i, record, err)
		}
	}
	opts := quick()
	opts.NoCosts = true
	result, err = runFake(t, fakekernel.Options{}, s, nb, opts)
	if err != nil || result.Cells[0].Costs != nil || result.Notebook.Cells[0].Metadata().Object("gocifar").Object("costs") != nil {
		t.Errorf("with NoCosts: %+v, %v", result.Cells[0].Costs, err)
	}
	Clear(nb)
	if o := nb.Cells[0].Metadata().Object("gocifar"); o != nil {
		t.Error("Clear leaves costs")
	}
}
