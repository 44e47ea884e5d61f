package xla

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// BenchmarkDepthwise measures a depthwise convolution of a batch of 32, forward
// and with both gradients, as the sum over taps and by XLA's own operation, at
// sizes of MobileNetV2 for images of 96x96.
func BenchmarkDepthwise(b *testing.B) {
	for _, c := range []struct{ size, channels, kernel, stride int }{
		{48, 96, 3, 2}, {24, 144, 3, 1}, {24, 144, 5, 1}, {6, 384, 3, 1}, {3, 960, 3, 1},
	} {
		pads := [][2]int{{c.kernel / 2, c.kernel / 2}, {c.kernel / 2, c.kernel / 2}}
		how := Convolution{[]int{c.stride, c.stride}, one, c.channels, pads}
		for _, by := range []struct {
			name string
			f    func(x, kernel *graph.Node) *graph.Node
		}{
			{"taps", func(x, kernel *graph.Node) *graph.Node { return depthwiseByTaps(x, kernel, how) }},
			{"operation", func(x, kernel *graph.Node) *graph.Node {
				return how.withOwnGradients(x, graph.Reshape(kernel, c.kernel, c.kernel, 1, c.channels))
			}},
		} {
			for _, gradients := range []bool{false, true} {
				b.Run(fmt.Sprintf("%dx%dx%d,%dx%d,stride%d/%s/gradients=%t", c.size, c.size, c.channels, c.kernel,
					c.kernel, c.stride, by.name, gradients), func(b *testing.B) {
					exec, err := graph.NewExec(testBackend(b), func(x, kernel *graph.Node) []*graph.Node {
						y := by.f(x, kernel)
						if !gradients {
							return []*graph.Node{y}
						}
						return withGradientsOfSquares(y, x, kernel)
					})
					if err != nil {
						b.Fatal(err)
					}
					defer exec.Finalize()
					x := tensors.FromFlatDataAndDimensions(formula(1, 32, c.size, c.size, c.channels), 32, c.size, c.size, c.channels)
					kernel := tensors.FromFlatDataAndDimensions(formula(2, c.kernel, c.kernel, c.channels, 1), c.kernel,
						c.kernel, c.channels, 1)
					compiling := processorTime()
					if _, err := exec.Call(x, kernel); err != nil {
						b.Fatal(err)
					}
					compiled := processorTime() - compiling
					b.ResetTimer()
					start := processorTime()
					defer func() {
						b.ReportMetric((processorTime()-start).Seconds()*1e3/float64(b.N), "processor-ms/op")
						b.ReportMetric(compiled.Seconds()*1e3, "compile-processor-ms")
					}()
					for b.Loop() {
						out, err := exec.Call(x, kernel)
						if err != nil {
							b.Fatal(err)
						}
						for _, y := range out {
							y.MustFinalizeAll()
						}
					}
				})
			}
		}
	}
}

// processorTime is what all threads of the process have computed. On a machine
// that others use, too, it says more than the time on the wall.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
