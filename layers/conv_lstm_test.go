package layers

import (
	"strings"
	"testing"
)

// TestConvLSTMBadInput is Keras' list of errors.
func TestConvLSTMBadInput(t *testing.T) {
	video := func() Symbol { return Input(4, 5, 6, 2) }
	for want, y := range map[string]*Tensor{
		"filters must be at least 1, got 0":       ConvLSTM2D(0, 3).Apply(video()),
		"kernel size wants 1 or 2 values":         ConvLSTM2D(3, 3, 3, 3).Apply(video()),
		"cannot both differ from 1":               ConvLSTM2D(3, 3).Strides(2).Dilation(2).Apply(video()),
		"padding":                                 ConvLSTM2D(3, 3).Padding(Causal).Apply(video()),
		"wants images along time, which have 5 a": ConvLSTM2D(3, 3).Apply(Input(5, 6, 2)),
		"a window of 7 does not fit into 5":       ConvLSTM2D(3, 7).Apply(video()),
		"images along time, or these and 2 state": ConvLSTM2D(3, 3).Apply(video(), Input(3, 4, 3)),
		"wants state 1 of shape (None, 3, 4, 3)":  ConvLSTM2D(3, 3).Apply(video(), Input(3, 4, 3), Input(5, 6, 3)),
		"wants sequences along time":              ConvLSTM1D(3, 3).Apply(video()),
		"dropout must be between 0 and 1":         ConvLSTM2D(3, 3).Dropout(2).Apply(video()),
	} {
		if err := y.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	shared := ConvLSTM2D(3, 3)
	x, z := Input(4, 5, 6, 2), Input(4, 5, 6, 3)
	if err := Functional("", Symbols{x}, Symbols{shared.Apply(x)}).Err(); err != nil {
		t.Fatal(err)
	}
	if err := shared.Apply(z).Err(); err == nil || !strings.Contains(err.Error(), "was built for 2 channels, got 3") {
		t.Errorf("other channels: %v", err)
	}
}
