package layers

import "github.com/gocifar/gocifar/layers/history"

// History is what Fit returns; Logs are the values of an epoch or a step.
type (
	History = history.History
	Logs    = history.Logs
)

// LogForm is the form of the line that Fit writes after each epoch.
type LogForm = history.LogForm

// The forms of today's Keras, of Keras 2, and of late Keras 2.
const (
	Keras3Log      = history.Keras3Log
	Keras2Log      = history.Keras2Log
	Keras2TimedLog = history.Keras2TimedLog
)
