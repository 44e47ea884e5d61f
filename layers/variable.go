package layers

import (
	"fmt"
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// Variable is one weight of a layer: a float32 tensor that training changes
// (Trainable) or that the forward pass keeps (the moving statistics of batch
// normalization).
type Variable struct {
	// Name is the variable's name within its layer, as in Keras: "kernel",
	// "bias", "gamma", "moving_mean".
	Name string
	// Path is the layer's name, a slash, and Name: "conv2d_1/kernel".
	Path string
	// Place is where Keras keeps the variable within its layer, for a part of
	// it that is a layer itself: the attribute's name, "cell" of an LSTM; of a
	// part within a part both, "forward_layer/cell". Files need it.
	Place string
	// Twice says that Keras also keeps the variable with the layer itself,
	// beside its Place, as SpectralNormalization does with the kernel.
	Twice bool
	// Shape has no batch axis: a kernel of Conv2D is (height, width, in, out).
	Shape Shape
	// Trainable is false for statistics. Whether an optimizer may change the
	// variable depends on its layer too: see Model.TrainableVariables.
	Trainable bool
	// Value is the current value, of type float32 and shape Shape. It is nil
	// until the model is initialized or weights are loaded: building a model
	// of 20 million weights that a file then replaces costs nothing.
	Value *tensors.Tensor
	// Initializer draws the first value.
	Initializer Initializer
	// Regularizer is a penalty on the value that training adds to the loss, and
	// Constraint replaces every value that an optimizer computes; nil is none.
	// The layer's Build sets them.
	Regularizer Regularizer
	Constraint  Constraint
}

// Set replaces the value, after checking that its type is float32 and its
// shape is the variable's.
func (v *Variable) Set(t *tensors.Tensor) error {
	got := t.Shape()
	if got.DType != dtypes.Float32 || !v.Shape.Equal(Shape(got.Dimensions)) {
		return fmt.Errorf("layers: %s wants float32 values of shape %v, got %s %v",
			v.Path, []int(v.Shape), got.DType, got.Dimensions)
	}
	v.Value = t
	return nil
}

// SetFlat replaces the value by a copy of values in row-major order.
func (v *Variable) SetFlat(values []float32) error {
	if len(values) != v.Shape.Size() {
		return fmt.Errorf("layers: %s of shape %v wants %d values, got %d",
			v.Path, []int(v.Shape), v.Shape.Size(), len(values))
	}
	v.Value = tensors.FromFlatDataAndDimensions(values, v.Shape...)
	return nil
}

// Flat returns a copy of the value in row-major order; nil before the
// variable has a value.
func (v *Variable) Flat() ([]float32, error) {
	if v.Value == nil {
		return nil, nil
	}
	values, err := tensors.CopyFlatData[float32](v.Value)
	if err != nil {
		return nil, fmt.Errorf("layers: reading %s: %w", v.Path, err)
	}
	return values, nil
}

// initialize draws the first value.
func (v *Variable) initialize(rng *rand.Rand) error {
	return v.SetFlat(v.Initializer.Draw(v.Shape, rng))
}
