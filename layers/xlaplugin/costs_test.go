//go:build cgo && (linux || darwin)

package xlaplugin

import (
	"testing"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/go-xla/pjrt"
)

// between needs a matrix beside its argument and its result.
const between = `module @between {
  func.func @main(%a: tensor<512x512xf32>) -> tensor<512x512xf32> {
    %0 = stablehlo.dot_general %a, %a, contracting_dims = [1] x [0] : (tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
    %1 = stablehlo.tanh %0 : tensor<512x512xf32>
    %2 = stablehlo.dot_general %1, %a, contracting_dims = [1] x [0] : (tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
    return %2 : tensor<512x512xf32>
  }
}`

// TestBytes counts matrices of 1 MiB.
func TestBytes(t *testing.T) {
	if !ownProcess(t) {
		return
	}
	dir := t.TempDir()
	opened, client := openClient(t, dir)
	opened.worthwhile = 0
	program := func() *pjrt.LoadedExecutable {
		e, err := client.Compile().WithStableHLO([]byte(between)).Done()
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	e := program()
	settled := func(what string, want int64) {
		t.Helper()
		// XLA tells us of a program's end, and go-xla, in no order.
		for deadline := time.Now().Add(5 * time.Second); CostsSoFar().Bytes != want<<20; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s there are %d bytes, want %d MiB", what, CostsSoFar().Bytes, want)
			}
		}
	}
	settled("before", 0)
	values := make([]float32, 512*512)
	input, err := pjrt.ArrayToBuffer(client, values, 512, 512)
	if err != nil {
		t.Fatal(err)
	}
	settled("with a buffer", 1)
	shared, _, err := client.NewSharedBuffer(dtypes.Float32, []int{512, 512})
	if err != nil {
		t.Fatal(err)
	}
	settled("with one whose memory is ours", 2)
	if err := shared.Destroy(); err != nil {
		t.Fatal(err)
	}
	settled("without it", 1)

	first, err := e.Execute(input).DonateNone().Done()
	if err != nil {
		t.Fatal(err)
	}
	settled("with a result", 2)
	if most := CostsSoFar().MostBytes; most < 3<<20 || most > 4<<20 {
		t.Errorf("at most there were %d bytes, want 3 or 4 MiB: argument, result, and what is between", most)
	}
	second, err := e.Execute(first[0]).DonateAll().Done()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Execute(input, input).DonateNone().Done(); err == nil {
		t.Error("a program ran with an argument too many")
	}
	settled("after a result that took its argument's place, and a wrong call", 2)

	if err := e.Destroy(); err != nil {
		t.Fatal(err)
	}
	e = program()
	if loaded, _ := opened.Counts(); loaded != 1 {
		t.Fatal("the program was not read from the folder")
	}
	third, err := e.Execute(input).DonateNone().Done()
	if err != nil {
		t.Fatal(err)
	}
	settled("with the result of a program from the folder", 3)
	for _, b := range []*pjrt.Buffer{input, first[0], second[0], third[0]} {
		if err := b.Destroy(); err != nil {
			t.Fatal(err)
		}
	}
	settled("at the end", 0)
}
