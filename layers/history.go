package layers

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
