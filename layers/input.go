package layers

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// InputLayer is where data enters a model. Sequential takes it as its first
// layer; for Functional it is also the symbolic tensor of its own output.
type InputLayer struct {
	Base[*InputLayer]
	shape Shape
}

// Input declares the shape of one example, without the batch axis:
// Input(32, 32, 3) for CIFAR-10's images. Every dimension must be at least 1.
func Input(shape ...int) *InputLayer {
	l := &InputLayer{shape: Shape(shape).Clone()}
	l.Init(l, "InputLayer")
	if err := l.shape.check(); err != nil {
		l.Invalid("shape: %w", err)
	}
	l.Base.Apply()
	return l
}

// Tensor returns the symbolic output.
func (l *InputLayer) Tensor() *Tensor { return l.nodes[0].outputs[0] }

// Shape returns the shape of one example.
func (l *InputLayer) Shape() Shape { return l.shape }

// Apply refuses: an input has no inputs. Use the layer itself as a Symbol.
func (l *InputLayer) Apply(in ...Symbol) *Tensor {
	t := &Tensor{node: l.nodes[0]}
	t.err = &layerError{l, fmt.Errorf("an Input is not applied to %d tensors: pass it to other layers", len(in))}
	return t
}

// OutputShape returns the declared shape.
func (l *InputLayer) OutputShape(in []Shape) (Shape, error) {
	if len(in) != 0 {
		return nil, fmt.Errorf("wants no inputs, got %d", len(in))
	}
	return l.shape, nil
}

// Call is never reached: models feed their inputs directly.
func (l *InputLayer) Call(_ *Pass, in []*graph.Node) *graph.Node { return in[0] }

// Config returns Keras' configuration of an InputLayer.
func (l *InputLayer) Config() map[string]any {
	return map[string]any{
		"batch_shape": batchShape(l.shape), "dtype": "float32", "sparse": false, "ragged": false,
		"name": l.name, "optional": false,
	}
}

// batchShape is Keras' form of a shape: null for the batch axis, then the
// dimensions.
func batchShape(s Shape) []any {
	out := make([]any, 0, len(s)+1)
	out = append(out, nil)
	for _, d := range s {
		out = append(out, d)
	}
	return out
}
