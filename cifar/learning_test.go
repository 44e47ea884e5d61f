package cifar_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/cifar"
	"github.com/gocifar/gocifar/layers"
)

// TestLearnsAsKeras trains models 1 to 3 at the walkthrough's full settings
// with three seeds each, which takes more than an hour on two cores, and
// compares the mean validation accuracy with what Keras reached on the same
// data. GOCIFAR_TEST_LEARNING holds Keras' three figures, "0.672,0.6454,0.7562",
// CIFAR10_DIR the data, and GOCIFAR_RUNS, where set, keeps the runs, so that an
// interrupted test goes on where it stopped. GOCIFAR_TEST_LEARNING_DTYPE, where
// set, is the policy of all layers but the last. LEARNING.md has the results.
func TestLearnsAsKeras(t *testing.T) {
	figures := strings.Split(os.Getenv("GOCIFAR_TEST_LEARNING"), ",")
	if len(figures) != 3 {
		t.Skip("GOCIFAR_TEST_LEARNING does not give Keras' three validation accuracies")
	}
	if os.Getenv("GOCIFAR_RUNS") == "" {
		t.Setenv("GOCIFAR_RUNS", filepath.Join(t.TempDir(), "runs"))
	}
	data, err := cifar.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	train, test := data.Train.Normalize(255), data.Test.Normalize(255)
	models := []func() *layers.Model{model1, model2, model3}
	epochs := []int{10, 10, 15}
	for i, build := range models {
		t.Run(fmt.Sprintf("model%d", i+1), func(t *testing.T) {
			keras, err := strconv.ParseFloat(strings.TrimSpace(figures[i]), 64)
			if err != nil {
				t.Fatal(err)
			}
			mean := 0.0
			seeds := []int64{42, 1, 2}
			for _, seed := range seeds {
				model := build()
				if policy := layers.DTypePolicy(os.Getenv("GOCIFAR_TEST_LEARNING_DTYPE")); policy != "" {
					model.DType(policy)
					all := model.Layers()
					all[len(all)-1].(*layers.DenseLayer).DType(layers.Float32)
				}
				history, err := model.Fit(t.Context(), train, layers.Epochs(epochs[i]), layers.ValidationSplit(0.1),
					layers.LogTo(os.Stdout), layers.Seed(seed), layers.Run(fmt.Sprintf("learning-model%d-%d", i+1, seed)))
				if err != nil {
					t.Fatal(err)
				}
				last := func(name string) float64 { v, _ := history.Last(name); return v }
				evaluated, err := model.Evaluate(t.Context(), test, layers.Verbose(layers.Silent))
				if err != nil {
					t.Fatal(err)
				}
				fmt.Printf("model %d, seed %d: train %.4f, validation %.4f, test %v\n", i+1, seed,
					last("accuracy"), last("val_accuracy"), evaluated)
				mean += last("val_accuracy") / float64(len(seeds))
			}
			fmt.Printf("model %d: mean validation accuracy %.4f, Keras %.4f\n", i+1, mean, keras)
			if mean < keras-0.015 {
				t.Errorf("mean validation accuracy %.4f, Keras' is %.4f", mean, keras)
			}
		})
	}
}
