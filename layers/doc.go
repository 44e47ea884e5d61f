// Package layers builds, trains and uses neural networks as Keras does, on
// GoMLX: the same layers, names, defaults and numbers.
//
// A model is a graph of layers, which are values with options as methods. It
// checks shapes when it is made, keeps the first mistake and returns it from
// every later call. Fit compiles one program for a training step and runs it on
// data that stays on the device:
//
//	model := layers.Sequential("digits",
//		layers.Input(28, 28, 1),
//		layers.Conv2D(16, 3).Padding(layers.Same).Activation(layers.Relu),
//		layers.Flatten(),
//		layers.Dense(10).Activation(layers.Softmax),
//	)
//	err := model.Compile(layers.Adam(0.001), layers.CategoricalCrossEntropy, layers.Accuracy)
//	history, err := model.Fit(ctx, train, layers.Epochs(10), layers.ValidationSplit(0.2))
//	probabilities, err := model.Predict(ctx, test)
//
// Of data that are larger than memory a [Source] yields batches, which are read in
// the background.
//
// [Functional] makes models that branch. Targets are classes or, for other
// losses, numbers: see [Examples].
//
// A layer, optimizer, loss, metric, initializer or callback of one's own
// implements [Layer], [Optimizer], [Loss], [Metric], [Initializer] or
// [Callback], and is registered by name, see [RegisterLayer], so that files
// bring it back. Those here are made in the same way; what internal/xla does
// for them makes them faster, not different.
//
// It leaves Keras' files to package kerasfile, what a training has measured to
// history, how results show themselves to display, pretrained networks to
// package transfer, data sets to cifar. What is on the devices and the programs
// that train there are in internal/engine, what GoMLX and XLA need done their way
// in internal/xla.
package layers
