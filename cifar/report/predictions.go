package report

import (
	"context"
	"fmt"
	"slices"

	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/display"
)

// Predictions are what a model says about examples, next to what they are.
type Predictions struct {
	// Model names the model and Parameters counts its parameters, 0 if that is
	// not known. [Predict] sets both.
	Model      string
	Parameters int
	// Classes names the labels.
	Classes []string
	// Actual and Predicted hold a label for each example; Predicted is the
	// class of the highest probability, the first one of equals.
	Actual, Predicted []int32
	// Probability is the probability of the predicted class.
	Probability []float32
	examples    *layers.Examples
}

// A Predictor is a model that returns a row of probabilities for each example:
// a *layers.Model, a *transfer.Classifier, or one of your own.
type Predictor interface {
	Name() string
	CountParams() int
	Predict(ctx context.Context, data layers.Source, options ...layers.PredictOption) ([][]float32, error)
}

// Predict has a model classify labeled pictures.
func Predict(
	ctx context.Context, m Predictor, pictures *layers.Examples, classes []string, options ...layers.PredictOption,
) (*Predictions, error) {
	rows, err := m.Predict(ctx, pictures, options...)
	if err != nil {
		return nil, err
	}
	p, err := NewPredictions(pictures, classes, rows)
	if err != nil {
		return nil, err
	}
	p.Model, p.Parameters = m.Name(), m.CountParams()
	return p, nil
}

// NewPredictions puts a model's probabilities, one row an example and one
// column a class, beside the examples that they are about.
func NewPredictions(examples *layers.Examples, classes []string, probabilities [][]float32) (*Predictions, error) {
	if len(probabilities) != examples.Len() || len(examples.Labels) != examples.Len() {
		return nil, fmt.Errorf("report: got %d rows of probabilities and %d labels for %d examples, want as many of each",
			len(probabilities), len(examples.Labels), examples.Len())
	}
	p := &Predictions{Classes: classes, Actual: examples.Labels, examples: examples}
	for i, row := range probabilities {
		if len(row) != len(classes) {
			return nil, fmt.Errorf("report: example %d has %d probabilities, want one for each of %d classes", i, len(row),
				len(classes))
		}
		if label := examples.Labels[i]; label < 0 || int(label) >= len(classes) {
			return nil, fmt.Errorf("report: example %d has label %d, want 0 to %d", i, label, len(classes)-1)
		}
		best := 0
		for class, probability := range row {
			if probability != probability {
				return nil, fmt.Errorf("report: example %d has no number as the probability of %s: did the training end in NaN?", i,
					classes[class])
			}
			if probability > row[best] {
				best = class
			}
		}
		p.Predicted = append(p.Predicted, int32(best))
		p.Probability = append(p.Probability, row[best])
	}
	return p, nil
}

// Accuracy returns the part of examples that are predicted right, 0 to 1.
func (p *Predictions) Accuracy() float64 {
	right := 0
	for i := range p.Actual {
		if p.Actual[i] == p.Predicted[i] {
			right++
		}
	}
	return float64(right) / float64(max(1, len(p.Actual)))
}

// Display shows the accuracy in a line.
func (p *Predictions) Display() display.Bundle {
	line := fmt.Sprintf("%s pictures, of which %.4f are predicted right", termtext.Thousands(len(p.Actual)), p.Accuracy())
	if p.Model != "" {
		line = p.Model + ": " + line
	}
	return display.Bundle{Text: line}
}

// Grid shows pictures with what they are, what was predicted (red if wrong)
// and its probability. Without indices it shows twelve random ones, always the
// same.
func (p *Predictions) Grid(indices ...int) display.Displayer {
	if len(indices) == 0 {
		indices = Pick(p.examples, 12, 42)
	}
	return tiles{examples: p.examples, indices: indices, caption: func(i int) []line {
		verdict := line{text: "predicted: " + className(p.Classes, int(p.Predicted[i])), color: rightGreen, bold: true}
		if p.Actual[i] != p.Predicted[i] {
			verdict.color = wrongRed
		}
		return []line{
			{text: "actual: " + className(p.Classes, int(p.Actual[i])), color: ink},
			verdict,
			{text: fmt.Sprintf("probability: %.3f", p.Probability[i]), color: ink},
		}
	}}.bundle()
}

// Worst returns the indices of up to n wrong predictions, those made with the
// highest probability first. Grid shows them.
func (p *Predictions) Worst(n int) []int {
	var wrong []int
	for i := range p.Actual {
		if p.Actual[i] != p.Predicted[i] {
			wrong = append(wrong, i)
		}
	}
	slices.SortStableFunc(wrong, func(a, b int) int {
		switch {
		case p.Probability[a] > p.Probability[b]:
			return -1
		case p.Probability[a] < p.Probability[b]:
			return 1
		}
		return 0
	})
	return wrong[:max(0, min(n, len(wrong)))]
}

// Mistakes shows up to n wrong predictions, those made with the highest
// probability first.
func (p *Predictions) Mistakes(n int) display.Displayer {
	worst := p.Worst(n)
	if len(worst) == 0 {
		return display.Bundle{Text: "No picture was taken for one of another class."}
	}
	return p.Grid(worst...)
}
