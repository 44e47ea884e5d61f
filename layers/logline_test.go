package layers

import (
	"strconv"
	"testing"
	"time"
)

func TestLogLinesAsKeras(t *testing.T) {
	for _, c := range golden.LogLines {
		logs := Logs{}
		var names []string
		for name, text := range c.Values {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			logs[name], names = v, append(names, name)
		}
		if got := Keras3Log.Line(c.Steps, time.Duration(c.Seconds*1e9), logs, names); got != c.Line {
			t.Errorf("got  %q\nwant %q", got, c.Line)
		}
	}
	logs := Logs{"loss": 1.3549, "accuracy": 0.5161, "val_loss": 1.0402, "val_accuracy": 0.6304}
	order := []string{"loss", "accuracy", "val_loss", "val_accuracy"}
	want := "1407/1407 - 39s - loss: 1.3549 - accuracy: 0.5161 - val_loss: 1.0402 - val_accuracy: 0.6304"
	if got := Keras2Log.Line(1407, 39*time.Second, logs, order); got != want {
		t.Errorf("got %q, the walkthrough has %q", got, want)
	}
	if got := Keras2TimedLog.Line(180, 289*time.Second, Logs{"loss": 1.242},
		order[:1]); got != "180/180 - 289s - loss: 1.2420 - 289s/epoch - 2s/step" {
		t.Errorf("got %q", got)
	}
}
