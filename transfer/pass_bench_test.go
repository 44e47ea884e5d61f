package transfer

import (
	"testing"

	"github.com/gomlx/compute/dtypes"

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
	automatic, err := fastPrecision()
	if err != nil {
		b.Fatal(err)
	}
	images := labelled(1024, 32).Normalize(255)
	for name, dtype := range map[string]dtypes.DType{"float32": dtypes.Float32, "automatic": automatic} {
		b.Run(name, func(b *testing.B) {
			pass, err := newPass(tapped, images, 256, dtype)
			if err != nil {
				b.Fatal(err)
			}
			defer pass.close()
			out := make([]float32, images.Len()*tapped.Outputs()[0].Shape().Size())
			if err := pass.fill(b.Context(), 0, images.Len(), out); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := pass.fill(b.Context(), 0, images.Len(), out); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(images.Len()*b.N)/b.Elapsed().Seconds(), "img/s")
		})
	}
}
