package transfer_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/gocifar/gocifar/cifar"
	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/transfer"
)

// benchmarkImages reads as many pictures as TRANSFER_BENCH_IMAGES says (default
// 2,560; above 50,000 test pictures too), scaled by 1/255, and a frozen VGG16 for them. Files of
// weights in GOCIFAR_TEST_WEIGHTS are taken; they change no time.
func benchmarkImages(b *testing.B) (*transfer.Backbone, *layers.Examples) {
	b.Helper()
	n := imagesWanted(b, 2560)
	data, err := cifar.Load(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	all := *data.Train
	if n > all.Len() {
		all.Bytes = slices.Concat(all.Bytes, data.Test.Bytes)
		all.Labels = slices.Concat(all.Labels, data.Test.Labels)
	}
	train, err := all.Slice(0, min(n, all.Len()))
	if err != nil {
		b.Fatal(err)
	}
	config := transfer.Config{InputShape: layers.Shape{32, 32, 3}, Pooling: transfer.Max}
	if folder := os.Getenv("GOCIFAR_TEST_WEIGHTS"); folder != "" {
		b.Setenv("GOCIFAR_WEIGHTS", folder)
		config.Weights = transfer.ImageNet
	}
	vgg, err := transfer.VGG16(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	vgg.SetTrainable(false)
	return vgg, train.Normalize(255)
}

// imagesWanted is TRANSFER_BENCH_IMAGES.
func imagesWanted(b *testing.B, otherwise int) int {
	b.Helper()
	s := os.Getenv("TRANSFER_BENCH_IMAGES")
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// features runs the pictures through the network. A cache that is empty or
// filled decides what that costs.
func features(ctx context.Context, b *testing.B, vgg *transfer.Backbone, train *layers.Examples,
	options ...transfer.FeatureOption) *layers.Examples {
	b.Helper()
	f, err := transfer.Features(ctx, vgg, "block3_pool", train, options...)
	if err != nil {
		b.Fatal(err)
	}
	return f
}

// BenchmarkFeatures is Features from VGG16's block3_pool: compiling, the pass,
// writing to disk. [BenchmarkForward] is the pass alone.
func BenchmarkFeatures(b *testing.B) {
	for _, c := range []struct {
		name    string
		options []transfer.FeatureOption
	}{{"float32", []transfer.FeatureOption{transfer.Float32()}}, {"automatic", nil}} {
		b.Run(c.name, func(b *testing.B) {
			vgg, train := benchmarkImages(b)
			b.Setenv("GOCIFAR_CACHE", b.TempDir())
			warm, err := train.Slice(0, min(512, train.Len()))
			if err != nil {
				b.Fatal(err)
			}
			features(b.Context(), b, vgg, warm, c.options...)
			for b.Loop() {
				b.StopTimer()
				b.Setenv("GOCIFAR_CACHE", b.TempDir())
				b.StartTimer()
				features(b.Context(), b, vgg, train, c.options...)
			}
			b.ReportMetric(float64(train.Len()*b.N)/b.Elapsed().Seconds(), "img/s")
		})
	}
}

// BenchmarkImagesToHead goes from pictures and a file of weights to a head of
// the walkthrough that is trained for ten epochs at batch 250, a tenth of the
// pictures kept for validation: compiling and all. In warm the features are on
// disk already.
func BenchmarkImagesToHead(b *testing.B) {
	var cache string
	for i, name := range []string{"cold", "warm"} {
		folder := b.TempDir() // outlives the run below
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if i == 0 {
					cache = filepath.Join(folder, strconv.Itoa(b.N))
				}
				b.Setenv("GOCIFAR_CACHE", cache)
				vgg, train := benchmarkImages(b)
				head, err := transfer.Head(vgg, "block3_pool", 10)
				if err != nil {
					b.Fatal(err)
				}
				history, err := head.Seed(42).Fit(b.Context(), features(b.Context(), b, vgg, train), layers.Epochs(10),
					layers.BatchSize(250), layers.ValidationSplit(0.1), layers.Verbose(layers.Silent), layers.Seed(42))
				if err != nil {
					b.Fatal(err)
				}
				accuracy, _ := history.Last("val_accuracy")
				b.ReportMetric(accuracy, "val_accuracy")
			}
		})
	}
}
