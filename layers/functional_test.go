package layers

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
)

func TestNamesStartAnewInEachModel(t *testing.T) {
	for range 2 {
		m := branched()
		var names []string
		for _, l := range m.Layers() {
			names = append(names, l.Name())
		}
		if got, want := strings.Join(names, " "), "input_layer conv2d shared add concatenate"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// Layers are named in order of creation, not of use, and a head on a named
// backbone goes on counting.
func TestNamesFollowCreation(t *testing.T) {
	in := Input(4)
	late, early := Dense(1), Dense(2)
	m := Functional("", Symbols{in}, Symbols{late.Apply(early.Apply(in))})
	if m.Err() != nil || late.Name() != "dense" || early.Name() != "dense_1" || m.Name() != "functional" {
		t.Errorf("got %q %q %q, %v", m.Name(), late.Name(), early.Name(), m.Err())
	}
	head := Dense(3)
	bigger := Functional("bigger", Symbols{in}, Symbols{head.Apply(m.Outputs()[0])})
	if bigger.Err() != nil || head.Name() != "dense_2" {
		t.Errorf("the head is %q, %v", head.Name(), bigger.Err())
	}
}

func TestGetLayer(t *testing.T) {
	m := branched()
	if l, err := m.GetLayer("add"); err != nil || l.Class() != "Add" {
		t.Errorf("got %v, %v", l, err)
	}
	_, err := m.GetLayer("conv")
	if err == nil || !strings.Contains(err.Error(), `model "f" has no layer "conv"; it has input_layer, conv2d, shared, add, concatenate`) {
		t.Errorf("got %v", err)
	}
}

func TestTapSharesVariables(t *testing.T) {
	m := branched()
	tap := m.Tap("conv2d", "add")
	if tap.Err() != nil {
		t.Fatal(tap.Err())
	}
	x := tensors.FromFlatDataAndDimensions(formula(2*8*8*3), 2, 8, 8, 3)
	whole := forward(t, m, false, 0, x)
	inner := forward(t, tap, false, 0, x)
	got, want := tensors.MustCopyFlatData[float32](inner[1]), tensors.MustCopyFlatData[float32](whole[1])
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > 1e-6 {
			t.Fatalf("the tap of add differs at %d: %g, %g", i, got[i], want[i])
		}
	}
	if tap.Variables()[0] != m.Variables()[0] {
		t.Error("the tap has variables of its own")
	}
	if err := m.Tap("nowhere").Err(); err == nil || !strings.Contains(err.Error(), `no layer "nowhere"`) {
		t.Errorf("got %v", err)
	}
	if err := m.Tap().Err(); err == nil {
		t.Error("an empty tap is no error")
	}
}

func TestFreezing(t *testing.T) {
	backbone := Sequential("backbone", Input(4), Dense(3), BatchNormalization())
	in := Input(4)
	m := Functional("m", Symbols{in}, Symbols{Dense(2).Apply(backbone.Apply(in))})
	if m.Err() != nil {
		t.Fatal(m.Err())
	}
	count := func() int { return len(m.TrainableVariables()) }
	if count() != 6 || len(m.NonTrainableVariables()) != 2 {
		t.Errorf("%d trainable and %d other variables, want 6 and 2", count(), len(m.NonTrainableVariables()))
	}
	backbone.SetTrainable(false)
	if count() != 2 || len(m.NonTrainableVariables()) != 6 {
		t.Errorf("with a frozen backbone %d trainable, want 2", count())
	}
	backbone.SetTrainable(true)
	backbone.Layers()[0].SetTrainable(false)
	if count() != 4 {
		t.Errorf("with one frozen layer %d trainable, want 4", count())
	}
	m.SetTrainable(false)
	if count() != 0 || backbone.Layers()[1].Trainable() {
		t.Errorf("a frozen model trains %d variables", count())
	}
}

func TestFunctionalErrors(t *testing.T) {
	a, b := Input(4), Input(5)
	shared := Dense(2)
	x := shared.Apply(a)
	for _, c := range []struct {
		name  string
		model *Model
		want  string
	}{
		{"no inputs", Functional("m", nil, Symbols{x}), "at least 1 input and 1 output"},
		{"missing input", Functional("m", Symbols{Input(4)}, Symbols{x}),
			"is needed by the outputs but is not among the inputs"},
		{"inner input", Functional("m", Symbols{x}, Symbols{Dense(1).Apply(x)}), "an input must come from layers.Input"},
		{"shapes differ", Functional("m", Symbols{a, b}, Symbols{Add().Apply(a, b)}),
			"layer add (Add): wants inputs of one shape, or with 1 where they differ, got (None, 4) and, at 1, (None, 5)"},
		{"shared layer", Functional("m", Symbols{a, b}, Symbols{x, shared.Apply(b)}),
			"layer dense (Dense): was built for 4 values on the last axis, got 5"},
		{"nil", Functional("m", Symbols{nil}, Symbols{x}), "input 0 is nil"},
	} {
		if err := c.model.Err(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\n got %v\nwant %s", c.name, err, c.want)
		}
	}
}

func TestSeedsGiveWeights(t *testing.T) {
	weights := func(seed int64) []float32 {
		m := walkthroughModel1().Seed(seed)
		if err := m.Initialize(); err != nil {
			t.Fatal(err)
		}
		w, err := m.Variables()[0].Flat()
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	a, b, other := weights(1), weights(1), weights(2)
	limit := math.Sqrt(6.0 / (9*3 + 9*16))
	for i := range a {
		if a[i] != b[i] || a[i] == other[i] || math.Abs(float64(a[i])) > limit {
			t.Fatalf("weight %d: %g and %g with one seed, %g with another, limit %g", i, a[i], b[i], other[i], limit)
		}
	}
}

// A Sequential model without Input is built when its data's shape is known.
func TestBuildFor(t *testing.T) {
	m := Sequential("later", Flatten(), Dense(3))
	if m.Err() != nil || m.Ready() == nil {
		t.Fatalf("Err %v, Ready %v", m.Err(), m.Ready())
	}
	if err := m.BuildFor(Shape{2, 2, 1}); err != nil || m.CountParams() != 15 {
		t.Errorf("%d parameters, %v", m.CountParams(), err)
	}
	if err := m.BuildFor(Shape{2, 3, 1}); err == nil {
		t.Error("built for a second shape")
	}
}
