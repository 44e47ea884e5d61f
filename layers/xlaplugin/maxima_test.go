//go:build cgo && (linux || darwin)

package xlaplugin

import (
	"strings"
	"testing"

	"github.com/gomlx/go-xla/pjrt"
)

// TestMaximaRefuse calls the functions with arguments that they do not take.
func TestMaximaRefuse(t *testing.T) {
	if !ownProcess(t) {
		return
	}
	_, client := openClient(t, "")
	if MaximaLanes() == 0 {
		t.Log("this processor or plugin has no such functions")
		return
	}
	const rest = "left = 1 : i64, top = 1 : i64"
	const all = "lanes = 8 : i64, " + rest
	for _, c := range []struct{ name, function, from, dy, result, attributes string }{
		{"float64", MaximaKernelGradient, "2x4x4x3xf64", "2x2x2x5xf32", "3x3x3x5xf64", all},
		{"another batch", MaximaKernelGradient, "3x4x4x3xf32", "2x2x2x5xf32", "3x3x3x5xf32", all},
		{"5x5", MaximaKernelGradient, "2x4x4x3xf32", "2x2x2x5xf32", "5x5x3x5xf32", all},
		{"other windows", MaximaKernelGradient, "2x4x4x3xf32", "2x2x1x5xf32", "3x3x3x5xf32", all},
		{"no top", MaximaKernelGradient, "2x4x4x3xf32", "2x2x2x5xf32", "3x3x3x5xf32", "lanes = 8 : i64, left = 1 : i64"},
		{"no lanes", MaximaKernelGradient, "2x4x4x3xf32", "2x2x2x5xf32", "3x3x3x5xf32", rest},
		{"too many lanes", MaximaKernelGradient, "2x4x4x3xf32", "2x2x2x5xf32", "3x3x3x5xf32", "lanes = 32 : i64, " + rest},
		{"other channels", MaximaInputGradient, "3x3x3x4xf32", "2x2x2x5xf32", "2x4x4x3xf32", all},
		{"another rank", MaximaInputGradient, "3x3x15xf32", "2x2x2x5xf32", "2x4x4x3xf32", all},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.NewReplacer("FUNCTION", c.function, "ATTRIBUTES", c.attributes, "FROM", c.from,
				"DY", c.dy, "RESULT", c.result).Replace(`module @wrong {
  func.func @main(%start: tensor<f32>) -> tensor<RESULT> {
    %from = stablehlo.constant dense<1.0> : tensor<FROM>
    %place = stablehlo.constant dense<0> : tensor<2x2x2x5xui8>
    %dy = stablehlo.constant dense<1.0> : tensor<DY>
    %0 = stablehlo.custom_call @FUNCTION(%from, %place, %dy) {
      api_version = 4 : i32, backend_config = {ATTRIBUTES}
    } : (tensor<FROM>, tensor<2x2x2x5xui8>, tensor<DY>) -> tensor<RESULT>
    return %0 : tensor<RESULT>
  }
}`)
			program, err := client.Compile().WithStableHLO([]byte(text)).Done()
			if err != nil {
				t.Fatal(err)
			}
			start, err := pjrt.ScalarToBuffer(client, float32(0))
			if err != nil {
				t.Fatal(err)
			}
			out, err := program.Execute(start).Done()
			if err == nil { // the error comes with the result
				_, _, err = pjrt.BufferToArray[float32](out[0])
			}
			if err == nil || !strings.Contains(err.Error(), "this call has other arguments") {
				t.Errorf("got %v, want an error that says which arguments the function takes", err)
			}
		})
	}
}
