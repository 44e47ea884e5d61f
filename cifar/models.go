package cifar

import "github.com/gocifar/gocifar/layers"

// compiled compiles a model as the walkthrough does all three. A wrong setting
// would be kept by the model and returned by Fit.
func compiled(m *layers.Model, learningRate float64) *layers.Model {
	m.Compile(layers.Adamax(learningRate), layers.CategoricalCrossEntropy, layers.Accuracy)
	return m
}

// Model1 returns the walkthrough's first model, compiled: two convolutions and a dense
// layer with LeakyReLU, 2,105,066 parameters.
func Model1() *layers.Model {
	m := layers.Sequential("model_1",
		layers.Input(Side, Side, Channels),
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

// Model2 returns the second model, compiled: the first with dropout against
// overfitting, 2,105,066 parameters.
func Model2() *layers.Model {
	m := layers.Sequential("model_2",
		layers.Input(Side, Side, Channels),
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

// Model3 returns the third model, compiled: more convolutions and pooling, dropout
// after each pool, 1,084,234 parameters.
func Model3() *layers.Model {
	m := layers.Sequential("model_3",
		layers.Input(Side, Side, Channels),
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
