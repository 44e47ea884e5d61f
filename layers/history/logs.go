package history

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Logs holds measured values by name: loss, accuracy, val_loss and so on.
type Logs map[string]float64

// String lists the values as Keras' evaluate does: "accuracy: 0.7066 - loss:
// 1.0203".
func (l Logs) String() string {
	return strings.Join(l.fields(slices.Sorted(maps.Keys(l))), " - ")
}

// fields writes "name: value" for the given names.
func (l Logs) fields(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = name + ": " + formatValue(l[name])
	}
	return out
}

// formatValue is Keras' form of a value: four digits after the point, or
// scientific from 0.001 down. Negative values count as small, as they do in
// Keras' verbose=2.
func formatValue(v float64) string {
	switch {
	case v != v: // Python writes nan, Go NaN
		return "nan"
	case v > 1e-3:
		return infinityAsPython(strconv.FormatFloat(v, 'f', 4, 64))
	}
	return infinityAsPython(strconv.FormatFloat(v, 'e', 4, 64))
}

func infinityAsPython(s string) string {
	switch s {
	case "+Inf":
		return "inf"
	case "-Inf":
		return "-inf"
	}
	return s
}

// LogForm is the form of the line that Fit writes after each epoch.
type LogForm int

const (
	// Keras3Log is today's Keras with verbose=2:
	//	1407/1407 - 8s - 6ms/step - accuracy: 0.5161 - loss: 1.3549 - val_accuracy: 0.6304 - val_loss: 1.0402
	Keras3Log LogForm = iota
	// Keras2Log is Keras 2, the form of the walkthrough:
	//	1407/1407 - 8s - loss: 1.3549 - accuracy: 0.5161 - val_loss: 1.0402 - val_accuracy: 0.6304
	Keras2Log
	// Keras2TimedLog is late Keras 2, which the walkthrough's last models
	// have: as Keras2Log, followed by " - 8s/epoch - 6ms/step".
	Keras2TimedLog
)

// Line is the line of one epoch or one evaluation. order lists the
// names as they were measured; the time includes validation.
func (f LogForm) Line(steps int, took time.Duration, logs Logs, order []string) string {
	head := fmt.Sprintf("%d/%d - %.0fs", steps, steps, took.Seconds())
	perStep := perUnit(took.Seconds()/float64(steps), "step")
	switch f {
	case Keras2Log, Keras2TimedLog:
		parts := append([]string{head}, logs.fields(order)...)
		if f == Keras2TimedLog {
			parts = append(parts, perUnit(took.Seconds(), "epoch"), perStep)
		}
		return strings.Join(parts, " - ")
	}
	sorted := slices.Sorted(slices.Values(order))
	return strings.Join(append([]string{head, perStep}, logs.fields(sorted)...), " - ")
}

// perUnit is Keras' _format_time: whole seconds from 1 s on and for 0, else
// milliseconds, else microseconds.
func perUnit(seconds float64, unit string) string {
	switch {
	case seconds >= 1 || seconds == 0:
		return fmt.Sprintf("%.0fs/%s", seconds, unit)
	case seconds >= 1e-3:
		return fmt.Sprintf("%.0fms/%s", seconds*1e3, unit)
	}
	return fmt.Sprintf("%.0fus/%s", seconds*1e6, unit)
}
