package live

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// TestCommSoak sends a thousand messages a second, for as long as
// GOCIFAR_TEST_SOAK_FOR says, or three seconds. Each is handled, in order, and
// neither the kernel nor its process grows.
func TestCommSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("GOCIFAR_TEST_SOAK_FOR"))
	if err != nil {
		length = 3 * time.Second
	}
	p := &page{newClient(t), map[string]map[string]any{}}
	p.runWidgets(`s := widgets.IntSlider(0, 1<<30, 0, widgets.Description("n"))
calls, disorder, last := 0, 0, 0
s.Observe(func(v int) { calls++; if v != last+1 { disorder++ }; last = v })
var pid = os.Getpid()`)
	id := p.model("n")
	pid, err := strconv.Atoi(p.run("pid").result)
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	send := func() string {
		sent++
		data := fmt.Sprintf(`{"method":"update","state":{"value":%d},"buffer_paths":[]}`, sent)
		return p.sendComm(jupyter.Shell, &jupyter.CommMessage{ID: id, Data: jupyter.Object(data)})
	}
	batch := func() {
		var message string
		for range 100 {
			message = send()
		}
		p.caused(message)
		p.others = nil
	}
	batch()
	before := resident(t, pid) + resident(t, p.kernel.PID())
	start := time.Now()
	for time.Since(start) < length {
		batch()
		time.Sleep(time.Until(start.Add(time.Duration(sent-100) * time.Millisecond)))
	}
	took := time.Since(start)
	after := resident(t, pid) + resident(t, p.kernel.PID())
	if s := p.run("fmt.Sprint(calls, disorder)"); s.result != fmt.Sprint(sent, " 0") && s.result != fmt.Sprint(sent, 0) {
		t.Errorf("of %d messages handled, out of order: %s", sent, s.text())
	}
	t.Logf("%d messages in %v, resident memory %d KB before, %d KB after", sent,
		took.Round(time.Millisecond), before, after)
	if after > before+64<<10 {
		t.Errorf("resident memory has grown from %d to %d KB", before, after)
	}
}

// resident is a process' resident memory in KB.
func resident(t *testing.T, pid int) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "VmRSS:")
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
