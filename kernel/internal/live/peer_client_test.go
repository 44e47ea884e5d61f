package live

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// TestByPeer has jupyter_client use subshells and the debugger.
func TestByPeer(t *testing.T) {
	python := os.Getenv("GOCIFAR_TEST_PYTHON")
	if python == "" {
		t.Skip("needs a Python with jupyter_client: set GOCIFAR_TEST_PYTHON")
	}
	data := t.TempDir()
	spec := &jupyter.Spec{Argv: []string{os.Args[0], kernelArgument, testLibrary.Get(t).Dir, "{connection_file}"},
		DisplayName: "live", Language: "go", InterruptMode: jupyter.InterruptByMessage}
	if err := jupyter.WriteSpec(filepath.Join(data, "kernels"), "live-under-test", spec); err != nil {
		t.Fatal(err)
	}
	module := peerModule(t, "github.com/spf13/cobra@v1.8.1")
	for _, script := range []string{"subshells.py", "debugger.py"} {
		t.Run(script, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, python, filepath.Join("testdata", script))
			cmd.Env = append(os.Environ(), "JUPYTER_PATH="+data, "KERNEL_NAME=live-under-test", "MODULE="+module,
				moduleVariable+"="+module)
			if out, err := cmd.CombinedOutput(); err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), "OK") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// peerModule fetches a module and copies it into a folder, as if a user worked on
// it.
func peerModule(t *testing.T, version string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	cmd := exec.Command("go", "mod", "download", "-json", version)
	cmd.Dir = dir
	out, err := cmd.Output()
	var fetched struct{ Dir string }
	if err == nil {
		err = json.Unmarshal(out, &fetched)
	}
	if err == nil {
		err = os.CopyFS(dir, os.DirFS(fetched.Dir))
	}
	if err != nil {
		t.Fatalf("%s cannot be fetched: %v\n%s", version, err, out)
	}
	time.Sleep(50 * time.Millisecond) // older than the kernel's look at it
	return dir
}
