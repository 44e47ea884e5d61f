//go:build unix

package transfer_test

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/gocifar/gocifar/cifar"
	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/transfer"
)

// BenchmarkFit trains larger networks from the first step on, at batch 32 with
// Adam; one iteration is an epoch of as many CIFAR-10 pictures as
// TRANSFER_BENCH_IMAGES says (default 320), compiled before the clock starts.
// TRANSFER_BENCH_DTYPE names a policy. .ci/larger_speed.py has the same in
// Python.
func BenchmarkFit(b *testing.B) {
	for name, c := range map[string]struct {
		size  int
		model func(b *testing.B) *layers.Model
	}{"MobileNetV2": {96, mobileNetV2}, "ViT": {72, visionTransformer}} {
		b.Run(name, func(b *testing.B) {
			m := c.model(b)
			if p := os.Getenv("TRANSFER_BENCH_DTYPE"); p != "" {
				m.DType(layers.DTypePolicy(p))
			}
			if err := m.Compile(layers.Adam(0.001), layers.SparseCategoricalCrossEntropy, layers.Accuracy); err != nil {
				b.Fatal(err)
			}
			data := enlarged(b, c.size)
			fit := func() {
				if _, err := m.Fit(b.Context(), data, layers.BatchSize(32), layers.Verbose(layers.Silent)); err != nil {
					b.Fatal(err)
				}
			}
			fit()
			used := processorTime(b)
			for b.Loop() {
				fit()
			}
			steps := (data.Len() + 31) / 32 * b.N
			b.ReportMetric(float64(data.Len()*b.N)/b.Elapsed().Seconds(), "img/s")
			b.ReportMetric((processorTime(b)-used).Seconds()*1000/float64(steps), "cpu-ms/step")
			b.ReportMetric(float64(m.CountParams()), "params")
		})
	}
}

// enlarged are CIFAR-10's first pictures in another size, each pixel the one
// that lies there.
func enlarged(b *testing.B, size int) *layers.Examples {
	n := imagesWanted(b, 320)
	data, err := cifar.Load(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	small, err := data.Train.Slice(0, n)
	if err != nil {
		b.Fatal(err)
	}
	out := &layers.Examples{Shape: layers.Shape{size, size, 3}, Labels: small.Labels, Classes: 10}
	for i := range n {
		for row := range size {
			for column := range size {
				at := ((i*32+row*32/size)*32 + column*32/size) * 3
				out.Bytes = append(out.Bytes, small.Bytes[at:at+3]...)
			}
		}
	}
	return out.Normalize(255)
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func mobileNetV2(b *testing.B) *layers.Model {
	m, err := transfer.New(b.Context(), "MobileNetV2",
		transfer.Config{InputShape: layers.Shape{96, 96, 3}, IncludeTop: true, Classes: 10})
	if err != nil {
		b.Fatal(err)
	}
	return m.Model
}

// visionTransformer is the one of Keras' example "Image classification with
// Vision Transformer", but for its augmentation.
func visionTransformer(*testing.B) *layers.Model {
	const width, heads = 64, 4
	norm := func(x *layers.Tensor) *layers.Tensor { return layers.LayerNormalization().Epsilon(1e-6).Apply(x) }
	mlp := func(x *layers.Tensor, rate float64, units ...int) *layers.Tensor {
		for _, n := range units {
			x = layers.Dropout(rate).Apply(layers.Dense(n).Activation(layers.Gelu).Apply(x))
		}
		return x
	}
	image := layers.Input(72, 72, 3)
	patches := layers.Conv2D(width, 6).Strides(6).Apply(image)
	x := newPositions().Apply(layers.Reshape(144, width).Apply(patches))
	for range 8 {
		y := norm(x)
		x = layers.Add().Apply(layers.MultiHeadAttention(heads, width).Dropout(0.1).Apply(y, y), x)
		x = layers.Add().Apply(mlp(norm(x), 0.1, 2*width, width), x)
	}
	x = layers.Dropout(0.5).Apply(layers.Flatten().Apply(norm(x)))
	y := layers.Dense(10).Activation(layers.Softmax).DType(layers.Float32).Apply(mlp(x, 0.5, 2048, 1024))
	return layers.Functional("vit", layers.Symbols{image}, layers.Symbols{y})
}

// positions adds a trained row to each of a sequence.
type positions struct {
	layers.Base[*positions]
	rows *layers.Variable
}

func newPositions() *positions {
	l := &positions{}
	l.Init(l, "bench>Positions")
	return l
}

func (l *positions) OutputShape(in []layers.Shape) (layers.Shape, error) { return in[0], nil }

func (l *positions) Build(in []layers.Shape) error {
	l.rows = l.AddVariable("rows", in[0], layers.RandomUniform(-0.05, 0.05), true)
	return nil
}

func (l *positions) Call(p *layers.Pass, in []*graph.Node) *graph.Node {
	return graph.Add(in[0], graph.ExpandLeftToRank(p.Value(l.rows), 3))
}
