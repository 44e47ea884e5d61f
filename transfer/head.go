package transfer

import (
	"fmt"

	"github.com/gocifar/gocifar/layers"
)

// HeadLearningRate is the walkthrough's learning rate for a head.
const HeadLearningRate = 0.0005

// Head makes the walkthrough's classifier for features of the layer named tap
// ("" for the network's result), compiled and ready to train:
//
//	Flatten, Dense 256 ReLU, Dense 128 ReLU, Dropout 0.3, Dense 64 ReLU,
//	BatchNormalization, Dense classes softmax
//
// with Adamax at a learning rate of 0.0005, categorical cross-entropy and
// accuracy. Its layers have the names they would have on top of the network,
// so that [Compose] can join the two.
func Head(b *Backbone, tap string, classes int) (*layers.Model, error) {
	tapped, err := b.tapped(tap)
	if err != nil {
		return nil, fmt.Errorf("transfer: head: %w", err)
	}
	stack := []layers.Layer{
		layers.Flatten(),
		layers.Dense(256).Activation(layers.Relu),
		layers.Dense(128).Activation(layers.Relu),
		layers.Dropout(0.3),
		layers.Dense(64).Activation(layers.Relu),
		namedAbove(tapped, layers.BatchNormalization(), "batch_normalization"),
		layers.Dense(classes).Activation(layers.Softmax),
	}
	shape := tapped.Outputs()[0].Shape()
	head := layers.Sequential("head", append([]layers.Layer{layers.Input(shape...)}, stack...)...)
	if err := head.Compile(layers.Adamax(HeadLearningRate), layers.CategoricalCrossEntropy, layers.Accuracy); err != nil {
		return nil, fmt.Errorf("transfer: head: %w", err)
	}
	if err := head.Err(); err != nil {
		return nil, fmt.Errorf("transfer: head: %w", err)
	}
	return head, nil
}

// namedAbove gives a layer the automatic name that Keras would give it in a
// model that goes on from m: counted on from the layers of that class in m.
func namedAbove(m *layers.Model, l *layers.BatchNormalizationLayer, base string) layers.Layer {
	count := 0
	for _, other := range m.Layers() {
		var n int
		if _, err := fmt.Sscanf(other.Name(), base+"_%d", &n); err == nil {
			count = max(count, n+1)
		} else if other.Name() == base {
			count = max(count, 1)
		}
	}
	if count == 0 {
		return l // the model that gets it names it
	}
	return l.Named(fmt.Sprintf("%s_%d", base, count))
}
