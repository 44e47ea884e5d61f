package jupyter_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

const ipykernelSpec = `{
 "argv": ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
 "display_name": "Python 3 (ipykernel)", "language": "python",
 "metadata": {"debugger": true, "supported_encryption": ["curve"]},
 "kernel_protocol_version": "5.5"
}`

func TestParseSpec(t *testing.T) {
	s, err := jupyter.ParseSpec([]byte(ipykernelSpec))
	if err != nil {
		t.Fatal(err)
	}
	if s.InterruptMode != jupyter.InterruptBySignal || s.DisplayName != "Python 3 (ipykernel)" || len(s.Argv) != 5 ||
		s.Metadata["debugger"] != true {
		t.Errorf("%+v", s)
	}
	if s, err := jupyter.ParseSpec([]byte(`{"argv":["x"],"interrupt_mode":"Message"}`)); err != nil ||
		s.InterruptMode != jupyter.InterruptByMessage {
		t.Errorf("%+v, %v", s, err)
	}
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", "JSON"},
		{"cut off", ipykernelSpec[:40], "JSON"},
		{"no argv", `{"language":"go"}`, "argv is empty"},
		{"empty argv", `{"argv":[]}`, "argv is empty"},
		{"argv a string", `{"argv":"gonb"}`, "argv"},
		{"mode", `{"argv":["x"],"interrupt_mode":"shout"}`, "shout"},
		{"env name", `{"argv":["x"],"env":{"A=B":"c"}}`, "A=B"},
		{"env value", `{"argv":["x"],"env":{"A":1}}`, "env"},
		{"more text", `{"argv":["x"]} {}`, "after the JSON"},
	} {
		if s, err := jupyter.ParseSpec([]byte(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %+v, error %v; want an error with %q", test.name, s, err, test.want)
		}
	}
}

func TestWriteSpec(t *testing.T) {
	kernels := t.TempDir()
	spec := &jupyter.Spec{
		Argv: []string{"/bin/gonb", "--kernel", "{connection_file}"}, DisplayName: "Go <here> & there", Language: "go",
		InterruptMode: jupyter.InterruptByMessage, Env: map[string]string{"PATH": "/x:${PATH}"},
	}
	for range 2 { // the second time replaces the file
		if err := jupyter.WriteSpec(kernels, "GoCIFAR", spec); err != nil {
			t.Fatal(err)
		}
	}
	if spec.Name != "gocifar" || spec.Dir != filepath.Join(kernels, "GoCIFAR") {
		t.Errorf("name %q, folder %q", spec.Name, spec.Dir)
	}
	got, err := jupyter.FindSpec("gocifar", kernels)
	if err != nil || !reflect.DeepEqual(got, spec) {
		t.Errorf("found %+v, %v\nwant %+v", got, err, spec)
	}
	files, err := os.ReadDir(spec.Dir)
	if err != nil || len(files) != 1 {
		t.Errorf("files %v, %v", files, err)
	}
	text, err := os.ReadFile(filepath.Join(spec.Dir, "kernel.json"))
	if err != nil || !strings.Contains(string(text), "Go <here> & there") {
		t.Errorf("%s, %v", text, err)
	}
	for _, name := range []string{"", "..", "a/b", "a b", "ü"} {
		if err := jupyter.WriteSpec(kernels, name, spec); err == nil {
			t.Errorf("wrote a kernelspec named %q", name)
		}
	}
	if err := jupyter.WriteSpec(kernels, "bad", &jupyter.Spec{}); err == nil {
		t.Error("wrote a kernelspec without a command")
	}
	if _, err := os.Stat(filepath.Join(kernels, "bad")); err == nil {
		t.Error("a refused kernelspec left a folder")
	}
}

// specTree makes the folders that Jupyter searches, below a folder of the
// test, and points the environment to them.
func specTree(t *testing.T) (root string) {
	t.Helper()
	root = t.TempDir()
	for path, displayName := range map[string]string{
		"path1/kernels/one":                      "JUPYTER_PATH first",
		"path1/kernels/Both":                     "JUPYTER_PATH first",
		"path2/kernels/both":                     "JUPYTER_PATH second",
		"path2/kernels/two":                      "JUPYTER_PATH second",
		"data/kernels/one":                       "user",
		"data/kernels/user":                      "user",
		"data/kernels/shared":                    "user",
		"venv/share/jupyter/kernels/shared":      "environment",
		"venv/share/jupyter/kernels/environment": "environment",
	} {
		dir := filepath.Join(root, path)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		spec := strings.Replace(ipykernelSpec, "Python 3 (ipykernel)", displayName, 1)
		if err := os.WriteFile(filepath.Join(dir, "kernel.json"), []byte(spec), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// No kernelspecs: a folder without the file, a file.
	if err := os.Mkdir(filepath.Join(root, "data/kernels/empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "data/kernels/file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("JUPYTER_PATH", filepath.Join(root, "path1")+string(os.PathListSeparator)+filepath.Join(root, "path2")+"/")
	t.Setenv("JUPYTER_DATA_DIR", filepath.Join(root, "data"))
	t.Setenv("VIRTUAL_ENV", filepath.Join(root, "venv"))
	t.Setenv("CONDA_PREFIX", "")
	t.Setenv("JUPYTER_PREFER_ENV_PATH", "1")
	return root
}

func TestFindSpec(t *testing.T) {
	root := specTree(t)
	extra := filepath.Join(root, "extra")
	if err := jupyter.WriteSpec(extra, "two", &jupyter.Spec{Argv: []string{"x"}, DisplayName: "extra"}); err != nil {
		t.Fatal(err)
	}
	find := func(name string, dirs ...string) string {
		s, err := jupyter.FindSpec(name, dirs...)
		if err != nil {
			return err.Error()
		}
		return s.DisplayName
	}
	for name, want := range map[string]string{
		"one": "JUPYTER_PATH first", "BOTH": "JUPYTER_PATH first", "two": "JUPYTER_PATH second",
		"user": "user", "environment": "environment", "shared": "environment",
	} {
		if got := find(name); got != want {
			t.Errorf("%s is from %s, want %s", name, got, want)
		}
	}
	if got := find("two", extra); got != "extra" {
		t.Errorf("with an extra folder, two is from %s", got)
	}
	t.Setenv("JUPYTER_PREFER_ENV_PATH", "0")
	if got := find("shared"); got != "user" {
		t.Errorf("with JUPYTER_PREFER_ENV_PATH=0, shared is from %s", got)
	}
	_, err := jupyter.FindSpec("empty")
	if !errors.Is(err, jupyter.ErrNoSuchKernel) || !strings.Contains(err.Error(), `"environment"`) ||
		!strings.Contains(err.Error(), root) {
		t.Errorf("error %v", err)
	}
	// A broken kernelspec is an error when asked for, and no obstacle else.
	if err := os.WriteFile(filepath.Join(root, "data/kernels/user/kernel.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := jupyter.FindSpec("user"); err == nil || !strings.Contains(err.Error(), "user/kernel.json") {
		t.Errorf("error %v", err)
	}
	specs, err := jupyter.ListSpecs()
	if err == nil || len(specs) < 5 {
		t.Errorf("list %v, error %v", specs, err)
	}
}

// TestFindsWhatJupyterClientFinds compares with the original.
func TestFindsWhatJupyterClientFinds(t *testing.T) {
	python := os.Getenv("GOCIFAR_TEST_PYTHON")
	if python == "" {
		t.Skip("GOCIFAR_TEST_PYTHON does not name a python with jupyter_client")
	}
	for _, prefer := range []string{"1", "0"} {
		specTree(t)
		// jupyter_client takes the environment to be the interpreter's.
		t.Setenv("VIRTUAL_ENV", filepath.Dir(filepath.Dir(python)))
		t.Setenv("JUPYTER_PREFER_ENV_PATH", prefer)
		out, err := exec.Command(python, "-c", `
import json
from jupyter_client.kernelspec import KernelSpecManager
print(json.dumps(KernelSpecManager(ensure_native_kernel=False).find_kernel_specs()))`).Output()
		if err != nil {
			t.Fatal(err)
		}
		var want map[string]string
		if err := json.Unmarshal(out, &want); err != nil {
			t.Fatal(err)
		}
		specs, err := jupyter.ListSpecs()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, s := range specs {
			got[s.Name] = s.Dir
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("JUPYTER_PREFER_ENV_PATH=%s: found\n%v\njupyter_client finds\n%v", prefer, got, want)
		}
	}
}

func TestDataDir(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("paths of Linux")
	}
	t.Setenv("HOME", "/home/x")
	t.Setenv("JUPYTER_DATA_DIR", "")
	t.Setenv("JUPYTER_RUNTIME_DIR", "")
	t.Setenv("XDG_DATA_HOME", "")
	check := func(f func() (string, error), want string) {
		t.Helper()
		if got, err := f(); err != nil || got != want {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
	}
	check(jupyter.DataDir, "/home/x/.local/share/jupyter")
	t.Setenv("XDG_DATA_HOME", "/xdg")
	check(jupyter.DataDir, "/xdg/jupyter")
	check(jupyter.RuntimeDir, "/xdg/jupyter/runtime")
	t.Setenv("JUPYTER_RUNTIME_DIR", "/run/j")
	check(jupyter.RuntimeDir, "/run/j")
	t.Setenv("IPYTHONDIR", "")
	t.Setenv("VIRTUAL_ENV", "/v")
	t.Setenv("CONDA_PREFIX", "")
	t.Setenv("JUPYTER_PATH", "")
	t.Setenv("JUPYTER_PREFER_ENV_PATH", "1")
	want := []string{"/v/share/jupyter/kernels", "/xdg/jupyter/kernels", "/usr/local/share/jupyter/kernels",
		"/usr/share/jupyter/kernels", "/home/x/.ipython/kernels"}
	if got := jupyter.SpecDirs(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func FuzzParseSpec(f *testing.F) {
	f.Add([]byte(ipykernelSpec))
	f.Add([]byte(`{"argv":["x"],"env":{"A":"${B}"},"metadata":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := jupyter.ParseSpec(data)
		if err != nil {
			return
		}
		kernels := t.TempDir()
		if err := jupyter.WriteSpec(kernels, "k", s); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := jupyter.FindSpec("k", kernels)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(again.Argv, s.Argv) || again.InterruptMode != s.InterruptMode || len(again.Env) != len(s.Env) {
			t.Errorf("%+v became %+v", s, again)
		}
	})
}
