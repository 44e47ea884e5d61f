package engine

import (
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/host"
)

// An interrupt that meets a process before it has begun to listen does not end
// it.
func TestInterruptSparesAProcessThatStarts(t *testing.T) {
	n := newNotebook(t)
	for range 20 {
		if err := n.process.interrupt(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	if a, err := n.process.do(t.Context(), host.Command{}); err != nil || a.Outcome != host.OK {
		t.Errorf("the process answers %+v, %v", a, err)
	}
}
