package layers

import (
	"reflect"
	"strings"
	"testing"
)

// TestTorchObjectsInFiles makes what Keras has not from its configuration.
func TestTorchObjectsInFiles(t *testing.T) {
	for _, l := range []Layer{
		AlternatingFlip().Named("a"), RandomShift(2).Named("b"), newView(View{Down: -1, Right: 2, Mirror: true}).Named("c"),
		Whitening(2, 3).Epsilon(0.1).BiasInitializer(Ones).Named("d"), Whitening(2).WithoutBias().Named("e"),
		Conv2D(4, 3).KernelInitializer(Dirac(RandomNormal(0, 2))).Named("f"),
	} {
		config := asJSON(t, l.Config())
		again, err := FromConfig(l.Class(), config)
		if err != nil {
			t.Errorf("%s: %v", l.Class(), err)
			continue
		}
		if got := asJSON(t, again.Config()); !reflect.DeepEqual(got, config) {
			t.Errorf("%s: %s", l.Class(), firstDifference("", got, config))
		}
	}
	schedule := WithSchedule(PolynomialDecay(0.1, 10))
	for _, o := range []Optimizer{
		TorchSGD(0.1, schedule, WeightDecay(0.1)).Momentum(0.9).Nesterov(),
		FilterMuon(0.2, schedule).Momentum(0.5, false).NewtonSchulz(5, false).AnyLength(),
		PerGroup(FilterMuon(0.2)).On("a/.*", TorchSGD(0.1)),
	} {
		saved := asJSON(t, optimizerClasses.save(o).(map[string]any))
		again, err := optimizerFromConfig(saved)
		if err != nil {
			t.Errorf("%s: %v", o.Class(), err)
			continue
		}
		if got := asJSON(t, optimizerClasses.save(again).(map[string]any)); !reflect.DeepEqual(got, saved) {
			t.Errorf("%s: %s", o.Class(), firstDifference("", got, saved))
		}
	}
}

func TestTorchLayersBadInput(t *testing.T) {
	image := Input(4, 4, 3)
	small := Input(2, 2, 1)
	two := Functional("two", Symbols{image}, Symbols{Flatten().Apply(image), Flatten().Apply(image)})
	one := Sequential("one", Input(2, 2, 1), Flatten(), Dense(1))
	for want, m := range map[string]*Model{
		"which wants images that are larger":      Functional("m", Symbols{small}, Symbols{RandomShift(2).Apply(small)}),
		"pixels must be at least 0":               Functional("m", Symbols{image}, Symbols{RandomShift(-1).Apply(image)}),
		"a model of 1 input and 1 output":         TestTimeAugmentation(two),
		"wants views of finite weights above 0":   TestTimeAugmentation(one, View{}),
		"moves by 2 pixels, which wants images":   TestTimeAugmentation(one, View{Down: 2, Weight: 1}),
		"a window of 5 does not fit":              Sequential("m", Input(4, 4, 3), Whitening(5)),
		"epsilon must be at least 0":              Sequential("m", Input(4, 4, 3), Whitening(2).Epsilon(-1)),
		"wants a kernel with 1 to 3 spatial axes": Sequential("m", Input(4), Dense(3).KernelInitializer(Dirac(nil))),
		"wants images (None, height, width":       Sequential("m", Input(4), AlternatingFlip()),
		"has filters for 3 channels, got 1":       adapted(t, Input(4, 4, 1)),
		"wants an initializer, got nil":           Sequential("m", Input(4, 4, 3), Whitening(2).BiasInitializer(nil)),
		"model \"empty\" has no input shape yet":  TestTimeAugmentation(Sequential("empty", Dense(1))),
	} {
		if err := m.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if err := Whitening(2).Adapt(&Examples{Shape: Shape{4}, Floats: make([]float32, 8)}); err == nil {
		t.Error("vectors have no patches, but are taken")
	}
}

// adapted is a Whitening for color pictures in a model of others.
func adapted(t *testing.T, in Symbol) *Model {
	t.Helper()
	l := Whitening(2)
	if err := l.Adapt(&Examples{Shape: Shape{4, 4, 3}, Floats: trainingFormula(480, 1)}); err != nil {
		t.Fatal(err)
	}
	return Functional("m", Symbols{in}, Symbols{l.Apply(in)})
}
