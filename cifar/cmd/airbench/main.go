// Command airbench trains cifar.Airbench94 on CIFAR-10 and measures it: test
// accuracy with one view and with six, and the time of each epoch. Progress goes
// to the standard error, one line of JSON to the standard output.
//
// Usage:
//
//	go run github.com/gocifar/gocifar/cifar/cmd/airbench [-data PATH] [-large] [-seed N]
//
// Flags -examples, -tests, -epochs and -batch make it smaller, -without leaves out
// parts of the recipe, -dtype names the policy instead of the fastest.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/gocifar/gocifar/cifar"
	"github.com/gocifar/gocifar/layers"
)

func main() {
	ctx, stop := layers.Interruptible(context.Background())
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// settings are the flags.
type settings struct {
	data, without, dtype                  string
	large                                 bool
	examples, tests, epochs, batch, width int
	seed                                  int64
}

// result is what is printed.
type result struct {
	Accuracy     float64   `json:"accuracy"`
	SixViews     float64   `json:"six_views"`
	Epochs       []float64 `json:"epoch_seconds"`
	Processor    []float64 `json:"epoch_processor_seconds"` // user and system time
	Training     float64   `json:"training_seconds"`        // with compiling and validating
	LastTraining float64   `json:"train_accuracy"`
}

// run returns the exit code: 0, 1 where something failed, 2 for wrong arguments,
// 130 after an interrupt.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var s settings
	flags := flag.NewFlagSet("airbench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.data, "data", "", "folder or archive with CIFAR-10, or the word builtin")
	flags.BoolVar(&s.large, "large", false, "train Airbench96, which wants a GPU")
	flags.IntVar(&s.examples, "examples", 0, "train on the first so many pictures; 0 for all")
	flags.IntVar(&s.tests, "tests", 0, "test on the first so many pictures; 0 for all")
	flags.IntVar(&s.epochs, "epochs", 0, "epochs; 0 for the recipe's")
	flags.IntVar(&s.batch, "batch", 0, "pictures in a step; 0 for the recipe's")
	flags.IntVar(&s.width, "divide", 1, "divide the widths by this")
	flags.Int64Var(&s.seed, "seed", 1, "seed of weights, order and chance")
	flags.StringVar(&s.without, "without", "", "parts to leave out, between commas")
	flags.StringVar(&s.dtype, "dtype", "", "float32 or mixed_bfloat16 instead of the fastest")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	out, err := s.measure(ctx, stderr)
	switch {
	case errors.Is(err, layers.ErrInterrupted) || errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "airbench: interrupted")
		return 130
	case err != nil:
		fmt.Fprintln(stderr, "airbench:", err)
		return 1
	}
	if err := json.NewEncoder(stdout).Encode(out); err != nil {
		fmt.Fprintln(stderr, "airbench:", err)
		return 1
	}
	return 0
}

// recipe is the recipe that the flags ask for.
func (s *settings) recipe() (cifar.Airbench, error) {
	r := cifar.Airbench94()
	if s.large {
		r = cifar.Airbench96()
	}
	if s.epochs > 0 {
		r.Epochs = s.epochs
	}
	if s.batch > 0 {
		r.Batch = s.batch
	}
	for i := range r.Widths {
		r.Widths[i] /= max(1, s.width)
	}
	for part := range strings.SplitSeq(s.without, ",") {
		if part != "" {
			r = r.Without(cifar.AirbenchPart(part))
		}
	}
	r.Policy = layers.DTypePolicy(s.dtype)
	if s.dtype == "" {
		var err error
		if r.Policy, err = layers.FastestPolicy(); err != nil {
			return r, err
		}
	}
	return r, r.Err()
}

// measure trains and tests.
func (s *settings) measure(ctx context.Context, log io.Writer) (*result, error) {
	recipe, err := s.recipe()
	if err != nil {
		return nil, err
	}
	data, err := cifar.Load(ctx, cifar.From(s.data))
	if err != nil {
		return nil, err
	}
	train, err := first(data.Train.Normalize(255), s.examples)
	if err != nil {
		return nil, err
	}
	test, err := first(data.Test.Normalize(255), s.tests)
	if err != nil {
		return nil, err
	}
	model, err := recipe.Model(ctx, train)
	if err != nil {
		return nil, err
	}
	model.Seed(s.seed)
	out := &result{}
	clock := &stopwatch{result: out}
	started := time.Now()
	history, err := model.Fit(ctx, train, append(recipe.Options(train), layers.ValidationData(test), layers.Seed(s.seed),
		layers.LogTo(log), layers.Callbacks(clock))...)
	if err != nil {
		return nil, err
	}
	out.Training = time.Since(started).Seconds()
	out.Accuracy, _ = history.Last("val_accuracy")
	out.LastTraining, _ = history.Last("accuracy")
	out.SixViews, err = accuracy(ctx, recipe.Classifier(model), test)
	return out, err
}

// first returns the first n examples, all for 0.
func first(e *layers.Examples, n int) (*layers.Examples, error) {
	if n == 0 {
		return e, nil
	}
	return e.Slice(0, min(n, e.Len()))
}

// accuracy is the share of examples whose class is the likeliest.
func accuracy(ctx context.Context, m *layers.Model, test *layers.Examples) (float64, error) {
	rows, err := m.Predict(ctx, test, layers.BatchSize(min(2000, test.Len())))
	if err != nil {
		return 0, err
	}
	right := 0
	for i, row := range rows {
		best := 0
		for class, p := range row {
			if p > row[best] {
				best = class
			}
		}
		if int32(best) == test.Labels[i] {
			right++
		}
	}
	return float64(right) / float64(len(rows)), nil
}
