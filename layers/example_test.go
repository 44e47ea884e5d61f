package layers_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/gocifar/gocifar/layers"
)

// stripes are images that are light on the left or on the right.
func stripes() *layers.Examples {
	e := &layers.Examples{Shape: []int{4, 4, 1}, Classes: 2}
	for i := range 64 {
		label := i % 2
		for p := range 16 {
			v := uint8(i)
			if p%4/2 == label {
				v += 150
			}
			e.Bytes = append(e.Bytes, v)
		}
		e.Labels = append(e.Labels, int32(label))
	}
	return e.Normalize(255)
}

func ExampleModel_Fit() {
	model := layers.Sequential("stripes",
		layers.Input(4, 4, 1),
		layers.Flatten(),
		layers.Dense(2).Activation(layers.Softmax),
	)
	model.Compile(layers.Adamax(0.1), layers.CategoricalCrossEntropy, layers.Accuracy)
	history, err := model.Fit(context.Background(), stripes(), layers.Epochs(20), layers.ValidationSplit(0.25),
		layers.Verbose(layers.Silent))
	if err != nil {
		fmt.Println(err)
		return
	}
	accuracy, _ := history.Last("val_accuracy")
	fmt.Println(len(history.Epochs), "epochs, validation accuracy", accuracy)

	probabilities, err := model.Predict(context.Background(), stripes())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("the first is of class 0:", probabilities[0][0] > 0.5)
	// Output:
	// 20 epochs, validation accuracy 1
	// the first is of class 0: true
}

func ExampleSequential() {
	model := layers.Sequential("digits",
		layers.Input(28, 28, 1),
		layers.Conv2D(8, 3).Padding(layers.Same).Activation(layers.Relu),
		layers.MaxPooling2D(2),
		layers.Flatten(),
		layers.Dense(10).Activation(layers.Softmax),
	)
	fmt.Print(model.Summary())
	// Output:
	// Model: "digits"
	// ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
	// ┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
	// ┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
	// │ conv2d (Conv2D)                 │ (None, 28, 28, 8)      │            80 │
	// ├─────────────────────────────────┼────────────────────────┼───────────────┤
	// │ max_pooling2d (MaxPooling2D)    │ (None, 14, 14, 8)      │             0 │
	// ├─────────────────────────────────┼────────────────────────┼───────────────┤
	// │ flatten (Flatten)               │ (None, 1568)           │             0 │
	// ├─────────────────────────────────┼────────────────────────┼───────────────┤
	// │ dense (Dense)                   │ (None, 10)             │        15,690 │
	// └─────────────────────────────────┴────────────────────────┴───────────────┘
	//  Total params: 15,770 (61.60 KB)
	//  Trainable params: 15,770 (61.60 KB)
	//  Non-trainable params: 0 (0.00 B)
}

// Two branches read the same image; the second one is a shared layer applied
// twice.
func ExampleFunctional() {
	image := layers.Input(8, 8, 3)
	a := layers.Conv2D(4, 1).Apply(image)
	shared := layers.Conv2D(4, 3).Padding(layers.Same)
	b := shared.Apply(shared.Apply(a))
	top := layers.GlobalAveragePooling2D().Apply(layers.Add().Apply(a, b))
	model := layers.Functional("residual", layers.Symbols{image}, layers.Symbols{layers.Dense(2).Apply(top)})
	if err := model.Err(); err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range model.Layers() {
		fmt.Println(l.Name(), l.Class())
	}
	fmt.Println(model.CountParams(), "parameters")
	// Output:
	// input_layer InputLayer
	// conv2d Conv2D
	// conv2d_1 Conv2D
	// add Add
	// global_average_pooling2d GlobalAveragePooling2D
	// dense Dense
	// 174 parameters
}

func ExampleModel_Summary() {
	model := layers.Sequential("model", layers.Input(8), layers.Dense(4), layers.LeakyReLU(0.1), layers.Dense(2))
	for line := range strings.Lines(model.Summary(layers.SummaryClassic())) { // as the walkthrough shows it
		fmt.Println(strings.TrimRight(line, " \n")) // an example's output has no spaces at the ends
	}
	// Output:
	// Model: "model"
	// _________________________________________________________________
	//  Layer (type)                Output Shape              Param #
	// =================================================================
	//  dense (Dense)               (None, 4)                 36
	//
	//  leaky_re_lu (LeakyReLU)     (None, 4)                 0
	//
	//  dense_1 (Dense)             (None, 2)                 10
	// =================================================================
	// Total params: 46
	// Trainable params: 46
	// Non-trainable params: 0
	// _________________________________________________________________
}
