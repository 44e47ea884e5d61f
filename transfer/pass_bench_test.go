package transfer

import (
	"testing"

	"github.com/gocifar/gocifar/layers"
)

// BenchmarkForward is VGG16 to block3_pool on 1,024 pictures in batches of 256,
// compiled before the clock starts: pictures to the device, the pass, the
// results back. "automatic" is the precision that Features chooses.
func BenchmarkForward(b *testing.B) {
	vgg, err := VGG16(b.Context(), Config{InputShape: layers.Shape{32, 32, 3}})
	if err != nil {
		b.Fatal(err)
	}
	tapped, err := vgg.tapped("block3_pool")
	if err != nil {
		b.Fatal(err)
	}
	automatic, err := layers.FastestPolicy()
	if err != nil {
		b.Fatal(err)
	}
	images := labelled(1024, 32).Normalize(255)
	for name, precision := range map[string]layers.DTypePolicy{"float32": layers.Float32, "automatic": automatic} {
		b.Run(name, func(b *testing.B) {
			stream, err := tapped.Stream(images, 256, precision)
			if err != nil {
				b.Fatal(err)
			}
			defer stream.Close()
			size := tapped.Outputs()[0].Shape().Size()
			out := make([]float32, images.Len()*size)
			run := func() {
				err := stream.Run(b.Context(), 0, images.Len(), func(first int, outputs [][]float32) {
					copy(out[first*size:], outputs[0])
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			run()
			for b.Loop() {
				run()
			}
			b.ReportMetric(float64(images.Len()*b.N)/b.Elapsed().Seconds(), "img/s")
		})
	}
}
