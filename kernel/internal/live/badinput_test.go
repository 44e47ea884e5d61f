package live

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/enginetest"
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/zmtp"
)

// moduleVariable names the module for serveAsKernel, by default this one.
const moduleVariable = "GOCIFAR_TEST_MODULE"

// served is a kernel in a process of its own that clients can attach to.
type served struct {
	t    testing.TB
	info *jupyter.ConnectionInfo
	dir  string

	mu  sync.Mutex
	log bytes.Buffer
}

// Write is for what the kernel logs.
func (s *served) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(b)
}

func (s *served) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// startServed starts a kernel on a library, with changes to its environment.
func startServed(t testing.TB, libraryDir string, env ...string) *served {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "live") // short: sockets live in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &served{t: t, dir: dir}
	if s.info, err = jupyter.NewIPCConnection(dir); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "kernel-test.json")
	if err := s.info.WriteFile(file); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], kernelArgument, libraryDir, file)
	cmd.Dir, cmd.Env, cmd.Stderr = dir, append(os.Environ(), env...), s
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // ends nothing by itself
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return s
}

func (s *served) attach() *client {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	k, err := jupyter.Attach(ctx, s.info)
	if err != nil {
		s.t.Fatalf("%v; the kernel says %s", err, s.logged())
	}
	s.t.Cleanup(func() { k.Close() })
	return &client{t: s.t, kernel: k, dir: s.dir}
}

// awaitInput waits until the kernel has taken the execution with the id.
func (c *client) awaitInput(id string) {
	c.t.Helper()
	for e := range c.kernel.Events() {
		c.others = append(c.others, e)
		if _, ok := e.Content.(*jupyter.ExecuteInput); ok && e.ParentID() == id {
			return
		}
	}
	c.t.Fatal("the kernel is gone")
}

// TestSecondClient: two front ends share a kernel, and each gets the answers to
// its own requests.
func TestSecondClient(t *testing.T) {
	s := startServed(t, testLibrary.Get(t).Dir)
	first, second := s.attach(), s.attach()
	first.check("n := 1", "")
	slow := first.send("time.Sleep(500*time.Millisecond); n = 2; n")
	first.awaitInput(slow)
	second.check("n * 10", "=> 20") // it waits for the first one's cell
	if shown := first.await(slow); shown.text() != "=> 2" {
		t.Errorf("the first client is shown %s", shown.text())
	}
	// A mistake of one aborts nothing of the other that is sent later.
	first.check("nothing", "TypeError: …")
	second.check("n", "=> 2")
	if err := first.kernel.Close(); err != nil {
		t.Error(err)
	}
	second.check("n + 1", "=> 3")
	third := s.attach()
	third.interruptSoon()
	if shown := third.run("fmt.Println(\"go\")\nfor { }"); shown.error == nil || shown.error.Name != "Interrupted" {
		t.Errorf("the third client's cell shows %s", shown.text())
	}
	second.check("n", "=> 2")
}

// TestForgedMessages: what is not signed with the connection's key, or is no
// message, has no effect but a line in the log.
func TestForgedMessages(t *testing.T) {
	s := startServed(t, testLibrary.Get(t).Dir)
	c := s.attach()
	c.check("n := 1", "")
	conn, err := zmtp.Dial(t.Context(), s.info.Endpoint(jupyter.Shell), zmtp.Dealer, "forger")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	content, err := json.Marshal(&jupyter.ExecuteRequest{Code: "n = 666", StoreHistory: true})
	if err != nil {
		t.Fatal(err)
	}
	message := func(key string) [][]byte {
		frames, err := jupyter.NewSigner(key).Encode(&jupyter.Message{Content: content,
			Header: jupyter.Header{ID: "1", Session: "s", Username: "u",
				Date: time.Now().UTC().Format(time.RFC3339Nano), Type: "execute_request", Version: jupyter.ProtocolVersion}})
		if err != nil {
			t.Fatal(err)
		}
		return frames
	}
	unsigned, altered := message(""), message(s.info.Key)
	altered[5] = bytes.Replace(altered[5], []byte("666"), []byte("667"), 1)
	short := message(s.info.Key)[:4]
	badJSON := message(s.info.Key)
	badJSON[2] = []byte("{")
	for name, frames := range map[string][][]byte{"unsigned": unsigned, "signed with another key": message("other"),
		"altered": altered,
		"cut off": short, "no JSON": badJSON, "one frame": {[]byte("x")}, "empty": {{}}} {
		if err := conn.Send(t.Context(), frames...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	c.check("n", "=> 1")
	if got := strings.Count(s.logged(), "was dropped"); got != 7 {
		t.Errorf("%d messages were dropped, want 7; the log is\n%s", got, s.logged())
	}
	// The connection is still good for a message that is in order.
	if err := conn.Send(t.Context(), message(s.info.Key)...); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(30 * time.Second)
	for c.run("n").text() != "=> 666" {
		if time.Now().After(deadline) {
			t.Fatal("a message that is in order has no effect")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestReload edits a package of the checkout in mid-session.
func TestReload(t *testing.T) {
	testLibrary.Get(t)
	root := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join("../../..", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(root, name), data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	folder := "kernel/internal/engine/testdata/embedding"
	if err := os.CopyFS(filepath.Join(root, folder), os.DirFS(filepath.Join("../../..", folder))); err != nil {
		t.Fatal(err)
	}
	c := startServed(t, testLibrary.Get(t).Dir, moduleVariable+"="+root).attach()
	c.check(
		"import \""+enginetest.Embedding+"\"\n%%\nm := embedding.New().Named(\"four\")", "",
		"n := 5\nfunc secret() int { return embedding.Secret(m) }", "",
		"secret() + n", "=> 9",
	)
	source := filepath.Join(root, "kernel/internal/engine/testdata/embedding/embedding.go")
	edit := func(from, to string) {
		t.Helper()
		text, err := os.ReadFile(source)
		if err != nil || !bytes.Contains(text, []byte(from)) {
			t.Fatal(err, string(text))
		}
		if err := os.WriteFile(source, bytes.ReplaceAll(text, []byte(from), []byte(to)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	edit("return len(s.name)", "return 100 +")
	shown := c.run("secret()")
	if says := "note: " + enginetest.Embedding +
		" changed on disk and cannot be compiled; this session goes on with the " +
		"earlier code: "; !strings.HasPrefix(shown.stderr, says) || shown.result != "4" {
		t.Errorf("a package that does not compile: %s", shown.text())
	}
	c.check("secret()", "=> 4") // said once
	shown = c.run("%reload 1-2")
	if shown.error == nil || shown.error.Name != "BuildError" ||
		!strings.Contains(shown.error.Value, "this session goes on as it is") ||
		!strings.Contains(shown.error.Value, "embedding.go") {
		t.Errorf("%%reload of a package that does not compile: %s", shown.text())
	}
	c.check("secret() + n", "=> 9")
	edit("return 100 +", "return 100 + len(s.name)")
	c.check("secret() + n", "note: "+enginetest.Embedding+
		" changed on disk; new code is in place, and values stay\n=> 109")
	c.check("%reload 1", "running cell [1] again\nlost are the values of m, n")
	c.check("secret()", "=> 104", "n", "TypeError: …", "%rerun 2\n%%\nn", "running cell [2] again\n=> 5")
}

// TestAllocationStorm: the memory runs out.
func TestAllocationStorm(t *testing.T) {
	c := newClient(t)
	c.check("n := 5", "")
	shown := c.run("limit := syscall.Rlimit{Cur: 3 << 30, Max: 3 << 30}\n" +
		"fmt.Println(syscall.Setrlimit(syscall.RLIMIT_AS, " +
		"&limit))\nvar storm [][]byte\nfor { storm = append(storm, make([]byte, 64<<20)) }")
	if shown.error == nil || shown.error.Name != "ExitError" ||
		!strings.Contains(shown.error.Value, "lost are the values of limit, n, storm") ||
		!strings.Contains(shown.stderr, "out of memory") {
		t.Errorf("a storm of allocations shows %.2000s", shown.text())
	}
	c.check("1 + 1", "=> 2", "%rerun 1\n%%\nn", "running cell [1] again\n=> 5")
}

// TestManyLines: a cell prints more than anybody can read, and ends.
func TestManyLines(t *testing.T) {
	c := newClient(t)
	const lines = 200_000
	shown := c.run(fmt.Sprintf("for i := range %d { fmt.Println(i) }\n\"done\"", lines))
	if got := strings.Count(shown.stdout, "\n"); got != lines || shown.result != "done" {
		t.Errorf("%d lines arrive, want %d; the result is %q", got, lines, shown.result)
	}
	c.check("strings.Repeat(\"x\", 30<<20)", "=> "+strings.Repeat("x", 1000)+"…")
}

// TestParentGone: a front end ends without ending its kernel.
func TestParentGone(t *testing.T) {
	s := &served{t: t, dir: t.TempDir()}
	var err error
	if s.info, err = jupyter.NewTCPConnection(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(s.dir, "kernel-test.json")
	if err := s.info.WriteFile(file); err != nil {
		t.Fatal(err)
	}
	parent := exec.Command("/bin/sh", "-c", `"$0" "$@" & read -r wait`, os.Args[0], kernelArgument,
		testLibrary.Get(t).Dir, file)
	parent.Dir, parent.Env = s.dir, append(os.Environ(), "JPY_PARENT_PID=1")
	hold, err := parent.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = parent.Process.Kill() })
	c := s.attach()
	pid := c.run("os.Getppid()").result
	if _, err := os.Stat("/proc/" + pid); err != nil {
		t.Fatal(err)
	}
	hold.Close()
	_ = parent.Wait()
	running := func() bool {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		return err == nil && !strings.Contains(string(stat), ") Z ")
	}
	for deadline := time.Now().Add(30 * time.Second); running(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the kernel is still there 30 s after its parent")
		}
	}
}
