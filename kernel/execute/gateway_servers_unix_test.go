//go:build unix

package execute

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gocifar/gocifar/internal/child"
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/gateway"
)

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
	address string
}

// connect is another way to the server, with a proxy of its own.
func (r *running) connect(t *testing.T) (*gateway.Gateway, *proxy) {
	t.Helper()
	p := newProxy(t, r.address)
	g, err := gateway.New(gateway.Options{
		URL: "http://" + p.address(), Token: "secret", RetryInterval: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	return g, p
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
	r := &running{process: cmd.Process, address: address}
	r.Gateway, _ = r.connect(t)
	return r
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
	t.Helper()
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
