//go:build unix

package execute

import (
	"context"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// The tests in this file run real gateways with real kernels behind them: all
// of them on all gateways with GOCIFAR_TEST_GATEWAYS=all, else a few on one or
// two. They mostly wait, so -parallel may be more than there are processors.

func thorough() bool { return os.Getenv("GOCIFAR_TEST_GATEWAYS") == "all" }

// onServers runs a test on each server, or on those of the short form only.
func onServers(t *testing.T, short []int, test func(*testing.T, server)) {
	for i, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			if !slices.Contains(short, i) && !thorough() {
				t.Skip("GOCIFAR_TEST_GATEWAYS is not all")
			}
			t.Parallel()
			test(t, s)
		})
	}
}

// TestMessagesThroughGateways runs the message situations of each kernel on
// each gateway.
func TestMessagesThroughGateways(t *testing.T) {
	onServers(t, []int{0, 3}, func(t *testing.T, s server) {
		spec := pythonSpec(t)
		g := s.start(t, spec)
		runIPyKernelCases(t, spec, g.Gateway)
	})
}

func TestGoNBThroughGateways(t *testing.T) {
	onServers(t, []int{2}, func(t *testing.T, s server) {
		spec := gonbSpec(t)
		// Gateways start kernels without most of their own variables.
		for _, name := range []string{"GOPATH", "GOMODCACHE", "GOCACHE"} {
			spec.Env[name] = goEnv(t, name)
		}
		g := s.start(t, spec)
		runGoNBCases(t, spec, g.Gateway)
	})
}

// trouble is something that happens while a cell runs.
type trouble struct {
	name    string
	short   bool // also without GOCIFAR_TEST_GATEWAYS=all
	cell    string
	happens func(*running, *proxy) // a second after the cell has begun
	opts    Options
	states  string
	code    int
	warning string
	lost    int // of 60 lines, at most; -1: does not matter
}

const countTo60 = "import time, os\nfor i in range(60):\n    print(i, flush=True)\n    time.sleep(.05)"

// Troubles of one kernel or one connection, which others do not notice.
var ownTroubles = []trouble{
	{name: "nothing", cell: countTo60, states: "ok ok"},
	{name: "connections are cut", short: true, cell: countTo60, happens: func(_ *running, p *proxy) { p.cut() },
		states: "ok ok", warning: "was made again", lost: 3},
	{name: "connections are cut three times", cell: countTo60, happens: func(_ *running, p *proxy) {
		for range 3 {
			p.cut()
			time.Sleep(500 * time.Millisecond)
		}
	}, states: "ok ok", warning: "was made again", lost: 9},
	{name: "a deadline", cell: "import time; time.sleep(3600)", opts: Options{CellTimeout: 2 * time.Second},
		states: "timeout not-run", code: ExitTimeout, lost: -1},
	{name: "a deadline, and no interrupts", cell: "import time, signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n" +
		"while True: time.sleep(1)", opts: Options{CellTimeout: 2 * time.Second, InterruptGrace: 2 * time.Second},
		states: "timeout not-run", code: ExitTimeout, lost: -1},
	{name: "the kernel is killed", short: true, cell: "import os, time; time.sleep(1); os.kill(os.getpid(), 9)",
		states: "error not-run", code: ExitKernelDied, lost: -1},
}

// Troubles of a whole gateway, of which the last one is its end.
var sharedTroubles = []trouble{
	{name: "an output over the limit", cell: "for i in range(100): print('x' * (1 << 20))", states: "ok ok",
		warning: "it dropped output that came faster than its iopub_data_rate_limit allows", lost: -1},
	{name: "the gateway stands still for a while", cell: countTo60, happens: func(g *running, _ *proxy) {
		_ = g.process.Signal(syscall.SIGSTOP)
		time.Sleep(3 * time.Second)
		_ = g.process.Signal(syscall.SIGCONT)
	}, states: "ok ok"},
	{name: "the gateway is killed", short: true, cell: countTo60, happens: func(g *running, _ *proxy) { _ = g.process.Kill() },
		states: "error not-run", code: ExitKernelDied, lost: -1},
}

// TestGatewaysInTrouble has things happen to a gateway, its connections and its
// kernels while a cell runs.
func TestGatewaysInTrouble(t *testing.T) {
	onServers(t, []int{1}, func(t *testing.T, s server) {
		spec := pythonSpec(t)
		g := s.start(t, spec)
		t.Run("own", func(t *testing.T) { // returns when all have ended
			for _, c := range ownTroubles {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					c.run(t, s, g, spec)
				})
			}
		})
		for _, c := range sharedTroubles {
			if !t.Run(c.name, func(t *testing.T) { c.run(t, s, g, spec) }) {
				t.FailNow()
			}
		}
	})
}

func (c trouble) run(t *testing.T, s server, g *running, spec *jupyter.Spec) {
	if !c.short && !thorough() {
		t.Skip("GOCIFAR_TEST_GATEWAYS is not all")
	}
	if s.unlimited && strings.Contains(c.warning, "limit") {
		c.warning = ""
	}
	nb := document(c.cell, "1")
	way, wire := g.connect(t)
	c.opts.Gateway = way
	c.opts.Observer = func(e Event) {
		if e, is := e.(CellExecute); is && e.Index == 0 && c.happens != nil {
			time.AfterFunc(time.Second, func() { c.happens(g, wire) })
		}
	}
	result, err := runPeer(t, spec, nb, c.opts)
	if states(result) != c.states || ExitCode(err) != c.code {
		t.Errorf("states %s, want %s; exit code %d, want %d (%v)", states(result), c.states, ExitCode(err), c.code, err)
	}
	warnings := strings.Join(result.Cells[0].Warnings, "; ")
	if !strings.Contains(warnings, c.warning) || c.warning == "" && warnings != "" {
		t.Errorf("warnings %q, want %q", warnings, c.warning)
	}
	if c.lost >= 0 {
		checkCount(t, outputsOf(nb.Cells[0]), c.lost)
	}
}

// checkCount wants the numbers from 0 to 59 in order, none twice, and at most
// so many of them missing.
func checkCount(t *testing.T, output string, lost int) {
	t.Helper()
	last, missing := -1, 0
	for _, text := range regexp.MustCompile(`\d+`).FindAllString(output, -1) {
		n, _ := strconv.Atoi(text)
		if n <= last {
			t.Errorf("%d comes after %d in %s", n, last, output)
		}
		missing += n - last - 1
		last = n
	}
	if missing += 59 - last; missing > lost {
		t.Errorf("%d of 60 lines are missing, want at most %d: %s", missing, lost, output)
	}
}

// TestOutputOf100MB comes whole through a gateway without a limit.
func TestOutputOf100MB(t *testing.T) {
	t.Parallel()
	spec := pythonSpec(t)
	g := jupyterServer("--ZMQChannelsWebsocketConnection.iopub_data_rate_limit=0").start(t, spec)
	nb := document("print('x' * (100 << 20), end='')")
	result, err := runPeer(t, spec, nb, Options{Gateway: g.Gateway})
	if err != nil || len(result.Cells[0].Warnings) > 0 {
		t.Fatalf("%v, warnings %q", err, result.Cells[0].Warnings)
	}
	if _, text := nb.Cells[0].Outputs()[0].Stream(); len(text) != 100<<20 {
		t.Errorf("%d bytes came", len(text))
	}
}

// TestStopAtAGateway interrupts a run, which leaves no kernel there.
func TestStopAtAGateway(t *testing.T) {
	t.Parallel()
	spec := pythonSpec(t)
	g := jupyterServer().start(t, spec)
	ctx, cancel := context.WithCancel(t.Context())
	opts := Options{Gateway: g.Gateway, Env: []string{"PLACE=here and there"}, Observer: func(e Event) {
		if e, is := e.(CellExecute); is && e.Index == 1 {
			time.AfterFunc(time.Second, cancel)
		}
	}}
	nb := document("import os, time; print(os.environ['PLACE'])", "time.sleep(3600)")
	result, err := runPeerUntil(ctx, t, spec, nb, opts)
	if states(result) != "ok error" || ExitCode(err) != ExitInterrupted ||
		outputsOf(nb.Cells[0]) != `stdout "here and there\n"` {
		t.Errorf("states %s, %v, %s", states(result), err, outputsOf(nb.Cells[0]))
	}
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, g.URL()+"/api/kernels", nil)
	request.Header.Set("Authorization", "token secret")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var body [100]byte
	n, _ := response.Body.Read(body[:])
	if got := strings.TrimSpace(string(body[:n])); got != "[]" {
		t.Errorf("left on the gateway: %s", got)
	}
}
