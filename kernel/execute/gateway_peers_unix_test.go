//go:build unix

package execute

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gocifar/gocifar/internal/child"
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/gateway"
)

// The tests in this file run real gateways with real kernels behind them: all
// of them on all gateways with GOCIFAR_TEST_GATEWAYS=all, which takes five
// minutes, else a few on one.

func thorough() bool { return os.Getenv("GOCIFAR_TEST_GATEWAYS") == "all" }

// server is a real gateway, reached through a proxy that can break connections.
type server struct {
	name string
	// command runs the server on a port, with the token "secret".
	command func(t testing.TB, port, folder string) []string
	// unlimited servers send all output, however fast it comes.
	unlimited bool
}

func python(t testing.TB, variable string) string {
	t.Helper()
	program := os.Getenv(variable)
	if program == "" {
		t.Skipf("%s does not name a python with the gateway", variable)
	}
	return program
}

func jupyterServer(args ...string) server {
	name := strings.TrimSpace("Jupyter Server " + strings.Join(args, " "))
	return server{name: name, command: func(t testing.TB, port, folder string) []string {
		return append([]string{python(t, "GOCIFAR_TEST_PYTHON"), "-m", "jupyter_server", "--no-browser", "--allow-root",
			"--ServerApp.port=" + port, "--ServerApp.port_retries=0", "--IdentityProvider.token=secret",
			"--ServerApp.root_dir=" + folder}, args...)
	}}
}

var servers = []server{
	jupyterServer(),
	jupyterServer("--ZMQChannelsWebsocketConnection.kernel_ws_protocol="),
	{name: "Kernel Gateway", command: func(t testing.TB, port, _ string) []string {
		return []string{python(t, "GOCIFAR_TEST_PYTHON"), "-m", "kernel_gateway", "--KernelGatewayApp.port=" + port,
			"--KernelGatewayApp.port_retries=0", "--KernelGatewayApp.auth_token=secret"}
	}},
	{name: "Enterprise Gateway", unlimited: true, command: func(t testing.TB, port, _ string) []string {
		return []string{python(t, "GOCIFAR_TEST_ENTERPRISE_GATEWAY"), "-m", "enterprise_gateway",
			"--EnterpriseGatewayApp.port=" + port, "--EnterpriseGatewayApp.port_retries=0",
			"--EnterpriseGatewayApp.auth_token=secret", "--EnterpriseGatewayApp.unauthorized_users="}
	}},
}

// running is a server that runs.
type running struct {
	*gateway.Gateway
	process *os.Process
	wire    *proxy
}

// start runs the server with kernels of the specs.
func (s server) start(t *testing.T, specs ...*jupyter.Spec) *running {
	t.Helper()
	home := t.TempDir()
	for _, spec := range specs {
		if err := jupyter.WriteSpec(filepath.Join(home, "data", "kernels"), spec.Name, spec); err != nil {
			t.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	_, port, _ := net.SplitHostPort(address)
	argv := s.command(t, port, home)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "HOME="+home, "JUPYTER_DATA_DIR="+filepath.Join(home, "data"), "JUPYTER_PATH=",
		"JUPYTER_RUNTIME_DIR="+filepath.Join(home, "run"), "JUPYTER_CONFIG_DIR="+filepath.Join(home, "config"),
		"IPYTHONDIR="+home, "TMPDIR="+home)
	child.DieWithUs(cmd, syscall.SIGTERM)
	var log strings.Builder
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGCONT)
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
		if t.Failed() {
			t.Log(log.String())
		}
	})
	await(t, "http://"+address+"/api", ended)
	p := newProxy(t, address)
	g, err := gateway.New(gateway.Options{
		URL: "http://" + p.address(), Token: "secret", RetryInterval: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	return &running{g, cmd.Process, p}
}

func await(t *testing.T, url string, ended <-chan struct{}) {
	t.Helper()
	for range 600 {
		response, err := http.Get(url)
		if err == nil {
			response.Body.Close()
			return
		}
		select {
		case <-ended:
			t.Fatal("the server has ended")
		case <-time.After(100 * time.Millisecond):
		}
	}
	t.Fatal("the server does not answer")
}

// proxy hands TCP connections on until they are cut.
type proxy struct {
	listener net.Listener
	mu       sync.Mutex
	conns    map[net.Conn]bool
}

func newProxy(t *testing.T, target string) *proxy {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, conns: map[net.Conn]bool{}}
	t.Cleanup(func() {
		listener.Close()
		p.cut()
	})
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", target)
			if err != nil {
				from.Close()
				continue
			}
			go p.copy(from, to)
			go p.copy(to, from)
		}
	}()
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) copy(from, to net.Conn) {
	p.mu.Lock()
	p.conns[from] = true
	p.mu.Unlock()
	_, _ = to.(*net.TCPConn).ReadFrom(from)
	from.Close()
	to.Close()
	p.mu.Lock()
	delete(p.conns, from)
	p.mu.Unlock()
}

// cut resets all connections: what is under way is gone.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	}
}

// onServers runs a test on each server, or on the one with the index only.
func onServers(t *testing.T, only int, test func(*testing.T, server)) {
	for i, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			if i != only && !thorough() {
				t.Skip("GOCIFAR_TEST_GATEWAYS is not all")
			}
			test(t, s)
		})
	}
}

// TestMessagesThroughGateways runs the message situations of each kernel on
// each gateway.
func TestMessagesThroughGateways(t *testing.T) {
	onServers(t, 0, func(t *testing.T, s server) {
		spec := pythonSpec(t)
		g := s.start(t, spec)
		runIPyKernelCases(t, spec, g.Gateway)
	})
}

func TestGoNBThroughGateways(t *testing.T) {
	onServers(t, 2, func(t *testing.T, s server) {
		spec := gonbSpec(t)
		// Gateways start kernels without most of their own variables.
		for _, name := range []string{"GOPATH", "GOMODCACHE", "GOCACHE"} {
			spec.Env[name] = goEnv(t, name)
		}
		g := s.start(t, spec)
		runGoNBCases(t, spec, g.Gateway)
	})
}

// TestGatewaysInTrouble has things happen to a gateway, its connections and its
// kernels while a cell runs.
func TestGatewaysInTrouble(t *testing.T) {
	const count = "import time, os\nfor i in range(60):\n    print(i, flush=True)\n    time.sleep(.05)"
	onServers(t, 1, func(t *testing.T, s server) {
		spec := pythonSpec(t)
		g := s.start(t, spec)
		short := map[string]bool{"connections are cut": true, "the kernel is killed": true, "the gateway is killed": true}
		for _, c := range []struct {
			name    string
			cell    string
			happens func() // a second after the cell has begun
			opts    Options
			states  string
			code    int
			warning string
			lost    int // of 60 lines, at most; -1: does not matter
		}{
			{"nothing", count, func() {}, Options{}, "ok ok", ExitOK, "", 0},
			{"connections are cut", count, g.wire.cut, Options{}, "ok ok", ExitOK, "was made again", 3},
			{"connections are cut three times", count, func() {
				for range 3 {
					g.wire.cut()
					time.Sleep(500 * time.Millisecond)
				}
			}, Options{}, "ok ok", ExitOK, "was made again", 9},
			{"the gateway stands still for a while", count, func() {
				_ = g.process.Signal(syscall.SIGSTOP)
				time.Sleep(3 * time.Second)
				_ = g.process.Signal(syscall.SIGCONT)
			}, Options{}, "ok ok", ExitOK, "", 0},
			{"a deadline", "import time; time.sleep(3600)", func() {}, Options{CellTimeout: 2 * time.Second}, "timeout not-run",
				ExitTimeout, "", -1},
			{"a deadline, and no interrupts", "import time, signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: " +
				"time.sleep(1)", func() {}, Options{CellTimeout: 2 * time.Second, InterruptGrace: 2 * time.Second},
				"timeout not-run", ExitTimeout, "", -1},
			{"the kernel is killed", "import os, time; time.sleep(1); os.kill(os.getpid(), 9)", func() {}, Options{},
				"error not-run", ExitKernelDied, "", -1},
			{"an output over the limit", "for i in range(100): print('x' * (1 << 20))", func() {}, Options{}, "ok ok", ExitOK,
				"it dropped output that came faster than its iopub_data_rate_limit allows", -1},
			{"the gateway is killed", count, func() { _ = g.process.Kill() }, Options{}, "error not-run", ExitKernelDied,
				"", -1},
		} {
			ok := t.Run(c.name, func(t *testing.T) {
				if !short[c.name] && !thorough() {
					t.Skip("GOCIFAR_TEST_GATEWAYS is not all")
				}
				if s.unlimited && strings.Contains(c.warning, "limit") {
					c.warning = ""
				}
				nb := document(c.cell, "1")
				c.opts.Gateway = g.Gateway
				c.opts.Observer = func(e Event) {
					if e, is := e.(CellExecute); is && e.Index == 0 {
						time.AfterFunc(time.Second, c.happens)
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
			})
			if !ok {
				t.FailNow()
			}
		}
	})
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
