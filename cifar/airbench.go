package cifar

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gocifar/gocifar/layers"
)

// Airbench is a recipe for small pictures: a network, how its weights begin, what
// happens to the pictures, and how it is trained. [Airbench94] and [Airbench96]
// are Keller Jordan's of those names, told again (arXiv:2404.00498 and
// github.com/KellerJordan/cifar10-airbench, airbench94_muon.py and
// lib_airbench96.py).
//
//	recipe := cifar.Airbench94()
//	model, err := recipe.Model(ctx, train)
//	…
//	history, err := model.Fit(ctx, train, recipe.Options(train)...)
//	rows, err := recipe.Classifier(model).Predict(ctx, test)
type Airbench struct {
	// Widths are the filters of the three groups of convolutions.
	Widths [3]int
	// Deep groups have a third convolution, and a shortcut around the last two.
	Deep bool
	// Epochs and Batch are how long and in which steps to train. Fewer pictures
	// than a batch become one batch.
	Epochs, Batch int
	// Flip mirrors pictures from left to right: not for digits or text.
	Flip bool
	// Shift is by how many pixels pictures are moved, Cutout the side of the square
	// that is cut out of each; 0 for none.
	Shift, Cutout int
	// Policy is the type in which most layers, and Muon's iteration, compute.
	// Where the pictures come in and where the classes go out it is float32 in any
	// case.
	Policy layers.DTypePolicy

	without map[AirbenchPart]bool
}

// Airbench94 is for 94 % of CIFAR-10's test pictures.
func Airbench94() Airbench {
	return Airbench{Widths: [3]int{64, 256, 256}, Epochs: 8, Batch: 2000, Flip: true, Shift: 2, Policy: layers.Float32}
}

// Airbench96 is for 96 %: wider and deeper, with parts cut out of the pictures,
// and five times as long. It takes ten times the work, which wants a GPU. It is
// trained as Airbench94 is, where Jordan's has SGD with lookahead.
func Airbench96() Airbench {
	return Airbench{Widths: [3]int{128, 384, 512}, Deep: true, Epochs: 40, Batch: 1024, Flip: true, Shift: 4, Cutout: 12,
		Policy: layers.Float32}
}

// In returns the recipe as a profile wants it: in quick a quarter of the widths,
// small steps for few pictures, and a third of the epochs.
func (a Airbench) In(p Profile) Airbench {
	a.Epochs = p.Epochs(a.Epochs)
	if p.MaxExamples > 0 {
		a.Batch = min(a.Batch, p.MaxExamples/20)
		for i := range a.Widths {
			a.Widths[i] = max(1, a.Widths[i]/4)
		}
	}
	return a
}

// AirbenchPart is a part of the recipe that can be left out.
type AirbenchPart string

// The parts, and what stands in their place.
const (
	WhiteningPart       AirbenchPart = "whitening"        // the first convolution begins at random and is trained
	DiracPart           AirbenchPart = "dirac"            // all convolutions begin at random
	AlternatingFlipPart AirbenchPart = "alternating flip" // each picture is mirrored by chance in each epoch
	ShiftPart           AirbenchPart = "shift"            // pictures stay in their place
	SmoothingPart       AirbenchPart = "label smoothing"  // targets are 0 and 1
	MuonPart            AirbenchPart = "muon"             // SGD with momentum also moves the filters
	ViewsPart           AirbenchPart = "six views"        // the classifier looks once
)

// AirbenchParts lists the parts in the order of a picture's way.
func AirbenchParts() []AirbenchPart {
	return []AirbenchPart{AlternatingFlipPart, ShiftPart, WhiteningPart, DiracPart, SmoothingPart, MuonPart, ViewsPart}
}

// Without returns the recipe without some parts.
func (a Airbench) Without(parts ...AirbenchPart) Airbench {
	without := map[AirbenchPart]bool{}
	for part := range a.without {
		without[part] = true
	}
	for _, part := range parts {
		without[part] = true
	}
	a.without = without
	return a
}

// network is the network for pictures of a shape, which come in as they are.
func (a Airbench) network(shape layers.Shape, classes int, normalize *layers.NormalizationLayer,
	first layers.Layer) *layers.Model {
	image := layers.Input(shape...)
	y := a.augmented(normalize.Apply(image))
	y = layers.Activation(layers.Gelu).DType(a.Policy).Apply(first.Apply(y))
	for _, width := range a.Widths {
		y = a.group(y, width)
	}
	y = layers.GlobalMaxPooling2D().Apply(y)
	unit := layers.RandomUniform(-math.Sqrt(3), math.Sqrt(3)) // of standard deviation 1
	head := layers.Dense(classes).WithoutBias().KernelInitializer(unit).Named("head")
	y = layers.Rescaling(1/float64(a.Widths[2]), 0).Apply(head.Apply(y))
	return layers.Functional("airbench", layers.Symbols{image}, layers.Symbols{y})
}

// augmented is what happens to pictures in training.
func (a Airbench) augmented(y *layers.Tensor) *layers.Tensor {
	switch {
	case a.Flip && a.without[AlternatingFlipPart]:
		y = layers.RandomFlip(layers.Horizontal).Apply(y)
	case a.Flip:
		y = layers.AlternatingFlip().Apply(y)
	}
	if a.Shift > 0 && !a.without[ShiftPart] {
		y = layers.RandomShift(a.Shift).Apply(y)
	}
	if a.Cutout > 0 {
		part := float64(a.Cutout*a.Cutout) / (32 * 32)
		y = layers.RandomErasing(1, 1).Scale(part, part).FillValue(0).ValueRange(-3, 3).Apply(y)
	}
	return y
}

// group is a convolution and a pool, then one or two convolutions more.
func (a Airbench) group(y *layers.Tensor, width int) *layers.Tensor {
	conv := func(y *layers.Tensor) *layers.Tensor {
		random := layers.VarianceScaling(1.0/3, layers.FanIn, layers.UniformDistribution) // PyTorch's
		begin := layers.Dirac(random)
		if a.without[DiracPart] {
			begin = random
		}
		return layers.Conv2D(width, 3).Padding(layers.Same).WithoutBias().KernelInitializer(begin).DType(a.Policy).Apply(y)
	}
	normed := func(y *layers.Tensor) *layers.Tensor {
		return layers.BatchNormalization().WithoutScale().Momentum(0.6).Epsilon(1e-12).DType(a.Policy).Apply(y)
	}
	gelu := func(y *layers.Tensor) *layers.Tensor { return layers.Activation(layers.Gelu).DType(a.Policy).Apply(y) }
	y = gelu(normed(layers.MaxPooling2D(2).DType(a.Policy).Apply(conv(y))))
	z := gelu(normed(conv(y)))
	if a.Deep {
		z = gelu(layers.Add().DType(a.Policy).Apply(normed(conv(z)), y))
	}
	return z
}

// Model builds the network for pictures like those to be trained on, whose
// patches it measures, and compiles it for a training on them.
func (a Airbench) Model(ctx context.Context, train *layers.Examples) (*layers.Model, error) {
	if err := a.check(train); err != nil {
		return nil, err
	}
	normalize, first, err := a.stem(ctx, train)
	if err != nil {
		return nil, fmt.Errorf("cifar: airbench: %w", err)
	}
	m := a.network(train.Shape, train.Classes, normalize, first)
	if m.Err() != nil {
		return nil, m.Err()
	}
	loss := layers.CategoricalCrossEntropy.FromLogits().Reduction("sum")
	if !a.without[SmoothingPart] {
		loss = loss.LabelSmoothing(0.2)
	}
	if err := m.Compile(a.optimizer(train), loss, layers.Accuracy); err != nil {
		return nil, err
	}
	return m, nil
}

// optimizer has Muon for the filters, and SGD for biases and head, all at rates
// that go down to 0 in a straight line.
func (a Airbench) optimizer(train *layers.Examples) layers.Optimizer {
	batch := a.batch(train)
	decay := 2e-6 * float64(batch)
	falling := func(rate float64, epochs int) layers.OptimizerOption {
		steps := epochs * (train.Len() / batch)
		return layers.WithSchedule(layers.PolynomialDecay(rate, steps).End(0))
	}
	sgd := func(rate float64, epochs int) layers.Optimizer {
		return layers.TorchSGD(rate, falling(rate, epochs), layers.WeightDecay(decay/rate)).Momentum(0.85).Nesterov()
	}
	narrow := a.Policy == layers.MixedBFloat16
	var filters layers.Optimizer = layers.FilterMuon(0.24, falling(0.24, a.Epochs)).NewtonSchulz(3, narrow)
	if a.without[MuonPart] {
		filters = sgd(a.sgdRate(), a.Epochs)
	}
	return layers.PerGroup(filters).
		On("whitening/bias", sgd(0.053, a.stemEpochs())).
		On("batch_normalization.*/beta", sgd(0.053, a.Epochs)).
		On("head/kernel", sgd(0.67, a.Epochs))
}

// sgdRate is that of airbench94 before Muon: 11.5 for 1024 pictures, of which a
// step with momentum is 1 + 1/(1-momentum) times as long.
func (a Airbench) sgdRate() float64 { return 11.5 / (1024 * (1 + 1/(1-0.85))) }

// stemEpochs is how long the whitening's bias is trained.
func (a Airbench) stemEpochs() int { return max(1, (3*a.Epochs+4)/8) }

// batch is the size of a step.
func (a Airbench) batch(train *layers.Examples) int { return min(a.Batch, train.Len()) }

// Options are Fit's: epochs, steps of whole batches, and when the first layer
// rests.
func (a Airbench) Options(train *layers.Examples) []layers.Option {
	list := []layers.Option{layers.Epochs(a.Epochs), layers.BatchSize(a.batch(train)), layers.DropRemainder()}
	if !a.without[WhiteningPart] {
		list = append(list, layers.TrainDuring("whitening/bias", 0, a.stemEpochs()))
	}
	return list
}

// Classifier returns a model of probabilities, which looks at six views of each
// picture. It shares the trained model's weights.
func (a Airbench) Classifier(model *layers.Model) *layers.Model {
	inner := model
	if !a.without[ViewsPart] {
		inner = layers.TestTimeAugmentation(model)
	}
	if err := inner.Ready(); err != nil {
		return inner
	}
	image := layers.Input(model.Inputs()[0].Shape()...)
	return layers.Functional("airbench_classifier", layers.Symbols{image},
		layers.Symbols{layers.NewSoftmax().Apply(inner.Apply(image))})
}

// Err says what is wrong with the recipe itself, nil if nothing is.
func (a Airbench) Err() error {
	for part := range a.without {
		if !slices.Contains(AirbenchParts(), part) {
			return fmt.Errorf("cifar: airbench has no part %q to leave out, only %q", part, AirbenchParts())
		}
	}
	switch {
	case a.Batch < 1 || a.Epochs < 1 || slices.Min(a.Widths[:]) < 1:
		return fmt.Errorf("cifar: airbench wants epochs, a batch and widths of at least 1, got %d, %d and %v",
			a.Epochs, a.Batch, a.Widths)
	case a.Policy != layers.Float32 && a.Policy != layers.MixedBFloat16:
		return fmt.Errorf("cifar: airbench wants the policy %q or %q, got %q", layers.Float32, layers.MixedBFloat16, a.Policy)
	case a.Shift < 0 || a.Cutout < 0 || a.Cutout > 32:
		return fmt.Errorf("cifar: airbench wants a shift from 0 on and a cutout from 0 to 32, got %d and %d",
			a.Shift, a.Cutout)
	}
	return nil
}

// check refuses what the network cannot take.
func (a Airbench) check(train *layers.Examples) error {
	switch {
	case a.Err() != nil:
		return a.Err()
	case train == nil || len(train.Shape) != 3 || train.Labels == nil:
		return errors.New("cifar: airbench wants labeled pictures of (height, width, channels)")
	case min(train.Shape[0], train.Shape[1]) < smallestPicture:
		return fmt.Errorf("cifar: airbench wants pictures of at least %d by %d pixels, got %v: its three pools leave "+
			"nothing of smaller ones", smallestPicture, smallestPicture, train.Shape)
	case train.Len() == 0:
		return errors.New("cifar: airbench wants at least one picture, got none")
	}
	return nil
}

const smallestPicture = 9
