package kerasfile

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/gocifar/gocifar/layers"
)

// BenchmarkLoadWeights loads files of the size of VGG16's convolutions (14.7
// million weights, 58.9 MB). B/op shows that one copy is made of them.
func BenchmarkLoadWeights(b *testing.B) {
	stack := []layers.Layer{layers.Input(32, 32, 3)}
	for i, block := range []struct{ convs, filters int }{{2, 64}, {2, 128}, {3, 256}, {3, 512}, {3, 512}} {
		for j := range block.convs {
			stack = append(stack, layers.Conv2D(block.filters,
				3).Padding(layers.Same).Named(fmt.Sprintf("block%d_conv%d", i+1, j+1)))
		}
		stack = append(stack, layers.MaxPooling2D(2))
	}
	m := layers.Sequential("vgg16", stack...)
	dir := b.TempDir()
	for _, name := range []string{"vgg16.h5", "vgg16.weights.h5", "vgg16.keras"} {
		path := filepath.Join(dir, name)
		save := SaveWeights
		if filepath.Ext(name) == ".keras" {
			save = func(m *layers.Model, path string) error { return SaveModel(m, path) }
		}
		if err := save(m, path); err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := LoadWeights(m, path); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
