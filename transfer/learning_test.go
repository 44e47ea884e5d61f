package transfer_test

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/cifar"
	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/transfer"
)

// TestLearnsAsKeras trains the walkthrough's head on frozen networks with the
// weights of a folder, for 10 epochs of 45,000 images, and compares the
// validation accuracy with what Keras reached with the same weights and data
// (see MEASURED.md). It needs
//
//	CIFAR10_DIR=/path/to/cifar-10-binary.tar.gz GOCIFAR_TEST_WEIGHTS=/folder/of/weights \
//	GOMLX_BACKEND=xla:/path/of/a/plugin.so go test ./transfer -run LearnsAsKeras -v
//
// and the weight files those figures were measured with. One run differs from
// another by about 0.01, so the mean of several is compared.
func TestLearnsAsKeras(t *testing.T) {
	const seeds = 3
	data := realData(t)
	image := layers.Shape{32, 32, 3}
	imageNet := transfer.ImageNet
	for _, c := range []struct {
		name  string
		build func() (*transfer.Backbone, error)
		tap   string
		train *layers.Examples
		keras float64 // validation accuracy
	}{
		{"VGG16 of x/255", func() (*transfer.Backbone, error) {
			return transfer.VGG16(t.Context(), transfer.Config{Weights: imageNet, InputShape: image, Pooling: transfer.Max})
		}, "block3_pool", data.Train.Normalize(255), .6148},
		{"VGG16 with its preprocessing", func() (*transfer.Backbone, error) {
			return transfer.VGG16(t.Context(), transfer.Config{Weights: imageNet, InputShape: image, Preprocess: true})
		}, "block3_pool", data.Train.Examples, .6870},
		{"InceptionV3 at 75 pixels", func() (*transfer.Backbone, error) {
			return transfer.InceptionV3(t.Context(),
				transfer.Config{Weights: imageNet, InputShape: image, Resize: 75, Preprocess: true})
		}, "mixed4", data.Train.Examples, .7326},
	} {
		t.Run(c.name, func(t *testing.T) {
			started := time.Now()
			b, err := c.build()
			if err != nil {
				t.Fatal(err)
			}
			b.SetTrainable(false)
			built := time.Now()
			features, err := transfer.Features(t.Context(), b, c.tap, c.train)
			if err != nil {
				t.Fatal(err)
			}
			extracted := time.Now()
			var accuracies []float64
			mean := 0.0
			for seed := int64(42); seed < 42+seeds; seed++ {
				_, a := trainHead(t, b, c.tap, features, seed)
				accuracies = append(accuracies, a)
				mean += a / seeds
			}
			t.Logf("%s: load %.1f s, features %.1f s, %d heads %.1f s, validation accuracies %.4f, mean %.4f (Keras %.4f)",
				b.Source,
				built.Sub(started).Seconds(), extracted.Sub(built).Seconds(), seeds, time.Since(extracted).Seconds(),
				accuracies, mean, c.keras)
			if mean < c.keras-0.015 {
				t.Errorf("mean validation accuracy %.4f, Keras reached %.4f", mean, c.keras)
			}
		})
	}
}

// trainHead trains a head from a seed and returns it with its validation
// accuracy.
func trainHead(t *testing.T, b *transfer.Backbone, tap string, features *layers.Examples, seed int64) (*layers.Model,
	float64) {
	t.Helper()
	head, err := transfer.Head(b, tap, 10)
	if err != nil {
		t.Fatal(err)
	}
	history, err := head.Seed(seed).Fit(t.Context(), features, layers.Epochs(10), layers.BatchSize(250),
		layers.ValidationSplit(0.1), layers.Verbose(layers.Lines), layers.Seed(seed))
	if err != nil {
		t.Fatal(err)
	}
	accuracy, _ := history.Last("val_accuracy")
	return head, accuracy
}

// TestBFloat16KeepsAccuracy compares heads on VGG16's features in bfloat16 with
// heads on its features in float32. A head that was trained on the first must
// see the second as well, within 0.003 in the mean over seeds. Heads that were
// trained on either differ by chance as those of two seeds do: there the mean
// difference may exceed 0.003 by two of its standard errors. The test needs what
// TestLearnsAsKeras needs, and a processor with bfloat16 instructions to be
// worth its time.
func TestBFloat16KeepsAccuracy(t *testing.T) {
	const seeds, limit = 8, 0.003
	data := realData(t)
	vgg, err := transfer.VGG16(t.Context(),
		transfer.Config{Weights: transfer.ImageNet, InputShape: layers.Shape{32, 32, 3}, Pooling: transfer.Max})
	if err != nil {
		t.Fatal(err)
	}
	vgg.SetTrainable(false)
	var features [2]*layers.Examples // in bfloat16, in float32
	for i, option := range []transfer.FeatureOption{transfer.BFloat16(), transfer.Float32()} {
		if features[i], err = transfer.Features(t.Context(), vgg, "block3_pool", data.Train.Normalize(255),
			option); err != nil {
			t.Fatal(err)
		}
	}
	validation, err := features[1].Slice(features[1].Len()*9/10, features[1].Len())
	if err != nil {
		t.Fatal(err)
	}
	var sees, learns []float64 // what float32 has ahead, seen by the same head, and learned from
	for seed := int64(42); seed < 42+seeds; seed++ {
		head, half := trainHead(t, vgg, "block3_pool", features[0], seed)
		logs, err := head.Evaluate(t.Context(), validation)
		if err != nil {
			t.Fatal(err)
		}
		_, full := trainHead(t, vgg, "block3_pool", features[1], seed)
		sees, learns = append(sees, logs["accuracy"]-half), append(learns, full-half)
		t.Logf("seed %d: %.4f in bfloat16, %.4f of float32's features, %.4f in float32", seed, half, logs["accuracy"], full)
	}
	mean, _ := meanAndError(sees)
	if math.Abs(mean) > limit {
		t.Errorf("heads trained in bfloat16 are %.4f better on float32's features", mean)
	}
	ahead, standardError := meanAndError(learns)
	t.Logf("float32 is ahead by %.4f as the same heads see it, by %.4f with a standard error of %.4f as heads learn "+
		"from it", mean, ahead, standardError)
	if ahead > limit+2*standardError {
		t.Errorf("heads trained in float32 are %.4f better, with a standard error of %.4f", ahead, standardError)
	}
}

// meanAndError returns the mean of values and its standard error.
func meanAndError(values []float64) (mean, standardError float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		standardError += (v - mean) * (v - mean) / (n - 1)
	}
	return mean, math.Sqrt(standardError / n)
}

// realData is CIFAR-10 where there are trained weights, too, and a fast backend.
func realData(t *testing.T) *cifar.Dataset {
	t.Helper()
	if os.Getenv("GOCIFAR_TEST_WEIGHTS") == "" || os.Getenv("CIFAR10_DIR") == "" ||
		!strings.HasPrefix(os.Getenv("GOMLX_BACKEND"), "xla") {
		t.Skip("wants GOCIFAR_TEST_WEIGHTS, CIFAR10_DIR and GOMLX_BACKEND=xla:...")
	}
	t.Setenv("GOCIFAR_WEIGHTS", os.Getenv("GOCIFAR_TEST_WEIGHTS"))
	data, err := cifar.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return data
}
