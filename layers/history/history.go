// Package history holds what a training has measured: [Logs] of one moment, a
// [History] of all epochs, and their forms for people, which are Keras': the
// line after each epoch, a table, curves.
//
// A history knows no model, only names and values; package layers fills it and
// saves it as JSON. It shows itself in notebooks, and so do its curves:
//
//	h := &history.History{Model: "model_1"}
//	h.Add(1, 8.2, history.Logs{"loss": 1.35, "accuracy": 0.52}, []string{"loss", "accuracy"})
//	display.Show(h.Curves("accuracy"))
//
// What is measured and when a training ends is left to package layers.
package history

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// History is what Fit returns: one value of every metric for each epoch, as
// Keras' History.history holds it.
type History struct {
	// Model is the name of the model that was trained.
	Model string `json:"model"`
	// Epochs holds the epoch numbers, counted from 1.
	Epochs []int `json:"epochs"`
	// Metrics maps Keras' names (loss, accuracy, val_loss, val_accuracy) to
	// one value an epoch.
	Metrics map[string][]float64 `json:"metrics"`
	// Seconds holds the wall time of each epoch, validation included.
	Seconds []float64 `json:"seconds"`
	// Steps is the number of training steps of an epoch.
	Steps int `json:"steps"`
	// Order lists the metrics as they were measured: loss first.
	Order []string `json:"order,omitempty"`
	// Smaller lists the metrics that get better as they get smaller; a loss
	// always does.
	Smaller []string `json:"smaller,omitempty"`
	// Note says why training ended before its last epoch, else it is empty.
	Note string `json:"note,omitempty"`
}

// Last returns the value of a metric after the last epoch, or false where
// the metric was not measured.
func (h *History) Last(metric string) (float64, bool) {
	values := h.Metrics[metric]
	if len(values) == 0 {
		return 0, false
	}
	return values[len(values)-1], true
}

// Best returns the best value of a metric, which is the largest one but for
// losses and the metrics in Smaller, and the epoch, counted from 1, that had it
// first; false where the metric was not measured.
func (h *History) Best(metric string) (value float64, epoch int, ok bool) {
	name := strings.TrimPrefix(metric, "val_")
	smaller := name == "loss" || slices.Contains(h.Smaller, name)
	for i, v := range h.Metrics[metric] {
		if math.IsNaN(v) {
			continue
		}
		if !ok || smaller && v < value || !smaller && v > value {
			value, epoch, ok = v, h.Epochs[i], true
		}
	}
	return value, epoch, ok
}

// Add appends an epoch, counted from 1.
func (h *History) Add(epoch int, seconds float64, logs Logs, order []string) {
	if h.Metrics == nil {
		h.Metrics = map[string][]float64{}
	}
	for _, name := range order {
		if !slices.Contains(h.Order, name) {
			h.Order = append(h.Order, name)
		}
		// A metric that appears late, such as a callback's, is unknown for
		// the epochs before.
		for len(h.Metrics[name]) < len(h.Epochs) {
			h.Metrics[name] = append(h.Metrics[name], math.NaN())
		}
		h.Metrics[name] = append(h.Metrics[name], logs[name])
	}
	h.Epochs = append(h.Epochs, epoch)
	h.Seconds = append(h.Seconds, seconds)
}

// Text is the history as a table, one line an epoch.
func (h *History) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%5s %8s", "epoch", "seconds")
	for _, name := range h.Order {
		fmt.Fprintf(&b, " %*s", max(10, len(name)), name)
	}
	for i, epoch := range h.Epochs {
		fmt.Fprintf(&b, "\n%5d %8.1f", epoch, h.Seconds[i])
		for _, name := range h.Order {
			fmt.Fprintf(&b, " %*s", max(10, len(name)), formatValue(h.Metrics[name][i]))
		}
	}
	if h.Note != "" {
		b.WriteString("\n" + h.Note)
	}
	return b.String()
}

// Float is a float64 in JSON, which has no way to write NaN and the
// infinities but as strings.
type Float float64

// MarshalJSON writes a number or a string.
func (f Float) MarshalJSON() ([]byte, error) {
	if v := float64(f); math.IsNaN(v) || math.IsInf(v, 0) {
		return json.Marshal(fmt.Sprint(v))
	}
	return json.Marshal(float64(f))
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (f *Float) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case `"NaN"`:
		*f = Float(math.NaN())
	case `"+Inf"`:
		*f = Float(math.Inf(1))
	case `"-Inf"`:
		*f = Float(math.Inf(-1))
	default:
		return json.Unmarshal(data, (*float64)(f))
	}
	return nil
}

// MarshalJSON writes the history; values that are no numbers become strings.
func (h *History) MarshalJSON() ([]byte, error) {
	type plain History
	metrics := map[string][]Float{}
	for name, values := range h.Metrics {
		metrics[name] = make([]Float, len(values))
		for i, v := range values {
			metrics[name][i] = Float(v)
		}
	}
	return json.Marshal(struct {
		*plain
		Metrics map[string][]Float `json:"metrics"`
	}{(*plain)(h), metrics})
}

// UnmarshalJSON reads what MarshalJSON wrote and checks that every metric has
// one value an epoch.
func (h *History) UnmarshalJSON(data []byte) error {
	type plain History
	var in struct {
		*plain
		Metrics map[string][]Float `json:"metrics"`
	}
	in.plain = (*plain)(h)
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	h.Metrics = map[string][]float64{}
	for name, values := range in.Metrics {
		if len(values) != len(h.Epochs) {
			return fmt.Errorf("layers: history has %d values of %s for %d epochs", len(values), name, len(h.Epochs))
		}
		for _, v := range values {
			h.Metrics[name] = append(h.Metrics[name], float64(v))
		}
	}
	if len(h.Seconds) != len(h.Epochs) {
		return fmt.Errorf("layers: history has %d times for %d epochs", len(h.Seconds), len(h.Epochs))
	}
	h.Order = slices.DeleteFunc(h.Order, func(name string) bool { return in.Metrics[name] == nil && len(h.Epochs) > 0 })
	return nil
}
