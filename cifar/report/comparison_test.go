package report

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers"
)

// trainSmall trains a linear model on drawings under a run's name and returns
// its predictions of the test pictures.
func trainSmall(t *testing.T, train, test *layers.Examples, model, run string, epochs int) *Predictions {
	t.Helper()
	if os.Getenv("GOMLX_BACKEND") == "" {
		t.Setenv("GOMLX_BACKEND", "go") // needs no plugin
	}
	m := layers.Sequential(model, layers.Input(32, 32, 3), layers.Flatten(), layers.Dense(10).Activation(layers.Softmax))
	if err := m.Compile(layers.Adam(0.001), layers.CategoricalCrossEntropy, layers.Accuracy); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Fit(context.Background(), train.Normalize(255), layers.Epochs(epochs), layers.ValidationSplit(0.2),
		layers.Run(run), layers.Fresh(), layers.LogTo(io.Discard)); err != nil {
		t.Fatal(err)
	}
	p, err := Predict(context.Background(), m, test.Normalize(255), ten)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCompare(t *testing.T) {
	t.Setenv("GOCIFAR_RUNS", t.TempDir())
	train, test := drawn(60, 30)
	for _, run := range []string{"model1", "model_2", "vgg16"} {
		p := trainSmall(t, train, test, "a_"+run, run, 2)
		if run == "vgg16" {
			continue // trained, but not tested
		}
		if p.Model = run; run == "model1" {
			p.Parameters = 2105066
		}
		if err := p.Save(run); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Compare(test, "model1", "model_2", "vgg16", "inception_v3")
	if err != nil {
		t.Fatal(err)
	}
	c.Beside("walkthrough", func(run string) (Reference, bool) {
		known, ok := map[string]Reference{
			"model1": {Validation: .7066}, "vgg16": {Validation: .7924, Test: .78}, "inception_v3": {Note: "stops at an error"},
		}[run]
		return known, ok
	})
	p, err := LoadPredictions("model1", test)
	if err != nil {
		t.Fatal(err)
	}
	if c.Models[0].Test != p.Accuracy() || p.Probability[3] <= 0 {
		t.Errorf("test accuracy %v, want %v", c.Models[0].Test, p.Accuracy())
	}
	b := c.Display()
	for _, want := range []string{"2,105,066", "0.7066", "0.7924", "0.78", "vgg16 has no predictions",
		"inception_v3 was not trained yet", "30,730",
		"inception_v3 in the walkthrough: stops at an error."} {
		if !strings.Contains(b.Text, want) || !strings.Contains(b.HTML, want) {
			t.Errorf("a form lacks %q:\n%s", want, b.Text)
		}
	}
	picture := c.Picture().Display()
	keep(t, "comparison.png", picture.PNG)
	wellFormedSVG(t, picture.SVG)
	for _, want := range []string{">model1<", ">inception_v3<", ">Train<", ">Validation<", ">Test<",
		">Walkthrough&#39;s<"} {
		if !strings.Contains(picture.SVG, want) {
			t.Errorf("the picture lacks %s", want)
		}
	}
	if best := c.Best(); best.Accuracy() < max(c.Models[0].Test, c.Models[1].Test) {
		t.Errorf("the best model has accuracy %v", best.Accuracy())
	}
	if o, err := ObserveRun("model1", "model_2", "inception_v3"); err != nil ||
		!strings.Contains(strings.Join(o, "\n"), "Against a_model_2") ||
		!strings.Contains(o[len(o)-1], "Not compared with inception_v3: ") {
		t.Error(o, err)
	}
	if o, err := ObserveRun("inception_v3"); !errors.Is(err, layers.ErrNoRun) {
		t.Error(o, err)
	}
	keep(t, "comparison-grid.png", c.Grid().Display().PNG)
	keep(t, "comparison-curves.png", c.Curves("accuracy").Display().PNG)
	if text := strings.Join(c.Observe(), "\n"); !strings.Contains(text, "On the test pictures model") ||
		!strings.Contains(text, "walkthrough's: model1 ") {
		t.Error(text)
	}
}

func TestCompareNothing(t *testing.T) {
	t.Setenv("GOCIFAR_RUNS", t.TempDir())
	_, test := drawn(60, 30)
	c, err := Compare(test, "model1", "resnet50v2")
	if err != nil {
		t.Fatal(err)
	}
	for form, text := range map[string]string{
		"table": c.Display().Text, "picture": c.Picture().Display().Text, "grid": c.Grid().Display().Text,
		"best": c.Best().Grid().Display().Text, "mistakes": c.Best().Mistakes(12).Display().Text,
		"curves": c.Curves("accuracy").Display().Text, "observations": c.Observe().Display().Text,
	} {
		if text == "" || strings.Contains(text, "NaN") {
			t.Errorf("%s: %q", form, text)
		}
	}
}

func TestStalePredictions(t *testing.T) {
	t.Setenv("GOCIFAR_RUNS", t.TempDir())
	train, test := drawn(60, 30)
	p := trainSmall(t, train, test, "m", "run", 1)
	if err := p.Save("other"); !errors.Is(err, layers.ErrNoRun) {
		t.Errorf("saved with a run that does not exist: %v", err)
	}
	if err := p.Save("run"); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadPredictions("run", train); !errors.Is(err, ErrNoPredictions) ||
		!strings.Contains(err.Error(), "30 other pictures") {
		t.Errorf("other pictures: %v", err)
	}
	trainSmall(t, train, test, "m", "run", 2)
	if _, err := LoadPredictions("run", test); !errors.Is(err, ErrNoPredictions) {
		t.Errorf("after training again: %v", err)
	}
	folder, err := layers.RunDir("run")
	if err != nil {
		t.Fatal(err)
	}
	for _, damage := range []string{"", "{", `{"actual": [1]}`} {
		if err := os.WriteFile(filepath.Join(folder, predictionsFile), []byte(damage), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadPredictions("run", test); err == nil || !strings.Contains(err.Error(), predictionsFile) {
			t.Errorf("%q: %v", damage, err)
		}
	}
}

func FuzzParsePredictions(f *testing.F) {
	examples := &layers.Examples{Shape: []int{1}, Bytes: make([]uint8, 2), Labels: []int32{0, 1}, Classes: 2}
	f.Add([]byte(`{"training":"x","classes":["a","b"],"actual":[0,1],"predicted":[1,1],"probability":[0.5,0.6]}`))
	f.Add([]byte(`{"training":"x","classes":[],"actual":[0,1],"predicted":[7,-1],"probability":[0.5,0.6]}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := parsePredictions(text, "x", examples)
		if err != nil {
			return
		}
		if got := p.Confusion().Report().Text(); !strings.Contains(got, "accuracy") {
			t.Errorf("report of accepted predictions: %s", got)
		}
	})
}
