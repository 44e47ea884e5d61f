package jupyter_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// The tests in this file run real kernels, which are named by two variables:
//
//	GOCIFAR_TEST_GONB=/abs/gonb        goimports and gopls beside it or in PATH
//	GOCIFAR_TEST_PYTHON=/abs/python    with ipykernel

// gonb returns a kernelspec that starts GoNB, or skips the test.
func gonb(t testing.TB) *jupyter.Spec {
	t.Helper()
	program := os.Getenv("GOCIFAR_TEST_GONB")
	if program == "" {
		t.Skip("GOCIFAR_TEST_GONB does not name a gonb")
	}
	path := filepath.Dir(program) + string(os.PathListSeparator) + os.Getenv("PATH")
	for _, tool := range []string{"go", "goimports", "gopls"} {
		if _, err := exec.LookPath(tool); err != nil {
			if _, err := os.Stat(filepath.Join(filepath.Dir(program), tool)); err != nil {
				t.Skipf("gonb needs %s in PATH", tool)
			}
		}
	}
	return &jupyter.Spec{
		Name:          "gonb",
		Argv:          []string{program, "--kernel", "{connection_file}", "--raw_error"},
		Language:      "go",
		InterruptMode: jupyter.InterruptByMessage,
		Env:           map[string]string{"PATH": path, "GOPROXY": "off", "GOFLAGS": "-mod=mod"},
	}
}

// ipykernel returns a kernelspec that starts IPython's kernel, or skips the
// test.
func ipykernel(t testing.TB) *jupyter.Spec {
	t.Helper()
	program := os.Getenv("GOCIFAR_TEST_PYTHON")
	if program == "" {
		t.Skip("GOCIFAR_TEST_PYTHON does not name a python with ipykernel")
	}
	return &jupyter.Spec{
		Name:     "python3",
		Argv:     []string{program, "-m", "ipykernel_launcher", "-f", "{connection_file}"},
		Language: "python",
	}
}

func launch(t *testing.T, options jupyter.LaunchOptions) *jupyter.Kernel {
	t.Helper()
	k, err := jupyter.Launch(testContext(t), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	return k
}

// own keeps the iopub messages of the request itself. Kernels also publish
// things of their own, such as what they print at start.
func own(lines []string) []string { return without(without(lines, "shell:"), "iopub: for") }

func TestIPyKernelExecutes(t *testing.T) {
	k := launch(t, jupyter.LaunchOptions{Spec: ipykernel(t)})
	got := own(execute(t, k, "print('hello'); 6*7"))
	equalLines(t, got, []string{"iopub: busy", "iopub: execute_input", `iopub: stdout "hello\n"`, `iopub: result 1 "42"`,
		"iopub: idle"})
	if err := k.Shutdown(testContext(t)); err != nil {
		t.Error(err)
	}
}

func TestGoNBExecutes(t *testing.T) {
	k := launch(t, jupyter.LaunchOptions{Spec: gonb(t)})
	got := own(execute(t, k, "%%\nfmt.Println(\"hello\")"))
	equalLines(t, got, []string{"iopub: busy", "iopub: execute_input", `iopub: stdout "hello\n"`, "iopub: idle"})
	if err := k.Shutdown(testContext(t)); err != nil {
		t.Error(err)
	}
}
