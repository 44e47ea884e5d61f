package layers

import "fmt"

// Symbol is something a layer can be applied to: a symbolic [Tensor], or an
// [InputLayer], which stands for its own output.
type Symbol interface{ Tensor() *Tensor }

// Symbols is a list of inputs or outputs of a [Functional] model.
type Symbols = []Symbol

// Tensor is a symbolic value: the result of applying a layer, before any
// number exists (Keras' KerasTensor). Functional turns tensors into a model.
type Tensor struct {
	shape Shape
	node  *node
	err   error // why the shape is unknown
}

// Tensor returns t itself.
func (t *Tensor) Tensor() *Tensor { return t }

// Shape returns the shape of one example; nil if a layer refused its input.
func (t *Tensor) Shape() Shape { return t.shape }

// Err returns the first error on the way from the inputs to t.
func (t *Tensor) Err() error { return t.err }

// Layer returns the layer whose result t is.
func (t *Tensor) Layer() Layer { return t.node.layer }

// node is one application of a layer (Keras' Node).
type node struct {
	layer  Layer
	index  int // among the layer's nodes
	inputs []*Tensor
	output *Tensor
}

// layerError says which layer refused its inputs and why. The layer is kept,
// not its name, because the model names it later.
type layerError struct {
	layer Layer
	cause error
}

func (e *layerError) Error() string { return fmt.Sprintf("layer %s: %v", describe(e.layer), e.cause) }
func (e *layerError) Unwrap() error { return e.cause }

// apply records the application of layer to the given tensors.
func apply(layer Layer, in []Symbol) *Tensor {
	s := layer.core()
	n := &node{layer: layer, index: len(s.nodes)}
	t := &Tensor{node: n}
	n.output = t
	s.nodes = append(s.nodes, n)
	shapes := make([]Shape, 0, len(in))
	for i, symbol := range in {
		if symbol == nil || symbol.Tensor() == nil {
			t.err = &layerError{layer, fmt.Errorf("input %d is nil", i)}
			continue
		}
		x := symbol.Tensor()
		n.inputs = append(n.inputs, x)
		shapes = append(shapes, x.shape)
		if t.err == nil {
			t.err = x.err
		}
	}
	if t.err == nil {
		t.shape, t.err = outputShape(layer, shapes)
	}
	return t
}

// outputShape is layer.OutputShape with the layer's own errors checked first
// and every error naming the layer.
func outputShape(layer Layer, in []Shape) (Shape, error) {
	if err := layer.core().err; err != nil {
		return nil, &layerError{layer, err}
	}
	out, err := layer.OutputShape(in)
	if err == nil {
		err = out.check()
	}
	if err == nil {
		err = checkActivity(layer.core(), out)
	}
	if err != nil {
		return nil, &layerError{layer, err}
	}
	return out, nil
}
