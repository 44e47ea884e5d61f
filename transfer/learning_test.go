package transfer_test

import (
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
// (see README.md). It needs
//
//	CIFAR10_DIR=/path/to/cifar-10-binary.tar.gz GOCIFAR_WEIGHTS=/folder/of/weights \
//	GOMLX_BACKEND=xla:/path/of/a/plugin.so go test ./transfer -run LearnsAsKeras -v
//
// and the weight files those figures were measured with.
func TestLearnsAsKeras(t *testing.T) {
	if os.Getenv("GOCIFAR_TEST_WEIGHTS") == "" || os.Getenv("CIFAR10_DIR") == "" || !strings.HasPrefix(os.Getenv("GOMLX_BACKEND"), "xla") {
		t.Skip("wants GOCIFAR_TEST_WEIGHTS, CIFAR10_DIR and GOMLX_BACKEND=xla:...")
	}
	t.Setenv("GOCIFAR_WEIGHTS", os.Getenv("GOCIFAR_TEST_WEIGHTS"))
	data, err := cifar.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
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
		}, "block3_pool", data.Train, .6870},
		{"InceptionV3 at 75 pixels", func() (*transfer.Backbone, error) {
			return transfer.InceptionV3(t.Context(), transfer.Config{Weights: imageNet, InputShape: image, Resize: 75, Preprocess: true})
		}, "mixed4", data.Train, .7326},
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
			head, err := transfer.Head(b, c.tap, 10)
			if err != nil {
				t.Fatal(err)
			}
			history, err := head.Fit(t.Context(), features, layers.Epochs(10), layers.BatchSize(250),
				layers.ValidationSplit(0.1), layers.Verbose(2))
			if err != nil {
				t.Fatal(err)
			}
			got, _ := history.Last("val_accuracy")
			t.Logf("%s: load %.1f s, features %.1f s, head %.1f s, validation accuracy %.4f (Keras %.4f)", b.Source,
				built.Sub(started).Seconds(), extracted.Sub(built).Seconds(), time.Since(extracted).Seconds(), got, c.keras)
			if got < c.keras-0.015 {
				t.Errorf("validation accuracy %.4f, Keras reached %.4f", got, c.keras)
			}
		})
	}
}
