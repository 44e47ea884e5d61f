//go:build cgo && (linux || darwin)

package xlaplugin

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/go-xla/pjrt"
)

// powers multiplies a matrix by itself for a while, and divides by the largest
// value.
const powers = `module @powers {
  func.func @main(%a: tensor<512x512xf32>) -> tensor<512x512xf32> {
    %zero = stablehlo.constant dense<0.0> : tensor<f32>
    %i0 = stablehlo.constant dense<0> : tensor<i32>
    %one = stablehlo.constant dense<1> : tensor<i32>
    %n = stablehlo.constant dense<100> : tensor<i32>
    %r:2 = stablehlo.while(%i = %i0, %x = %a) : tensor<i32>, tensor<512x512xf32>
      cond {
        %c = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
        stablehlo.return %c : tensor<i1>
      } do {
        %j = stablehlo.add %i, %one : tensor<i32>
        %y = stablehlo.dot_general %x, %a, contracting_dims = [1] x [0] : (tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
        %m = stablehlo.reduce(%y init: %zero) applies stablehlo.maximum across dimensions = [0, 1] : (tensor<512x512xf32>, tensor<f32>) -> tensor<f32>
        %b = stablehlo.broadcast_in_dim %m, dims = [] : (tensor<f32>) -> tensor<512x512xf32>
        %z = stablehlo.divide %y, %b : tensor<512x512xf32>
        stablehlo.return %j, %z : tensor<i32>, tensor<512x512xf32>
      }
    return %r#1 : tensor<512x512xf32>
  }
}`

// ownProcess runs the test in a process of its own, since a process can open one
// plugin. It is true there.
func ownProcess(t *testing.T) bool {
	t.Helper()
	if os.Getenv(roleVariable) == t.Name() {
		return true
	}
	pluginPath(t)
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), roleVariable+"="+t.Name(), "XLA_FLAGS=") // oneDNN's programs are not kept
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("%v\n%s", err, out)
	}
	return false
}

func TestAhead(t *testing.T) {
	if !ownProcess(t) {
		return
	}
	started := time.Now()
	_, client := openClient(t, "")
	e, err := client.Compile().WithStableHLO([]byte(powers)).Done()
	if err != nil {
		t.Fatal(err)
	}
	if c := CostsSoFar(); c.Compiled != 1 || c.Compile <= 0 || c.Runs != 0 || c.Run != 0 {
		t.Errorf("after one program was compiled the costs are %+v", c)
	}
	values := make([]float32, 512*512)
	for i := range values {
		values[i] = float32(i%17+1) / 17
	}
	input, err := pjrt.ArrayToBuffer(client, values, 512, 512)
	if err != nil {
		t.Fatal(err)
	}
	var ahead Ahead
	// chain runs the program on its own results.
	chain := func(execute func(*pjrt.Buffer) *pjrt.Buffer) []float32 {
		x := input
		for range 3 {
			x = execute(x)
		}
		if err := ahead.Wait(); err != nil {
			t.Fatal(err)
		}
		flat, _, err := pjrt.BufferToArray[float32](x)
		if err != nil {
			t.Fatal(err)
		}
		return flat
	}
	once := func(x *pjrt.Buffer) (*pjrt.Buffer, error) {
		out, err := e.Execute(x).DonateNone().Done()
		if err != nil {
			return nil, err
		}
		return out[0], nil
	}
	want := chain(func(x *pjrt.Buffer) *pjrt.Buffer {
		y, err := once(x)
		if err != nil {
			t.Fatal(err)
		}
		return y
	})
	got := chain(func(x *pjrt.Buffer) (y *pjrt.Buffer) {
		err := ahead.Run(func() (err error) {
			y, err = once(x)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(ahead.running); n != 1 {
			t.Fatalf("%d programs run, want the last one", n)
		}
		select {
		case err := <-ahead.running[0]:
			t.Errorf("the program was waited for (error %v)", err)
			ahead.running = nil
		default:
		}
		return y
	})
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("value %d is %g ahead, else %g", i, got[i], want[i])
		}
	}
	// XLA tells us of a program's end, and go-xla, in no order.
	for deadline := time.Now().Add(10 * time.Second); CostsSoFar().Runs < 6 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if c := CostsSoFar(); c.Runs != 6 || c.Run <= 0 || c.Run > time.Since(started) {
		t.Errorf("after six runs the costs are %+v", c)
	}

	missing := errors.New("no program")
	if err := ahead.Run(func() error { return missing }); !errors.Is(err, missing) {
		t.Errorf("Run returns %v, want its function's error", err)
	}
	if err := ahead.Run(func() error { return nil }); err != nil || len(ahead.running) != 0 {
		t.Errorf("without a program Run returns %v, %d run", err, len(ahead.running))
	}
	if err := ahead.Wait(); err != nil {
		t.Error(err)
	}
	small, err := pjrt.ArrayToBuffer(client, values[:4], 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := ahead.Run(func() error { _, err := once(small); return err }); err == nil {
		t.Error("a program ran on a buffer of another shape")
	}
}
