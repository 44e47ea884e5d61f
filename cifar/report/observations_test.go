package report

import (
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers"
)

func run(model string, accuracy, validation, loss []float64) *layers.History {
	h := &layers.History{Model: model, Metrics: map[string][]float64{}}
	for i := range accuracy {
		h.Epochs = append(h.Epochs, i+1)
	}
	h.Metrics["accuracy"] = accuracy
	if validation != nil {
		h.Metrics["val_accuracy"] = validation
	}
	if loss != nil {
		h.Metrics["val_loss"] = loss
	}
	return h
}

func TestObserve(t *testing.T) {
	// The walkthrough's own figures for models 1 and 3, first, best and last.
	model1 := run("model_1", []float64{.5161, .8343, .9914}, []float64{.6304, .7014, .7066},
		[]float64{1.0402, .9543, 2.0812})
	model3 := run("model_3", []float64{.4078, .7811, .7950}, []float64{.5258, .7832, .7812},
		[]float64{1.3145, .6456, .6282})
	for _, c := range []struct {
		name    string
		history *layers.History
		earlier []*layers.History
		want    []string
		not     []string
	}{
		{"overfits", model1, nil,
			[]string{"After 3 epochs", "0.9914", "0.7066", "0.2848", "the model overfits, ", "best, 0.7066, at the last epoch",
				"lowest, 0.9543, after epoch 2, and is 2.0812"}, []string{"Against"}},
		{"compared", model3, []*layers.History{nil, model1},
			[]string{"a gap of only 0.0138", "generalizes", "best, 0.7832, after epoch 2 of 3", "Against model_1",
				"+0.0746 (from 0.7066)",
				"from 0.2848 to 0.0138"}, []string{"loss was lowest"}},
		{"ahead", run("m", []float64{.5}, []float64{.6}, nil), nil, []string{"After one epoch", "validation is ahead"}, nil},
		{"a little", run("m", []float64{.65}, []float64{.6}, nil), nil, []string{"overfits a little"}, nil},
		{"no validation", run("m", []float64{.5}, nil, nil), nil, []string{"0.5000", "without validation data"}, nil},
		{"nothing measured", &layers.History{}, nil, []string{"no accuracy"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := Observe(c.history, c.earlier...).Display()
			for _, want := range c.want {
				if !strings.Contains(b.Text, want) {
					t.Errorf("want %q in:\n%s", want, b.Text)
				}
			}
			for _, not := range c.not {
				if strings.Contains(b.Text, not) {
					t.Errorf("want no %q in:\n%s", not, b.Text)
				}
			}
			if strings.Count(b.HTML, "<li>") != strings.Count(b.Text, "- ") {
				t.Errorf("HTML and text differ: %s", b.HTML)
			}
		})
	}
}
