package report

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/display"
)

// A ComparedModel is one line of a comparison.
type ComparedModel struct {
	// Run is the name of the run that trained it, Model that of the model.
	Run, Model string
	// Parameters counts the whole model's parameters, 0 if not known.
	Parameters int
	// Epochs were trained in Seconds.
	Epochs  int
	Seconds float64
	// Train, Validation and Test are accuracies, 0 to 1, NaN if not measured.
	Train, Validation, Test float64
	// Reference holds what another author's run reached (Comparison.Beside).
	Reference Reference
	// Missing says what the run lacks, empty if nothing.
	Missing string

	history     *layers.History
	predictions *Predictions
}

// A Reference is what another author's run of a model reached: the accuracies
// after its last epoch, 0 to 1, 0 where they are not known.
type Reference struct {
	Train, Validation, Test float64
	// Epochs is how many epochs were trained, as far as is known.
	Epochs int
	// Note says what else there is to know.
	Note string
}

// Comparison sets models side by side.
type Comparison struct {
	Models   []ComparedModel
	examples *layers.Examples
	// beside is whose figures the models' References are, "" if none.
	beside string
}

// Beside adds another author's figures: find returns those for a run's name,
// and false where there are none. author is a noun such as "walkthrough". It
// returns the comparison.
func (c *Comparison) Beside(author string, find func(run string) (Reference, bool)) *Comparison {
	c.beside = author
	for i := range c.Models {
		c.Models[i].Reference, _ = find(c.Models[i].Run)
	}
	return c
}

// Compare gathers what runs (layers.Run) of these names reached: their
// histories, and the predictions of test that were kept with them (Save). A run
// that does not exist, or has no predictions, is a line that says so.
func Compare(test *layers.Examples, runs ...string) (*Comparison, error) {
	c := &Comparison{examples: test}
	for _, run := range runs {
		m, err := comparedModel(test, run)
		if err != nil {
			return nil, fmt.Errorf("report: comparing run %q: %w", run, err)
		}
		c.Models = append(c.Models, *m)
	}
	return c, nil
}

func comparedModel(test *layers.Examples, run string) (*ComparedModel, error) {
	m := &ComparedModel{Run: run, Model: "–", Train: math.NaN(), Validation: math.NaN(), Test: math.NaN()}
	history, err := layers.LoadHistory(run)
	if errors.Is(err, layers.ErrNoRun) {
		m.Missing = "was not trained yet"
		return m, nil
	}
	if err != nil {
		return nil, err
	}
	m.history, m.Model, m.Epochs = history, history.Model, len(history.Epochs)
	for _, s := range history.Seconds {
		m.Seconds += s
	}
	if v, ok := history.Last("accuracy"); ok {
		m.Train = v
	}
	if v, ok := history.Last("val_accuracy"); ok {
		m.Validation = v
	}
	p, err := LoadPredictions(run, test)
	switch {
	case errors.Is(err, ErrNoPredictions):
		m.Missing = "has no predictions of the test pictures"
	case err != nil:
		return nil, err
	default:
		m.predictions, m.Parameters, m.Test = p, p.Parameters, p.Accuracy()
		if p.Model != "" {
			m.Model = p.Model
		}
	}
	return m, nil
}

// Display shows the models in a table; notes follow.
func (c *Comparison) Display() display.Bundle {
	t := display.Table{
		Head: []string{"run", "model", "parameters", "epochs", "time", "train", "validation", "test"},
		Left: []int{0, 1},
	}
	if c.beside != "" {
		t.Head = append(t.Head, c.beside+"'s validation", c.beside+"'s test")
	}
	var notes []string
	for _, m := range c.Models {
		row := []string{
			m.Run, m.Model, orDash(m.Parameters > 0, termtext.Thousands(m.Parameters)),
			orDash(m.Epochs > 0, fmt.Sprint(m.Epochs)),
			orDash(m.Seconds > 0, duration(m.Seconds)), accuracy(m.Train), accuracy(m.Validation), accuracy(m.Test),
		}
		if c.beside != "" {
			row = append(row, orDash(m.Reference.Validation > 0, fmt.Sprintf("%.4f", m.Reference.Validation)),
				orDash(m.Reference.Test > 0, fmt.Sprintf("%.2f", m.Reference.Test)))
		}
		t.Rows = append(t.Rows, row)
		if m.Missing != "" {
			notes = append(notes, m.Run+" "+m.Missing+".")
		}
		if m.Reference.Note != "" {
			notes = append(notes, m.Run+" in the "+c.beside+": "+m.Reference.Note+".")
		}
	}
	b := t.Display()
	if len(notes) > 0 {
		list := Observations(notes).Display()
		b.Text += "\n" + list.Text
		b.HTML += list.HTML
	}
	return b
}

func orDash(ok bool, text string) string {
	if !ok {
		return "–"
	}
	return text
}

func accuracy(v float64) string { return orDash(!math.IsNaN(v), fmt.Sprintf("%.4f", v)) }

// duration writes seconds as "7.5 s" or "12 min 5 s".
func duration(seconds float64) string {
	if seconds < 60 {
		return fmt.Sprintf("%.1f s", seconds)
	}
	whole := int(time.Duration(seconds * float64(time.Second)).Round(time.Second).Seconds())
	return fmt.Sprintf("%d min %d s", whole/60, whole%60)
}

// trained lists the models that have a history.
func (c *Comparison) trained() []ComparedModel {
	var all []ComparedModel
	for _, m := range c.Models {
		if m.history != nil {
			all = append(all, m)
		}
	}
	return all
}

// Curves lays the learning curves of a metric such as "val_accuracy" over each
// other.
func (c *Comparison) Curves(metric string) display.Displayer {
	var runs []*layers.History
	for _, m := range c.trained() {
		named := *m.history
		named.Model = m.Run
		runs = append(runs, &named)
	}
	if len(runs) == 0 {
		return display.Bundle{Text: "No model was trained yet."}
	}
	return runs[0].Curves(metric).With(runs[1:]...)
}

// Grid shows pictures of the test set with what each model says they are, right
// answers in green, and how sure it is. Without indices it shows twelve random
// ones, always the same.
func (c *Comparison) Grid(indices ...int) display.Displayer {
	var models []ComparedModel
	for _, m := range c.Models {
		if m.predictions != nil {
			models = append(models, m)
		}
	}
	if len(models) == 0 {
		return display.Bundle{Text: "No model has predictions of the test pictures."}
	}
	if len(indices) == 0 {
		indices = Pick(c.examples, 12, 42)
	}
	classes := models[0].predictions.Classes
	return tiles{examples: c.examples, indices: indices, width: 260, caption: func(i int) []line {
		lines := []line{{text: "actual: " + labelName(c.examples, classes, i), color: ink, bold: true}}
		for _, m := range models {
			p := m.predictions
			verdict := line{text: fmt.Sprintf("%s: %s %.3f", m.Run, className(classes, int(p.Predicted[i])), p.Probability[i]),
				color: rightGreen}
			if p.Actual[i] != p.Predicted[i] {
				verdict.color = wrongRed
			}
			lines = append(lines, verdict)
		}
		return lines
	}}.bundle()
}

// Observe says what the comparison shows: which model is best, which
// generalizes least, and how they compare with the figures of Beside.
func (c *Comparison) Observe() Observations {
	var o Observations
	if best, value, ok := c.best(func(m ComparedModel) float64 { return m.Test }); ok {
		o = append(o, fmt.Sprintf("On the test pictures %s is best, %.4f right.", best.Run, value))
	}
	if best, value, ok := c.best(func(m ComparedModel) float64 { return m.Validation }); ok {
		o = append(o, fmt.Sprintf("On the validation pictures %s is best, %.4f.", best.Run, value))
	}
	if worst, gap, ok := c.best(func(m ComparedModel) float64 { return m.Train - m.Validation }); ok && gap > slightGap {
		o = append(o, fmt.Sprintf("%s overfits most: its training accuracy is %.4f above validation.", worst.Run, gap))
	}
	var against []string
	for _, m := range c.Models {
		if m.Reference.Validation > 0 && !math.IsNaN(m.Validation) {
			against = append(against, fmt.Sprintf("%s %+.4f", m.Run, m.Validation-m.Reference.Validation))
		}
	}
	if len(against) > 0 {
		o = append(o, fmt.Sprintf("Validation accuracy against the %s's: ", c.beside)+strings.Join(against, ", ")+".")
	}
	if len(o) == 0 {
		o = Observations{"No model was trained yet, so there is nothing to compare."}
	}
	return o
}

// Best returns the predictions of the model that has most test pictures right;
// if no model has predictions, those of no pictures.
func (c *Comparison) Best() *Predictions {
	if best, _, ok := c.best(func(m ComparedModel) float64 { return m.Test }); ok {
		return best.predictions
	}
	return &Predictions{examples: &layers.Examples{Shape: c.examples.Shape, Bytes: []uint8{}}}
}

// best returns the model with the largest figure that is a number.
func (c *Comparison) best(figure func(ComparedModel) float64) (best ComparedModel, value float64, ok bool) {
	for _, m := range c.Models {
		if v := figure(m); !math.IsNaN(v) && (!ok || v > value) {
			best, value, ok = m, v, true
		}
	}
	return best, value, ok
}
