package cifar

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/gocifar/gocifar/layers"
)

// TestModelsEqualWalkthrough compares every row of the walkthrough's
// summaries: name, class, parameters.
func TestModelsEqualWalkthrough(t *testing.T) {
	conv := func(n int, out string, params int) string {
		name := "conv2d"
		if n > 0 {
			name = fmt.Sprintf("conv2d_%d", n)
		}
		return fmt.Sprintf("%s Conv2D %s %d", name, out, params)
	}
	for _, test := range []struct {
		model  *layers.Model
		params int
		rate   float64
		rows   []string
	}{
		{Model1(), 2105066, 0.005, []string{
			conv(0, "[32 32 16]", 448), "leaky_re_lu LeakyReLU [32 32 16] 0",
			conv(1, "[32 32 32]", 4640), "leaky_re_lu_1 LeakyReLU [32 32 32] 0",
			"max_pooling2d MaxPooling2D [16 16 32] 0", "flatten Flatten [8192] 0",
			"dense Dense [256] 2097408", "leaky_re_lu_2 LeakyReLU [256] 0", "dense_1 Dense [10] 2570",
		}},
		{Model2(), 2105066, 0.005, []string{
			conv(0, "[32 32 16]", 448), "leaky_re_lu LeakyReLU [32 32 16] 0", "dropout Dropout [32 32 16] 0",
			conv(1, "[32 32 32]", 4640), "leaky_re_lu_1 LeakyReLU [32 32 32] 0", "dropout_1 Dropout [32 32 32] 0",
			"max_pooling2d MaxPooling2D [16 16 32] 0", "flatten Flatten [8192] 0",
			"dense Dense [256] 2097408", "leaky_re_lu_2 LeakyReLU [256] 0", "dropout_2 Dropout [256] 0",
			"dense_1 Dense [10] 2570",
		}},
		{Model3(), 1084234, 0.001, []string{
			conv(0, "[32 32 16]", 448), "leaky_re_lu LeakyReLU [32 32 16] 0",
			conv(1, "[32 32 32]", 4640), "leaky_re_lu_1 LeakyReLU [32 32 32] 0",
			"max_pooling2d MaxPooling2D [16 16 32] 0", "dropout Dropout [16 16 32] 0",
			conv(2, "[16 16 32]", 9248), "leaky_re_lu_2 LeakyReLU [16 16 32] 0",
			conv(3, "[16 16 64]", 18496), "leaky_re_lu_3 LeakyReLU [16 16 64] 0",
			"max_pooling2d_1 MaxPooling2D [8 8 64] 0", "dropout_1 Dropout [8 8 64] 0", "flatten Flatten [4096] 0",
			"dense Dense [256] 1048832", "leaky_re_lu_4 LeakyReLU [256] 0", "dropout_2 Dropout [256] 0",
			"dense_1 Dense [10] 2570",
		}},
	} {
		if err := test.model.Err(); err != nil {
			t.Fatal(err)
		}
		if got := test.model.CountParams(); got != test.params {
			t.Errorf("%s has %d parameters, want %d", test.model.Name(), got, test.params)
		}
		if o := test.model.Optimizer(); o == nil || o.LearningRate() != test.rate {
			t.Errorf("%s is compiled with %v, want a learning rate of %v", test.model.Name(), o, test.rate)
		}
		var rows []string
		shape := layers.Shape{Side, Side, Channels}
		for _, l := range test.model.Layers() {
			out, err := l.OutputShape([]layers.Shape{shape})
			if err != nil {
				t.Fatal(err)
			}
			shape = out
			if l.Class() == "InputLayer" {
				continue
			}
			params := 0
			for _, v := range l.Variables() {
				size := 1
				for _, d := range v.Shape {
					size *= d
				}
				params += size
			}
			rows = append(rows, fmt.Sprintf("%s %s %v %d", l.Name(), l.Class(), []int(out), params))
		}
		if !reflect.DeepEqual(rows, test.rows) {
			t.Errorf("%s:\ngot  %q\nwant %q", test.model.Name(), rows, test.rows)
		}
	}
}

func TestProfiles(t *testing.T) {
	e := &Pictures{Examples: &layers.Examples{Shape: []int{1}, Bytes: make([]uint8, 50000)}}
	for _, test := range []struct {
		value              string
		epochs10, examples int
	}{{"", 4, 8000}, {"quick", 4, 8000}, {"full", 10, 50000}, {"ful", 4, 8000}} {
		t.Setenv("GOCIFAR_PROFILE", test.value)
		p := CurrentProfile()
		if p.Epochs(10) != test.epochs10 || p.Epochs(1) != 1 || p.Examples(e).Len() != test.examples {
			t.Errorf("profile %q: %d epochs for 10, %d for 1, %d examples", test.value, p.Epochs(10), p.Epochs(1), p.Examples(e).Len())
		}
	}
}
