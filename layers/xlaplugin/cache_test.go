//go:build cgo && (linux || darwin)

package xlaplugin

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/internal/xlaflags"
	"github.com/gomlx/go-xla/pjrt"
)

// program multiplies and sums enough to take a while to compile; %d makes it
// another one.
const program = `module @m%d {
  func.func @main(%%a: tensor<64x64xf32>) -> tensor<64x64xf32> {
    %%0 = stablehlo.dot_general %%a, %%a, contracting_dims = [1] x [0] : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
    %%1 = stablehlo.tanh %%0 : tensor<64x64xf32>
    %%2 = stablehlo.add %%1, %%a : tensor<64x64xf32>
    %%3 = stablehlo.exponential %%2 : tensor<64x64xf32>
    return %%3 : tensor<64x64xf32>
  }
}`

// programWithCall calls one of this package's functions besides.
const programWithCall = `module @called {
  func.func @main(%a: tensor<64x64xf32>) -> tensor<64x64xf32> {
    %0 = stablehlo.dot_general %a, %a, contracting_dims = [1] x [0] : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
    %1 = stablehlo.tanh %0 : tensor<64x64xf32>
    %x = stablehlo.reshape %1 : (tensor<64x64xf32>) -> tensor<1x64x64x1xf32>
    %place = stablehlo.constant dense<2> : tensor<1x16x32x1xui8>
    %dy = stablehlo.slice %x [0:1, 0:16, 0:32, 0:1] : (tensor<1x64x64x1xf32>) -> tensor<1x16x32x1xf32>
    %2 = stablehlo.custom_call @gocifar.maxima_kernel_gradient.1(%x, %place, %dy) {
      api_version = 4 : i32, backend_config = {lanes = 8 : i64, left = 0 : i64, top = 1 : i64}
    } : (tensor<1x64x64x1xf32>, tensor<1x16x32x1xui8>, tensor<1x16x32x1xf32>) -> tensor<3x3x1x1xf32>
    %3 = stablehlo.reshape %2 : (tensor<3x3x1x1xf32>) -> tensor<3x3xf32>
    %zero = stablehlo.constant dense<0.0> : tensor<f32>
    %4 = stablehlo.pad %3, %zero, low = [0, 0], high = [61, 61], interior = [0, 0] : (tensor<3x3xf32>, tensor<f32>) -> tensor<64x64xf32>
    return %4 : tensor<64x64xf32>
  }
}`

const roleVariable = "XLACACHE_TEST_CHILD"

// compileAndRun is a process that opens the plugin with a cache, compiles the
// program and prints counts and a sum of the results' bits.
func compileAndRun(t *testing.T, dir string) {
	opened, client := openClient(t, dir)
	if _, err := Open(pluginPath(t), dir); err == nil {
		t.Error("a second plugin was opened")
	}
	opened.worthwhile = 0
	if _, err := client.Compile().WithStableHLO([]byte("no program")).Done(); err == nil {
		t.Error("what is no program compiled")
	}
	text := fmt.Appendf(nil, program, 1)
	if MaximaLanes() > 0 {
		text = []byte(programWithCall)
	}
	e, err := client.Compile().WithStableHLO(text).Done()
	if err != nil {
		t.Fatal(err)
	}
	values := make([]float32, 64*64)
	for i := range values {
		values[i] = float32(i%17)/17 - 0.5
	}
	input, err := pjrt.ArrayToBuffer(client, values, 64, 64)
	if err != nil {
		t.Fatal(err)
	}
	out, err := e.Execute(input).Done()
	if err != nil {
		t.Fatal(err)
	}
	result, _, err := pjrt.BufferToArray[float32](out[0])
	if err != nil {
		t.Fatal(err)
	}
	loaded, compiled := opened.Counts()
	fmt.Printf("loaded %d compiled %d results %x\n", loaded, compiled, key(fmt.Append(nil, result)))
}

// openClient opens the plugin, with a cache in dir unless that is "".
func openClient(t *testing.T, dir string) (*Plugin, *pjrt.Client) {
	t.Helper()
	path := pluginPath(t)
	opened, err := Open(path, dir)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pjrt.GetPlugin(path)
	if err != nil {
		t.Fatal(err)
	}
	client, err := p.NewClient(nil)
	if err != nil {
		t.Fatal(err)
	}
	return opened, client
}

// pluginPath is the CPU plugin that GOMLX_BACKEND names.
func pluginPath(t *testing.T) string {
	path, ok := strings.CutPrefix(os.Getenv("GOMLX_BACKEND"), "xla:")
	if !ok || !filepath.IsAbs(path) || !strings.Contains(path, "cpu") {
		t.Skip("wants GOMLX_BACKEND=xla:/…cpu….so")
	}
	return path
}

// TestAnotherProcessLoads compiles in one process and loads in the next one.
func TestAnotherProcessLoads(t *testing.T) {
	if dir := os.Getenv(roleVariable); dir != "" {
		compileAndRun(t, dir)
		return
	}
	pluginPath(t)
	dir := filepath.Join(t.TempDir(), "cache")
	run := func(env ...string) (counts, results string) {
		t.Helper()
		cmd := exec.Command(os.Args[0], "-test.run=^TestAnotherProcessLoads$")
		cmd.Env = append(append(os.Environ(), roleVariable+"="+dir), env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		line, _, _ := strings.Cut(string(out), "\n")
		counts, results, ok := strings.Cut(line, " results ")
		if !ok {
			t.Fatalf("the process says %s", out)
		}
		return counts, results
	}
	counts, want := run()
	if counts != "loaded 0 compiled 1" {
		t.Fatalf("the first process: %s", counts)
	}
	counts, results := run()
	if counts != "loaded 1 compiled 0" || results != want {
		t.Errorf("the second process: %s; the results are the same: %t", counts, results == want)
	}
	if counts, results = run("XLA_FLAGS=--xla_cpu_enable_fast_math=false"); counts != "loaded 0 compiled 1" ||
		results != want {
		t.Errorf("with another option: %s; the results are the same: %t", counts, results == want)
	}
	// An executable with oneDNN's calls in it would end the process that
	// serializes it.
	run("XLA_FLAGS=" + xlaflags.OneDNN)
	files, err := filepath.Glob(filepath.Join(dir, "*"+extension))
	if err != nil || len(files) < 2 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files { // whole for us, nonsense for the plugin
		if err := os.WriteFile(f, pack([]byte("no executable")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if counts, results = run(); counts != "loaded 0 compiled 1" || results != want {
		t.Errorf("after nonsense: %s; the results are the same: %t", counts, results == want)
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if counts, results = run("XLA_FLAGS=--xla_cpu_enable_fast_min_max=false"); counts != "loaded 0 compiled 1" ||
		results != want {
		t.Errorf("without permission: %s; the results are the same: %t", counts, results == want)
	}
	_ = os.Chmod(dir, 0o700)
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "none.so"), t.TempDir()); err == nil ||
		!strings.Contains(err.Error(), "none.so") {
		t.Errorf("a file that is not there: %v", err)
	}
	text := filepath.Join(t.TempDir(), "text.so")
	if err := os.WriteFile(text, []byte("no library"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(text, t.TempDir()); err == nil || !strings.Contains(err.Error(), "text.so") {
		t.Errorf("a file that is no library: %v", err)
	}
}
