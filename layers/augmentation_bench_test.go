package layers

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// BenchmarkAugmentation is the time of one layer for a batch of 64 CIFAR
// images, to be read beside a step of Model 1.
func BenchmarkAugmentation(b *testing.B) {
	backend, err := Backend()
	if err != nil {
		b.Fatal(err)
	}
	images := tensors.FromShape(shapes.Make(dtypes.Float32, 64, 32, 32, 3))
	for name, l := range map[string]Layer{
		"flip": RandomFlip(Horizontal), "crop": RandomCrop(28, 28), "translation": RandomTranslation(0.125, 0.125),
		"rotation": RandomRotation(0.05), "zoom": RandomZoom(0.2), "contrast": RandomContrast(0.2),
		"brightness": RandomBrightness(0.2), "hue": RandomHue(0.1), "erasing": RandomErasing(1),
	} {
		b.Run(name, func(b *testing.B) {
			run, err := graph.NewExec(backend, func(in []*graph.Node) []*graph.Node {
				return []*graph.Node{l.Call(NewPass(in[0].Graph(), true, nil, in[0]), in[1:])}
			})
			if err != nil {
				b.Fatal(err)
			}
			defer run.Finalize()
			for i := range b.N + 1 {
				if i == 1 {
					b.ResetTimer()
				}
				out, err := run.Call(uint32(i), images)
				if err != nil {
					b.Fatal(err)
				}
				for _, o := range out {
					if err := o.FinalizeAll(); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
