package main

import (
	"time"

	"github.com/gocifar/gocifar/layers"
)

// stopwatch measures epochs from their first step to their last, validation left
// out.
type stopwatch struct {
	layers.CallbackBase
	result    *result
	started   time.Time
	processor time.Duration
}

func (s *stopwatch) OnEpochBegin(*layers.Training, int) error {
	s.started, s.processor = time.Now(), processorTime()
	return nil
}

// OnTestBegin is called when the epoch's steps are done.
func (s *stopwatch) OnTestBegin(*layers.Training) error {
	s.result.Epochs = append(s.result.Epochs, time.Since(s.started).Seconds())
	s.result.Processor = append(s.result.Processor, (processorTime() - s.processor).Seconds())
	return nil
}

func (s *stopwatch) OnTestEnd(*layers.Training, layers.Logs) error { return nil }
