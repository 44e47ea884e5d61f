package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/leak"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// script writes an executable shell script.
func script(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// fakePython is a Python that makes environments whose pip does what pip says.
func fakePython(t *testing.T, pip string) {
	t.Helper()
	bin := t.TempDir()
	script(t, filepath.Join(bin, "python3"), `
case "$1 $2" in
"-c "*) echo True ;;
"-m venv") mkdir -p "$3/bin" && cat > "$3/bin/python" <<'END'
#!/bin/sh
echo "$@" >> "$(dirname "$0")/calls"
here=$(dirname "$0")
`+pip+`
END
chmod +x "$3/bin/python" ;;
esac`)
	t.Setenv("PATH", bin+":/usr/bin:/bin")
}

func TestFindInstalls(t *testing.T) {
	root := t.TempDir()
	fakePython(t, `echo "#!/bin/sh" > "$here/jupyter-lab"; chmod +x "$here/jupyter-lab"`)
	for range 2 { // the second finds what the first made
		path, err := Find(t.Context(), "", root, nil)
		if want := filepath.Join(root, "jupyterlab", Version, "bin", program); path != want || err != nil {
			t.Fatalf("%q, %v; want %q", path, err, want)
		}
	}
	calls, err := os.ReadFile(filepath.Join(root, "jupyterlab", Version, "bin", "calls"))
	if err != nil || strings.Count(string(calls), "\n") != 1 || !strings.Contains(string(calls), "jupyterlab=="+Version) {
		t.Errorf("pip was called with %q, %v", calls, err)
	}
}

// TestFindAfterAFailure: what is half made does not count, and is made anew.
func TestFindAfterAFailure(t *testing.T) {
	root := t.TempDir()
	fakePython(t, `echo "#!/bin/sh" > "$here/jupyter-lab"; echo "no route to host"; exit 1`)
	if _, err := Find(t.Context(), "", root, nil); err == nil || !strings.Contains(err.Error(), "no route to host") {
		t.Errorf("pip failed: %v", err)
	}
	fakePython(t, `exit 0`)
	if _, err := Find(t.Context(), "", root, nil); err == nil || !strings.Contains(err.Error(), "is missing") {
		t.Errorf("pip did nothing: %v", err)
	}
	fakePython(t, `echo "#!/bin/sh" > "$here/jupyter-lab"; chmod +x "$here/jupyter-lab"`)
	if _, err := Find(t.Context(), "", root, nil); err != nil {
		t.Error(err)
	}
}

func TestFindCanceled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	fakePython(t, `sleep 60`)
	time.AfterFunc(300*time.Millisecond, func() { cancel(context.Canceled) })
	if _, err := Find(ctx, "", t.TempDir(), nil); err == nil || !strings.Contains(err.Error(), "context canceled") {
		t.Error(err)
	}
}

func TestFindWithoutPython(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := Find(t.Context(), "", t.TempDir(), nil); err == nil ||
		!strings.Contains(err.Error(), "install Python 3.10 or newer") {
		t.Error(err)
	}
	if _, err := Find(t.Context(), "/no/such/jupyter-lab", t.TempDir(), nil); err == nil ||
		!strings.Contains(err.Error(), "/no/such/jupyter-lab") {
		t.Error(err)
	}
}

func TestServeFails(t *testing.T) {
	failing := script(t, filepath.Join(t.TempDir(), "lab"), "exit 3")
	if err := Serve(t.Context(), Options{Program: failing}); err == nil ||
		!strings.Contains(err.Error(), "exit status 3") {
		t.Error(err)
	}
	if err := Serve(t.Context(), Options{Program: "/no/such/program"}); err == nil {
		t.Error("no error")
	}
}

// TestServeLeavesNothing: what the server started ends with it.
func TestServeLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	pids := filepath.Join(dir, "pid")
	server := script(t, filepath.Join(dir, "lab"), `sleep 600 & echo $! > `+pids+`.new; mv `+pids+`.new `+pids+`; wait`)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for !isFile(pids) {
			time.Sleep(10 * time.Millisecond)
		}
		cancel()
	}()
	if err := Serve(ctx, Options{Program: server}); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if !leak.Gone(pid) {
		t.Errorf("process %d is left", pid)
	}
}

// TestJupyterLab starts the real one beside the Python that GOCIFAR_TEST_PYTHON
// names, asks it for its kernelspecs, runs a kernel in it and ends it.
func TestJupyterLab(t *testing.T) {
	python := os.Getenv("GOCIFAR_TEST_PYTHON")
	if python == "" {
		t.Skip("GOCIFAR_TEST_PYTHON does not name a python with JupyterLab beside it")
	}
	jupyterLab := filepath.Join(filepath.Dir(python), program)
	if !isFile(jupyterLab) {
		t.Skipf("there is no %s", jupyterLab)
	}
	data, root := t.TempDir(), t.TempDir()
	spec := &jupyter.Spec{Argv: []string{python, "-m", "ipykernel_launcher", "-f", "{connection_file}"},
		DisplayName: "Ours", Language: "python"}
	if err := jupyter.WriteSpec(filepath.Join(data, "kernels"), "gocifar-test", spec); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(root, "notebooks"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("JUPYTER_RUNTIME_DIR", t.TempDir())
	t.Setenv("JUPYTER_CONFIG_DIR", t.TempDir())
	port := freePort(t)
	var log syncBuffer
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(ctx, Options{Program: jupyterLab, DataDirs: []string{data}, Root: root, Open: "notebooks", Port: port,
			Log:  &log,
			Args: []string{"--IdentityProvider.token=secret", "--allow-root"}})
	}()
	api := func(method, path, body string) (int, string) {
		request, err := http.NewRequestWithContext(ctx, method, fmt.Sprintf("http://127.0.0.1:%d/api/%s", port, path),
			strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "token secret")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return 0, err.Error()
		}
		defer response.Body.Close()
		var b bytes.Buffer
		b.ReadFrom(response.Body)
		return response.StatusCode, b.String()
	}
	status, text := 0, ""
	for deadline := time.Now().Add(2 * time.Minute); status != http.StatusOK; time.Sleep(100 * time.Millisecond) {
		select {
		case err := <-ended:
			t.Fatalf("it ended: %v\n%s", err, log.String())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("no answer: %d %s\n%s", status, text, log.String())
		}
		status, text = api("GET", "kernelspecs", "")
	}
	var specs struct {
		Kernelspecs map[string]struct{ Spec jupyter.Spec }
	}
	if err := json.Unmarshal([]byte(text), &specs); err != nil {
		t.Fatal(err)
	}
	if got := specs.Kernelspecs["gocifar-test"].Spec.DisplayName; got != "Ours" {
		t.Errorf("the kernelspec is called %q in %s", got, text)
	}
	if status, text := api("GET", "contents/notebooks", ""); status != http.StatusOK {
		t.Errorf("the notebooks: %d %s", status, text)
	}
	if status, text := api("POST", "kernels", `{"name": "gocifar-test"}`); status != http.StatusCreated {
		t.Errorf("a kernel: %d %s", status, text)
	}
	kernels := processesWith(t, filepath.Join(os.Getenv("JUPYTER_RUNTIME_DIR"), "kernel-"))
	if len(kernels) == 0 {
		t.Error("no kernel runs")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("%v\n%s", err, log.String())
	}
	for _, pid := range kernels {
		if !leak.Gone(pid) {
			t.Errorf("kernel %d is left", pid)
		}
	}
	if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
		conn.Close()
		t.Error("something still listens")
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// processesWith returns the processes whose command line holds the text
// (Linux).
func processesWith(t *testing.T, text string) []int {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) == 0 {
		t.Skip("there is no /proc to find kernels in")
	}
	var pids []int
	for _, path := range lines {
		if line, err := os.ReadFile(path); err == nil && strings.Contains(string(line), text) {
			if pid, err := strconv.Atoi(strings.Split(path, "/")[2]); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// syncBuffer is a buffer for a process's output.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
