package cifar_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/cifar"
	"github.com/gocifar/gocifar/internal/peerdata"
	"github.com/gocifar/gocifar/layers"
)

// someBackend takes the pure-Go backend unless told otherwise.
func someBackend(t *testing.T) {
	t.Helper()
	if os.Getenv("GOMLX_BACKEND") == "" {
		t.Setenv("GOMLX_BACKEND", "go")
	}
}

// pictures are labeled noise of any size.
func pictures(n, height, width, channels, classes int) *layers.Examples {
	e := &layers.Examples{Shape: layers.Shape{height, width, channels}, Classes: classes}
	for _, v := range peerdata.Salted(n*height*width*channels, 5) {
		e.Bytes = append(e.Bytes, uint8((v+1)*127))
	}
	for i := range n {
		e.Labels = append(e.Labels, int32(i%classes))
	}
	return e.Normalize(255)
}

func tiny() cifar.Airbench {
	r := cifar.Airbench94()
	r.Widths, r.Epochs, r.Batch = [3]int{8, 8, 8}, 1, 4
	return r
}

// TestAirbenchOnOtherPictures trains on what is not CIFAR-10.
func TestAirbenchOnOtherPictures(t *testing.T) {
	someBackend(t)
	deep := tiny()
	deep.Deep, deep.Cutout = true, 12
	wide := tiny()
	wide.Batch = 2000
	narrow := tiny()
	narrow.Policy = layers.MixedBFloat16
	for name, c := range map[string]struct {
		recipe cifar.Airbench
		train  *layers.Examples
	}{
		"a hundred classes":          {tiny(), pictures(5, 32, 32, 3, 100)},
		"one channel":                {tiny(), pictures(5, 28, 28, 1, 10)},
		"a folder's":                 {tiny(), pictures(5, 20, 24, 3, 2)},
		"a batch larger than all":    {wide, pictures(5, 16, 16, 3, 3)},
		"one class":                  {tiny(), pictures(8, 16, 16, 3, 1)},
		"the smallest":               {tiny(), pictures(8, 9, 9, 3, 2)},
		"three convolutions a group": {deep, pictures(4, 32, 32, 3, 2)},
		"bfloat16":                   {narrow, pictures(8, 16, 16, 3, 2)},
		"no part at all":             {tiny().Without(cifar.AirbenchParts()...), pictures(8, 16, 16, 3, 2)},
	} {
		t.Run(name, func(t *testing.T) {
			model, err := c.recipe.Model(t.Context(), c.train)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := model.Fit(t.Context(), c.train,
				append(c.recipe.Options(c.train), layers.Verbose(layers.Silent))...); err != nil {
				t.Fatal(err)
			}
			rows, err := c.recipe.Classifier(model).Predict(t.Context(), c.train)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				sum := float32(0)
				for _, p := range row {
					sum += p
				}
				if len(row) != c.train.Classes || sum < 0.999 || sum > 1.001 {
					t.Fatalf("%v are no probabilities of %d classes", row, c.train.Classes)
				}
			}
		})
	}
}

// TestAirbenchResumes interrupts a training in each epoch and goes on with the
// run's model.
func TestAirbenchResumes(t *testing.T) {
	someBackend(t)
	t.Setenv("GOCIFAR_RUNS", t.TempDir())
	recipe, train := tiny(), pictures(9, 12, 12, 3, 3)
	recipe.Epochs = 3
	fit := func(ctx context.Context, more ...layers.Option) (map[string][]float32, error) {
		model, err := recipe.Model(t.Context(), train)
		if err != nil {
			t.Fatal(err)
		}
		options := append(recipe.Options(train), layers.Verbose(layers.Silent), layers.Seed(1))
		_, err = model.Fit(ctx, train, append(options, more...)...)
		return values(t, model), err
	}
	want, err := fit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for epoch := range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		stop := layers.OnEpochEnd(func(_ *layers.Training, now int, _ layers.Logs) error {
			if now == epoch {
				cancel()
			}
			return nil
		})
		run := layers.Run(fmt.Sprint("stopped", epoch))
		if _, err := fit(ctx, run, layers.Callbacks(stop)); err != nil && !errors.Is(err, layers.ErrInterrupted) {
			t.Fatal(err)
		}
		cancel()
		got, err := fit(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		for path := range want {
			if !slices.Equal(got[path], want[path]) {
				t.Errorf("interrupted after epoch %d, %s is another one", epoch+1, path)
			}
		}
		loaded, err := layers.LoadRun(fmt.Sprint("stopped", epoch))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(values(t, loaded)["whitening/kernel"], want["whitening/kernel"]) {
			t.Error("the run has lost the whitening's kernel")
		}
	}
}

func TestAirbenchBadInput(t *testing.T) {
	someBackend(t)
	change := func(f func(*cifar.Airbench)) cifar.Airbench {
		r := tiny()
		f(&r)
		return r
	}
	ok := pictures(4, 16, 16, 3, 2)
	for _, c := range []struct {
		recipe cifar.Airbench
		train  *layers.Examples
		want   string
	}{
		{tiny(), pictures(4, 8, 8, 3, 2), "at least 9 by 9 pixels, got [8 8 3]"},
		{tiny(), nil, "wants labeled pictures"},
		{tiny(), &layers.Examples{Shape: layers.Shape{5}, Floats: make([]float32, 5), Labels: []int32{0}, Classes: 1},
			"wants labeled pictures"},
		{tiny(), &layers.Examples{Shape: layers.Shape{9, 9, 3}, Labels: []int32{}, Classes: 1}, "at least one picture"},
		{tiny().Without("magic"), ok, `no part "magic" to leave out`},
		{change(func(r *cifar.Airbench) { r.Epochs = 0 }), ok, "at least 1, got 0"},
		{change(func(r *cifar.Airbench) { r.Batch = -1 }), ok, "at least 1"},
		{change(func(r *cifar.Airbench) { r.Shift = -1 }), ok, "a shift from 0 on"},
		{change(func(r *cifar.Airbench) { r.Shift = 16 }), ok, "wants images that are larger"},
		{change(func(r *cifar.Airbench) { r.Policy = "float8" }), ok, `got "float8"`},
	} {
		_, err := c.recipe.Model(t.Context(), c.train)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

// TestAirbenchPictures shows what the notebook shows.
func TestAirbenchPictures(t *testing.T) {
	someBackend(t)
	train := pictures(6, 16, 16, 3, 2)
	moved, err := tiny().Moved(t.Context(), train, 2, 3)
	if err != nil || moved.Display().PNG == nil || !strings.Contains(moved.Display().Text, "moved, 3") {
		t.Errorf("%v", err)
	}
	filters, err := tiny().Filters(t.Context(), train)
	if err != nil || filters.Display().PNG == nil || !strings.Contains(filters.Display().Text, "filter 12") {
		t.Errorf("%v", err)
	}
	if text := tiny().Display().Text; !strings.Contains(text, "8, 8 and 8 filters") {
		t.Error(text)
	}
}

// TestAirbenchAblation leaves out each part.
func TestAirbenchAblation(t *testing.T) {
	someBackend(t)
	t.Setenv("GOCIFAR_RUNS", t.TempDir())
	r := tiny()
	r.Epochs, r.Batch = 1, 4
	train := pictures(8, 10, 10, 3, 2)
	for range 2 { // the second finds the runs
		table, err := r.Ablation(t.Context(), train, train)
		if err != nil {
			t.Fatal(err)
		}
		text := table.Display().Text
		for _, part := range append([]cifar.AirbenchPart{"nothing"}, cifar.AirbenchParts()...) {
			if !strings.Contains(text, string(part)) {
				t.Errorf("no row for %s:\n%s", part, text)
			}
		}
	}
}
