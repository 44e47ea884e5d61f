package history

import (
	"bytes"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// curvesRun returns the history of a model that learns.
func curvesRun(model string, epochs int, end float64) *History {
	h := &History{Model: model, Metrics: map[string][]float64{}}
	for i := range epochs {
		reached := 1 - math.Exp(-float64(i+1)/3)
		h.Add(i+1, 1, Logs{"loss": 2.3 - 2*end*reached, "accuracy": end * reached, "val_loss": 2.4 - 1.8*end*reached,
			"val_accuracy": 0.9 * end * reached},
			[]string{"loss", "accuracy", "val_loss", "val_accuracy"})
	}
	return h
}

// TestCurvesOfRuns draws curves, into the folder GOCIFAR_PICTURES if that is
// set, and looks for every line's label.
func TestCurvesOfRuns(t *testing.T) {
	one := curvesRun("model_1", 10, 0.8)
	var several []*History
	for i, name := range []string{"model_2", "model_3", "vgg16", "vgg19", "inception_v3", "resnet50v2"} {
		several = append(several, curvesRun(name, 10+5*(i%2), 0.4+0.08*float64(i)))
	}
	broken := curvesRun("model_1", 4, 0.8)
	broken.Metrics["accuracy"][2] = math.NaN()
	for _, test := range []struct {
		name   string
		curves *Curves
		labels []string
	}{
		{"curves", one.Curves(), []string{"Model Accuracy", "Epoch", "Train", "Validation", "10"}},
		{"curves-several", one.Curves("accuracy").With(several...),
			[]string{"model_1 train", "model_1 validation", "inception_v3 validation", "14"}},
		{"curves-validation", one.Curves("val_accuracy").With(several...),
			[]string{"Model Validation Accuracy", "model_1", "resnet50v2"}},
		{"curves-one-epoch", curvesRun("model_1", 1, 0.8).Curves("loss"), []string{"Model Loss", "Train", "Validation"}},
		{"curves-nan", broken.Curves(), []string{"Train"}},
	} {
		b := test.curves.Display()
		for _, label := range test.labels {
			if !strings.Contains(b.SVG, ">"+label+"<") {
				t.Errorf("%s lacks %q", test.name, label)
			}
		}
		if _, err := png.Decode(bytes.NewReader(b.PNG)); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if folder := os.Getenv("GOCIFAR_PICTURES"); folder != "" {
			if err := os.WriteFile(filepath.Join(folder, test.name+".png"), b.PNG, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
