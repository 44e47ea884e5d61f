package history

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestCurves(t *testing.T) {
	h := &History{Model: "a", Metrics: map[string][]float64{}}
	for i := range 5 {
		h.Add(i+1, 1, Logs{"accuracy": 0.5 + 0.1*float64(i), "val_accuracy": 0.5 + 0.05*float64(i)},
			[]string{"accuracy", "val_accuracy"})
	}
	b := h.Curves().Display()
	for _, want := range []string{"Model Accuracy", "Epoch", "Train", "Validation"} {
		if !strings.Contains(b.SVG, want) {
			t.Errorf("the plot lacks %q", want)
		}
	}
	if !bytes.HasPrefix(b.PNG, []byte("\x89PNG")) || !strings.Contains(b.Text, "0.9000") {
		t.Error("a form is missing")
	}
	if path := os.Getenv("LAYERS_TEST_PNG"); path != "" {
		_ = os.WriteFile(path, b.PNG, 0o644)
	}
}

func TestHistoryDisplay(t *testing.T) {
	h := &History{Model: "a<b", Note: "Epoch 2: early stopping"}
	h.Add(1, 12.34, Logs{"loss": 1.5, "accuracy": 0.25}, []string{"loss", "accuracy"})
	h.Add(2, 11, Logs{"loss": 0.0001, "accuracy": 0.5, "learning_rate": 0.01},
		[]string{"loss", "accuracy", "learning_rate"})
	b := h.Display()
	want := `epoch  seconds       loss   accuracy learning_rate
    1     12.3     1.5000     0.2500           nan
    2     11.0 1.0000e-04     0.5000        0.0100
Epoch 2: early stopping`
	if b.Text != want {
		t.Errorf("got\n%s\nwant\n%s", b.Text, want)
	}
	for _, want := range []string{"a&lt;b", ">learning_rate</th>", ">1.0000e-04</td>", "<p>Epoch 2: early stopping</p>"} {
		if !strings.Contains(b.HTML, want) {
			t.Errorf("the HTML form lacks %s:\n%s", want, b.HTML)
		}
	}
	if strings.Count(b.HTML, "<tr>") != 3 || strings.Count(b.HTML, "</tr>") != 3 {
		t.Errorf("the HTML form has other rows than a heading and 2 epochs:\n%s", b.HTML)
	}
}

func TestBest(t *testing.T) {
	h := &History{Smaller: []string{"error"}}
	for i, v := range []float64{0.3, 0.1, 0.2} {
		names := []string{"loss", "val_error", "accuracy"}
		h.Add(i+1, 1, Logs{"loss": v, "val_error": v, "accuracy": v}, names)
	}
	for name, want := range map[string]int{"loss": 2, "val_error": 2, "accuracy": 1, "none": 0} {
		if _, epoch, _ := h.Best(name); epoch != want {
			t.Errorf("the best %s is in epoch %d, want %d", name, epoch, want)
		}
	}
}
