package report

import (
	"context"
	"fmt"

	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/gocifar/gocifar/layers/display"
)

// Sure returns the confusion matrix of the predictions that were made with at
// least a probability, 0 to 1: a program that asks a person about all others
// makes these mistakes only.
func (p *Predictions) Sure(least float32) *ConfusionMatrix {
	var actual, predicted []int32
	for i, probability := range p.Probability {
		if probability >= least {
			actual, predicted = append(actual, p.Actual[i]), append(predicted, p.Predicted[i])
		}
	}
	m, err := NewConfusionMatrix(actual, predicted, p.Classes)
	if err != nil { // cannot be: NewPredictions checked the labels
		return &ConfusionMatrix{}
	}
	return m
}

// thresholds are the rows of Thresholds.
var thresholds = []float32{0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99}

// Thresholds lists for some probabilities how many predictions were made with at
// least this one, and which part of them is right.
func (p *Predictions) Thresholds() display.Displayer {
	t := display.Table{Model: p.Model, Head: []string{"probability at least", "pictures", "of all", "right"}}
	for _, least := range thresholds {
		right, sure := p.Sure(least).hits()
		row := []string{fmt.Sprintf("%.2f", least), termtext.Thousands(sure), percent(sure, len(p.Actual)), "–"}
		if sure > 0 {
			row[3] = fmt.Sprintf("%.4f", ratio(right, sure, 0))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// BrowseThresholds shows the confusion matrix with a slider for the probability
// that a prediction must have to be counted. It waits as [Predictions.Browse]
// does; in a terminal and in a notebook that is executed headlessly it shows
// Thresholds and the matrix of probabilities from 0.5 instead.
func (p *Predictions) BrowseThresholds(ctx context.Context) {
	moved, err := display.Slide(ctx, 0, 100, browseIdle, func(position int) display.Bundle {
		return p.sure(float32(position) / 100)
	})
	switch {
	case err != nil:
		display.Show(err)
	case !moved:
		display.Show(p.Thresholds(), p.sure(0.5))
	}
}

// sure draws Sure, and says how many predictions are left.
func (p *Predictions) sure(least float32) display.Bundle {
	m := p.Sure(least)
	right, sure := m.hits()
	title := fmt.Sprintf("Probability at least %.2f: %s pictures (%s)", least, termtext.Thousands(sure),
		percent(sure, len(p.Actual)))
	if sure > 0 {
		title += fmt.Sprintf(", %.4f right", ratio(right, sure, 0))
	}
	b := m.heatMap(title, m.count)
	b.Text = title + "\n" + b.Text
	return b
}

func percent(part, all int) string { return fmt.Sprintf("%.1f %%", 100*ratio(part, all, 0)) }
