package report

import (
	"fmt"
	"html"
	"strings"

	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/display"
)

// A model whose training accuracy is this much above its validation accuracy
// overfits: clearly, or a little.
const (
	clearGap  = 0.10
	slightGap = 0.03
)

// Observations are sentences about a training run.
type Observations []string

// Observe says what a run's history shows: the accuracies reached, whether the
// model overfits, the epochs at which validation was best, and how it compares
// to earlier runs. Earlier runs that are nil are left out, so that a run that
// does not exist yet is no obstacle.
func Observe(h *layers.History, earlier ...*layers.History) Observations {
	train, ok := h.Last("accuracy")
	if !ok {
		return Observations{"This run measured no accuracy, so there is nothing to say about it."}
	}
	validation, ok := h.Last("val_accuracy")
	if !ok {
		return Observations{fmt.Sprintf("After %s the training accuracy is %.4f; without validation data this says little.",
			epochs(len(h.Epochs)), train)}
	}
	o := Observations{fmt.Sprintf("After %s the training accuracy is %.4f and the validation accuracy %.4f: %s.",
		epochs(len(h.Epochs)), train, validation, verdict(train-validation))}
	o = append(o, turns(h)...)
	for _, e := range earlier {
		if e != nil {
			o = append(o, compare(h, e)...)
		}
	}
	return o
}

// ObserveRun is Observe by the names of runs (layers.Run). An earlier run that
// cannot be loaded is a sentence that says why.
func ObserveRun(run string, earlier ...string) (Observations, error) {
	h, err := layers.LoadHistory(run)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	o := Observe(h)
	for _, name := range earlier {
		if e, err := layers.LoadHistory(name); err != nil {
			o = append(o, fmt.Sprintf("Not compared with %s: %v.", name, err))
		} else {
			o = append(o, compare(h, e)...)
		}
	}
	return o, nil
}

func epochs(n int) string {
	if n == 1 {
		return "one epoch"
	}
	return fmt.Sprintf("%d epochs", n)
}

// verdict judges the distance of training to validation accuracy.
func verdict(gap float64) string {
	switch {
	case gap > clearGap:
		return fmt.Sprintf("a gap of %.4f, so the model overfits, it knows its training pictures much better than new ones",
			gap)
	case gap > slightGap:
		return fmt.Sprintf("a gap of %.4f, so the model overfits a little", gap)
	case gap < 0:
		return "validation is ahead, as dropout hinders training only; the model generalizes"
	default:
		return fmt.Sprintf("a gap of only %.4f, so the model generalizes", gap)
	}
}

// turns finds the epochs at which validation was best.
func turns(h *layers.History) Observations {
	var o Observations
	last := h.Epochs[len(h.Epochs)-1]
	if best, epoch, ok := h.Best("val_accuracy"); ok {
		switch {
		case epoch == last:
			o = append(o, fmt.Sprintf("The validation accuracy was best, %.4f, at the last epoch: more epochs may bring more.",
				best))
		default:
			o = append(o, fmt.Sprintf("The validation accuracy was best, %.4f, after epoch %d of %d.", best, epoch, last))
		}
	}
	final, _ := h.Last("val_loss")
	if lowest, epoch, ok := h.Best("val_loss"); ok && epoch != last {
		o = append(o, fmt.Sprintf("The validation loss was lowest, %.4f, after epoch %d, and is %.4f at the end.", lowest,
			epoch, final))
	}
	return o
}

// compare says how a run differs from an earlier one.
func compare(h, earlier *layers.History) Observations {
	train, _ := h.Last("accuracy")
	validation, _ := h.Last("val_accuracy")
	earlierTrain, ok := earlier.Last("accuracy")
	if !ok {
		return nil
	}
	earlierValidation, ok := earlier.Last("val_accuracy")
	if !ok {
		return nil
	}
	return Observations{fmt.Sprintf("Against %s the validation accuracy changed by %+.4f (from %.4f), and the gap to "+
		"training went from %.4f to %.4f.",
		earlier.Model, validation-earlierValidation, earlierValidation, earlierTrain-earlierValidation, train-validation)}
}

// Display lists the sentences.
func (o Observations) Display() display.Bundle {
	var text, list strings.Builder
	for _, sentence := range o {
		fmt.Fprintf(&text, "- %s\n", sentence)
		fmt.Fprintf(&list, "<li>%s</li>", html.EscapeString(sentence))
	}
	return display.Bundle{Text: strings.TrimSuffix(text.String(), "\n"), HTML: "<ul>" + list.String() + "</ul>"}
}
