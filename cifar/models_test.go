package cifar_test

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
		{model1(), 2105066, 0.005, []string{
			conv(0, "[32 32 16]", 448), "leaky_re_lu LeakyReLU [32 32 16] 0",
			conv(1, "[32 32 32]", 4640), "leaky_re_lu_1 LeakyReLU [32 32 32] 0",
			"max_pooling2d MaxPooling2D [16 16 32] 0", "flatten Flatten [8192] 0",
			"dense Dense [256] 2097408", "leaky_re_lu_2 LeakyReLU [256] 0", "dense_1 Dense [10] 2570",
		}},
		{model2(), 2105066, 0.005, []string{
			conv(0, "[32 32 16]", 448), "leaky_re_lu LeakyReLU [32 32 16] 0", "dropout Dropout [32 32 16] 0",
			conv(1, "[32 32 32]", 4640), "leaky_re_lu_1 LeakyReLU [32 32 32] 0", "dropout_1 Dropout [32 32 32] 0",
			"max_pooling2d MaxPooling2D [16 16 32] 0", "flatten Flatten [8192] 0",
			"dense Dense [256] 2097408", "leaky_re_lu_2 LeakyReLU [256] 0", "dropout_2 Dropout [256] 0",
			"dense_1 Dense [10] 2570",
		}},
		{model3(), 1084234, 0.001, []string{
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
		shape := layers.Shape{32, 32, 3}
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

// compiled compiles a model as the walkthrough does all three; Fit returns what is
// wrong with the settings.
func compiled(m *layers.Model, learningRate float64) *layers.Model {
	m.Compile(layers.Adamax(learningRate), layers.CategoricalCrossEntropy, layers.Accuracy)
	return m
}

// model1 is the walkthrough's first model, compiled: two convolutions and a dense
// layer with LeakyReLU, 2,105,066 parameters.
func model1() *layers.Model {
	m := layers.Sequential("model_1",
		layers.Input(32, 32, 3),
		layers.Conv2D(16, 3).Padding(layers.Same),
		layers.LeakyReLU(0.1),
		layers.Conv2D(32, 3).Padding(layers.Same),
		layers.LeakyReLU(0.1),
		layers.MaxPooling2D(2),
		layers.Flatten(),
		layers.Dense(256),
		layers.LeakyReLU(0.1),
		layers.Dense(10).Activation(layers.Softmax),
	)
	return compiled(m, 0.005)
}

// model2 is the second model, compiled: the first with dropout against
// overfitting, 2,105,066 parameters.
func model2() *layers.Model {
	m := layers.Sequential("model_2",
		layers.Input(32, 32, 3),
		layers.Conv2D(16, 3).Padding(layers.Same),
		layers.LeakyReLU(0.1),
		layers.Dropout(0.2),
		layers.Conv2D(32, 3).Padding(layers.Same),
		layers.LeakyReLU(0.1),
		layers.Dropout(0.2),
		layers.MaxPooling2D(2),
		layers.Flatten(),
		layers.Dense(256),
		layers.LeakyReLU(0.1),
		layers.Dropout(0.5),
		layers.Dense(10).Activation(layers.Softmax),
	)
	return compiled(m, 0.005)
}

// model3 is the third model, compiled: more convolutions and pooling, dropout
// after each pool, 1,084,234 parameters.
func model3() *layers.Model {
	m := layers.Sequential("model_3",
		layers.Input(32, 32, 3),
		layers.Conv2D(16, 3).Padding(layers.Same),
		layers.LeakyReLU(0.1),
		layers.Conv2D(32, 3).Padding(layers.Same),
		layers.LeakyReLU(0.1),
		layers.MaxPooling2D(2),
		layers.Dropout(0.25),
		layers.Conv2D(32, 3).Padding(layers.Same),
		layers.LeakyReLU(0.1),
		layers.Conv2D(64, 3).Padding(layers.Same),
		layers.LeakyReLU(0.1),
		layers.MaxPooling2D(2),
		layers.Dropout(0.25),
		layers.Flatten(),
		layers.Dense(256),
		layers.LeakyReLU(0.1),
		layers.Dropout(0.5),
		layers.Dense(10).Activation(layers.Softmax),
	)
	return compiled(m, 0.001)
}
