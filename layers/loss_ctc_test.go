package layers_test

import (
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers"
)

// readings are sequences of six steps: each shows the number of a class for some
// steps, a blank, and the number of another class. Labels are both numbers.
func readings() *layers.Examples {
	const steps, classes = 6, 4
	e := &layers.Examples{Shape: []int{steps, classes}, TargetShape: []int{2}, Classes: classes}
	for first := int32(1); first < classes; first++ {
		for second := int32(1); second < classes; second++ {
			for length := 1; length < steps-1; length++ {
				shown := make([]float32, steps*classes)
				for i := range steps {
					switch {
					case i < length:
						shown[i*classes+int(first)] = 1
					case i == length:
						shown[i*classes] = 1
					default:
						shown[i*classes+int(second)] = 1
					}
				}
				e.Floats = append(e.Floats, shown...)
				e.Labels = append(e.Labels, first, second)
			}
		}
	}
	return e
}

// TestFitCTC: a layer of each step by itself learns which class the step shows,
// from labels that do not say at which step they begin.
func TestFitCTC(t *testing.T) {
	model := layers.Sequential("reader", layers.Input(6, 4), layers.Dense(4))
	if err := model.Compile(layers.Adam(0.05), layers.CTC()); err != nil {
		t.Fatal(err)
	}
	history, err := model.Fit(t.Context(), readings(), layers.Epochs(40), layers.BatchSize(9), layers.Verbose(layers.Silent))
	if err != nil {
		t.Fatal(err)
	}
	losses := history.Metrics["loss"]
	if first, last := losses[0], losses[len(losses)-1]; first < 2 || last > 0.2 {
		t.Errorf("the loss went from %v to %v", first, last)
	}
}

func TestCTCRefuses(t *testing.T) {
	for wanted, change := range map[string]func(e *layers.Examples){
		"a sequence of Labels for each example": func(e *layers.Examples) {
			e.TargetShape, e.Labels = nil, e.Labels[:len(e.Labels)/2]
		},
		"class 0 is the blank": func(e *layers.Examples) { e.Classes = 5 },
	} {
		model := layers.Sequential("reader", layers.Input(6, 4), layers.Dense(4))
		if err := model.Compile(layers.Adam(0.05), layers.CTC()); err != nil {
			t.Fatal(err)
		}
		examples := readings()
		change(examples)
		_, err := model.Fit(t.Context(), examples, layers.Verbose(layers.Silent))
		if err == nil || !strings.Contains(err.Error(), wanted) {
			t.Errorf("got %v, want %q", err, wanted)
		}
	}
}
