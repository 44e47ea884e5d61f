package layers

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocifar/gocifar/layers/display"
)

// TestWatch draws while a fit runs, stops it by the button, and leaves a picture.
func TestWatch(t *testing.T) {
	var mu sync.Mutex
	var shown []display.Bundle
	c := Watch().Metric("loss").Every(time.Microsecond)
	if c.LookEvery() != fastestLook {
		t.Errorf("a look every %v, want %v", c.LookEvery(), fastestLook)
	}
	c.live = true
	c.show = func(b display.Bundle) error {
		mu.Lock()
		defer mu.Unlock()
		shown = append(shown, b)
		return nil
	}
	closed := 0
	c.close = func() error { closed++; return nil }
	tr := &Training{Optimizer: SGD(0.125), Epochs: 3, Steps: 10, History: &History{}, print: func(string) {}}
	if err := c.OnTrainBegin(tr); err != nil {
		t.Fatal(err)
	}
	for step := 1; step <= 10; step++ {
		if err := c.OnLook(tr, 0, step, Logs{"loss": 1 / float64(step)}); err != nil {
			t.Fatal(err)
		}
	}
	logs := Logs{"loss": 0.1, "val_loss": 0.2}
	tr.History.Add(1, 2, logs, []string{"loss", "val_loss"})
	if err := c.OnEpochEnd(tr, 0, logs); err != nil || tr.stop {
		t.Fatalf("stop %v, error %v", tr.stop, err)
	}
	c.stopped.Store(true) // the button
	if err := c.OnLook(tr, 1, 1, logs); err != nil || !tr.stop || !strings.Contains(tr.History.Note, "stopped by hand") {
		t.Errorf("after the button: stop %v, note %q, error %v", tr.stop, tr.History.Note, err)
	}
	if err := c.OnTrainEnd(tr, logs); err != nil {
		t.Fatal(err)
	}
	if len(shown) < 2 || len(shown) > 12 || closed != 1 {
		t.Fatalf("%d pictures, closed %d times", len(shown), closed)
	}
	if b := shown[len(shown)-2]; !strings.Contains(b.HTML, "<svg") || !strings.Contains(b.Text, "learning_rate: 0.125") ||
		!strings.Contains(b.Text, "epoch 1 of 3") {
		t.Errorf("while it runs it shows %+v", b)
	}
	if b := shown[len(shown)-1]; len(b.PNG) == 0 || !strings.Contains(b.SVG, "<svg") || b.HTML != "" {
		t.Errorf("in the end there is no picture: %.200s", b.Text)
	}
}

// TestWatchInFit draws as often as it says and no more, and changes nothing of
// what is learned.
func TestWatchInFit(t *testing.T) {
	fit := func(callbacks ...Callback) (*History, time.Duration) {
		m := smallModel(t, false)
		start := time.Now()
		h, err := m.Fit(t.Context(), smallImages(400), BatchSize(8), Epochs(6), Seed(1), Verbose(Silent),
			Callbacks(callbacks...))
		if err != nil {
			t.Fatal(err)
		}
		return h, time.Since(start)
	}
	var mu sync.Mutex
	pictures := 0
	c := Watch().Every(time.Nanosecond)
	c.live, c.close = true, func() error { return nil }
	c.show = func(display.Bundle) error {
		mu.Lock()
		defer mu.Unlock()
		pictures++
		return nil
	}
	before := processorTime()
	watched, took := fit(c)
	with := processorTime() - before
	before = processorTime()
	alone, _ := fit()
	without := processorTime() - before
	for i, loss := range alone.Metrics["loss"] {
		if watched.Metrics["loss"][i] != loss {
			t.Errorf("epoch %d: loss %v with pictures, %v without", i+1, watched.Metrics["loss"][i], loss)
		}
	}
	// One for each 50 ms and each epoch, and the last.
	if most := int(took/fastestLook) + len(alone.Epochs) + 1; pictures < 2 || pictures > most {
		t.Errorf("%d pictures in %v, want at most %d", pictures, took, most)
	}
	t.Logf("%d pictures in %v; processor time %v with, %v without", pictures, took, with, without)
}
