package layers

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestCallbacksAsKeras(t *testing.T) {
	var values []float64
	read := func(key string, v any) {
		if err := json.Unmarshal(golden.Callbacks[key], v); err != nil {
			t.Fatal(key, err)
		}
	}
	read("val_loss", &values)
	start := func(c Callback) *Training {
		tr := &Training{Optimizer: SGD(0.1), names: []string{"val_loss"}, History: &History{}, print: func(string) {}}
		if err := c.OnTrainBegin(tr); err != nil {
			t.Fatal(err)
		}
		return tr
	}
	for name, c := range map[string]*EarlyStoppingCallback{
		"early_stopping_patience_2": EarlyStopping("val_loss").Patience(2),
		"early_stopping_patience_0": EarlyStopping("val_loss"),
		"early_stopping_min_delta":  EarlyStopping("val_loss").Patience(2).MinDelta(0.05),
		"early_stopping_baseline":   EarlyStopping("val_loss").Patience(3).Baseline(0.795),
		"early_stopping_start":      EarlyStopping("val_loss").Patience(1).StartFromEpoch(4),
	} {
		var want struct {
			Stopped   *int `json:"stopped"`
			BestEpoch int  `json:"best_epoch"`
		}
		read(name, &want)
		tr, stopped := start(c), -1
		for epoch, v := range values {
			if err := c.OnEpochEnd(tr, epoch, Logs{"val_loss": v}); err != nil {
				t.Fatal(err)
			}
			if tr.stop {
				stopped = epoch
				break
			}
		}
		if wantStop := want.Stopped; wantStop == nil && stopped != -1 || wantStop != nil && *wantStop != stopped ||
			c.BestEpoch() != want.BestEpoch {
			t.Errorf("%s: stopped %d, best %d; Keras %v", name, stopped, c.BestEpoch(), string(golden.Callbacks[name]))
		}
	}
	for name, c := range map[string]*ReduceLROnPlateauCallback{
		"reduce_patience_2": ReduceLROnPlateau("val_loss").Factor(0.5).Patience(2),
		"reduce_cooldown":   ReduceLROnPlateau("val_loss").Factor(0.1).Patience(1).Cooldown(2).MinLR(0.0005),
	} {
		var want []float64
		read(name, &want)
		tr := start(c)
		for epoch, v := range values {
			if err := c.OnEpochEnd(tr, epoch, Logs{"val_loss": v}); err != nil {
				t.Fatal(err)
			}
			if got := tr.Optimizer.LearningRate(); !near(got, want[epoch], 1e-6) {
				t.Errorf("%s: epoch %d has rate %v, Keras %v", name, epoch, got, want[epoch])
			}
		}
	}
}

// TestReduceLROnPlateauWithSchedule: the schedule sets the rate, so that nothing
// could lower it. Keras refuses that, too, but only when the rate is to be lowered.
func TestReduceLROnPlateauWithSchedule(t *testing.T) {
	scheduled := Adam(0, WithSchedule(CosineDecay(0.01, 10)))
	for name, optimizer := range map[string]Optimizer{"alone": scheduled,
		"of a group": PerGroup(SGD(0.1)).On(".*bias", scheduled)} {
		m := dropoutModel(t)
		if err := m.Compile(optimizer, SparseCategoricalCrossEntropy); err != nil {
			t.Fatal(err)
		}
		_, err := m.Fit(t.Context(), smallImages(20), Callbacks(ReduceLROnPlateau("loss")), Verbose(Silent))
		if err == nil || !strings.Contains(err.Error(), "ReduceLROnPlateau wants an optimizer without a schedule, "+
			"the learning rate of Adam follows CosineDecay") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
