package layers

import (
	"os"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers/display"
)

var _ display.Displayer = (*Model)(nil)

func TestSummaryEqualsKeras(t *testing.T) {
	models := goldenModels(t)
	for _, c := range []struct {
		file, model string
		options     []SummaryOption
	}{
		{"model_1", "model_1", nil},
		{"model_2", "model_2", nil},
		{"model_3", "model_3", nil},
		{"branched", "branched", nil},
		{"two_inputs", "two_inputs", nil},
		{"residual", "residual", nil},
		{"nested", "nested", nil},
		{"nested_expanded", "nested", []SummaryOption{SummaryNested()}},
		{"operations", "operations", nil},
		{"model_1_62", "model_1", []SummaryOption{SummaryWidth(62)}},
		{"model_1_88", "model_1", []SummaryOption{SummaryWidth(88)}},
		{"model_1_108", "model_1", []SummaryOption{SummaryWidth(108)}},
		{"branched_62", "branched", []SummaryOption{SummaryWidth(62)}},
		{"branched_88", "branched", []SummaryOption{SummaryWidth(88)}},
		{"branched_108", "branched", []SummaryOption{SummaryWidth(108)}},
		{"model_1_trainable", "model_1", []SummaryOption{SummaryTrainable()}},
		{"residual_trainable", "residual", []SummaryOption{SummaryTrainable()}},
	} {
		t.Run(c.file, func(t *testing.T) {
			m, err := ModelFromConfig(models[c.model].Config)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(c.file, "_trainable") {
				all := m.Layers()
				all[1].SetTrainable(false)
				all[len(all)-1].SetTrainable(false)
			}
			want, err := os.ReadFile("testdata/summary_" + c.file + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Summary(c.options...); got != string(want) {
				t.Errorf("got\n%s\nKeras prints\n%s", got, want)
			}
		})
	}
}

// TestClassicSummary compares with the rows and totals printed in the
// walkthrough, laid out as TensorFlow 2.9 does.
func TestClassicSummary(t *testing.T) {
	m, err := ModelFromConfig(goldenModels(t)["model_1"].Config)
	if err != nil {
		t.Fatal(err)
	}
	want := `Model: "model_1"
_________________________________________________________________
 Layer (type)                Output Shape              Param #   
=================================================================
 conv2d (Conv2D)             (None, 32, 32, 16)        448       
                                                                 
 leaky_re_lu (LeakyReLU)     (None, 32, 32, 16)        0         
                                                                 
 conv2d_1 (Conv2D)           (None, 32, 32, 32)        4640      
                                                                 
 leaky_re_lu_1 (LeakyReLU)   (None, 32, 32, 32)        0         
                                                                 
 max_pooling2d (MaxPooling2D  (None, 16, 16, 32)       0         
 )                                                               
                                                                 
 flatten (Flatten)           (None, 8192)              0         
                                                                 
 dense (Dense)               (None, 256)               2097408   
                                                                 
 leaky_re_lu_2 (LeakyReLU)   (None, 256)               0         
                                                                 
 dense_1 (Dense)             (None, 10)                2570      
=================================================================
Total params: 2,105,066
Trainable params: 2,105,066
Non-trainable params: 0
_________________________________________________________________
`
	if got := m.Summary(SummaryClassic()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestClassicSummaryConnections(t *testing.T) {
	m, err := ModelFromConfig(goldenModels(t)["residual"].Config)
	if err != nil {
		t.Fatal(err)
	}
	got := m.Summary(SummaryClassic())
	for _, want := range []string{
		" input_layer (InputLayer)       [(None, 16, 16, 3)]  0           []                               \n",
		" conv1_conv (Conv2D)            (None, 8, 8, 8)      1184        ['conv1_pad[0][0]']              \n",
		" out (Add)                      (None, 4, 4, 16)     0           ['0_conv[0][0]',                 \n" +
			"                                                                  '2_conv[0][0]']                 \n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks\n%s\nin\n%s", want, got)
		}
	}
}

func TestSummaryOfUnbuiltAndBroken(t *testing.T) {
	if got := Sequential("later", Dense(3)).Summary(); !strings.Contains(got,
		"│ dense (Dense)                   │ ?                      │   0 (unbuilt) │") {
		t.Errorf("unbuilt model:\n%s", got)
	}
	if got := Sequential("bad", Input(2), Dense(0)).Summary(); !strings.Contains(got, "units must be at least 1") {
		t.Errorf("broken model: %s", got)
	}
}

func TestDisplayHasBothForms(t *testing.T) {
	b := Sequential("a<b", Input(2), Dense(3)).Display()
	if !strings.Contains(b.HTML, "a&lt;b") || !strings.Contains(b.HTML, "dense (Dense)") ||
		!strings.Contains(b.Text, "dense (Dense)") {
		t.Errorf("got %+v", b)
	}
}
