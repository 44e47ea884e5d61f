package xla

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	goxla "github.com/gomlx/go-xla/compute/xla"
)

func TestWithoutDeadlock(t *testing.T) {
	for config, want := range map[string]string{
		"go":                     "go:ops_sequential",
		"go:":                    "go:ops_sequential",
		"go:parallelism=2":       "go:parallelism=2,ops_sequential",
		"go:ops_parallel":        "go:ops_parallel",
		"xla:/path/to/plugin.so": "xla:/path/to/plugin.so",
		"xla:cuda,tf32=false":    "xla:cuda,tf32=false",
	} {
		if got := withoutDeadlock(config); got != want {
			t.Errorf("%s: got %s, want %s", config, got, want)
		}
	}
}

func TestNamedPlugin(t *testing.T) {
	for config, want := range map[string][2]string{
		"xla:/cache/pjrt_c_api_cpu_plugin.so": {"/cache/pjrt_c_api_cpu_plugin.so", "cpu"},
		"xla:/cache/pjrt_c_api_cpu_plugin.so,shared_buffers=true": {"/cache/pjrt_c_api_cpu_plugin.so,shared_buffers=true",
			"cpu"},
		"xla:/cache/pjrt_c_api_cuda_plugin.so,tf32=false": {"/cache/pjrt_c_api_cuda_plugin.so,tf32=false", "cuda"},
		"xla:/cache/pjrt_c_api_rocm_plugin.so":            {"/cache/pjrt_c_api_rocm_plugin.so", ""},
		"xla:cpu":                                         {"cpu", ""},
		"go":                                              {"", ""},
	} {
		options, device := namedPlugin(config)
		if device != want[1] || options != want[0] {
			t.Errorf("%s: got %q, %q, want %q", config, options, device, want)
		}
	}
}

// TestThreads counts the threads among which XLA's CPU divides its work.
func TestThreads(t *testing.T) {
	if backend := testBackend(t); backend.Name() != goxla.BackendName {
		t.Skipf("the backend is %s; GOMLX_BACKEND=xla:PLUGIN tests XLA", backend.Name())
	}
	if _, device := namedPlugin(os.Getenv("GOMLX_BACKEND")); device != "cpu" || runtime.GOOS != "linux" ||
		os.Getenv("NPROC") != "" || strings.Contains(os.Getenv("XLA_FLAGS"), "device_count") {
		t.Skip("wants Linux, GOMLX_BACKEND=xla:PLUGIN, and neither NPROC nor a number of devices in XLA_FLAGS")
	}
	names, err := filepath.Glob("/proc/self/task/*/comm")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, name := range names {
		if comm, err := os.ReadFile(name); err == nil && strings.HasPrefix(string(comm), "tf_XLAEigen") {
			n++
		}
	}
	if n != runtime.NumCPU() {
		t.Errorf("XLA has %d threads for %d processors", n, runtime.NumCPU())
	}
}
