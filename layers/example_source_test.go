package layers_test

import (
	"context"
	"fmt"
	"iter"
	"log"

	"github.com/gocifar/gocifar/layers"
)

// doubles is a source of so many batches of random numbers and their doubles.
type doubles struct{ batches int }

func (s doubles) Batches(ctx context.Context, epoch layers.Epoch) iter.Seq2[*layers.Examples, error] {
	return func(yield func(*layers.Examples, error) bool) {
		rng := epoch.Rand()
		for range s.batches {
			batch := &layers.Examples{Shape: []int{1}}
			for range 16 {
				x := rng.Float32()
				batch.Floats, batch.Targets = append(batch.Floats, x), append(batch.Targets, 2*x)
			}
			if !yield(batch, nil) {
				return
			}
		}
	}
}

// A source of one's own: batches that are made while the model trains.
func ExampleSource() {
	ctx := context.Background()
	model := layers.Sequential("double", layers.Input(1), layers.Dense(1))
	if err := model.Compile(layers.Adam(0.05), layers.MeanSquaredError); err != nil {
		log.Fatal(err)
	}
	if _, err := model.Fit(ctx, doubles{50}, layers.Epochs(10), layers.Verbose(layers.Silent)); err != nil {
		log.Fatal(err)
	}
	rows, err := model.Predict(ctx, &layers.Examples{Shape: []int{1}, Floats: []float32{0.25, 0.5}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.1f %.1f\n", rows[0][0], rows[1][0])
	// Output: 0.5 1.0
}

// A few batches of the same source, for validation.
func ExampleTake() {
	model := layers.Sequential("double", layers.Input(1), layers.Dense(1))
	if err := model.Compile(layers.Adam(0.05), layers.MeanSquaredError); err != nil {
		log.Fatal(err)
	}
	history, err := model.Fit(context.Background(), doubles{50}, layers.Epochs(3), layers.Verbose(layers.Silent),
		layers.ValidationData(layers.Take(doubles{1000}, 4)))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(history.Steps, "steps in each of", len(history.Metrics["val_loss"]), "epochs")
	// Output: 50 steps in each of 3 epochs
}
