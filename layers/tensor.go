package layers

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
)

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
	index int   // among the node's results
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

// Result returns the i-th result, from 0 on, of the call whose result t is. Most
// layers have one; those with more are [ManyResults]:
//
//	encoded := layers.LSTM(256).ReturnState().Apply(x)
//	output, carry := encoded.Result(1), encoded.Result(2)
func (t *Tensor) Result(i int) *Tensor {
	if i >= 0 && i < len(t.node.outputs) {
		return t.node.outputs[i]
	}
	none := &Tensor{node: t.node, index: i, err: t.err}
	if t.err == nil {
		none.err = &layerError{t.node.layer, fmt.Errorf("has %d results, there is no result %d", len(t.node.outputs), i)}
	}
	return none
}

// node is one application of a layer (Keras' Node).
type node struct {
	layer   Layer
	index   int // among the layer's nodes
	inputs  []*Tensor
	outputs []*Tensor // at least one; only one where the layer refused its inputs
}

// shape is the shape of the result, or of all, as Keras writes a list.
func (n *node) shape() string {
	if len(n.outputs) == 1 {
		return n.outputs[0].shape.String()
	}
	all := make([]string, len(n.outputs))
	for i, t := range n.outputs {
		all[i] = t.shape.String()
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// layerError says which layer refused its inputs and why. The layer is kept,
// not its name, because the model names it later.
type layerError struct {
	layer Layer
	cause error
}

func (e *layerError) Error() string { return fmt.Sprintf("layer %s: %v", describe(e.layer), e.cause) }
func (e *layerError) Unwrap() error { return e.cause }

// apply records the application of layer to the given tensors, and returns its
// first result.
func apply(layer Layer, in []Symbol) *Tensor {
	s := layer.core()
	n := &node{layer: layer, index: len(s.nodes)}
	s.nodes = append(s.nodes, n)
	shapes, err := n.read(in)
	if err == nil {
		shapes, err = outputShapes(layer, shapes)
	}
	if err != nil {
		n.outputs = []*Tensor{{node: n, err: err}}
		return n.outputs[0]
	}
	for i, shape := range shapes {
		n.outputs = append(n.outputs, &Tensor{node: n, index: i, shape: shape})
	}
	return n.outputs[0]
}

// read makes tensors the node's inputs, and returns their shapes, or the first
// error of one.
func (n *node) read(in []Symbol) (shapes []Shape, err error) {
	for i, symbol := range in {
		if symbol == nil || symbol.Tensor() == nil {
			err = cmp.Or(err, error(&layerError{n.layer, fmt.Errorf("input %d is nil", i)}))
			continue
		}
		x := symbol.Tensor()
		n.inputs, shapes = append(n.inputs, x), append(shapes, x.shape)
		err = cmp.Or(err, x.err)
	}
	return shapes, err
}

// ManyResults is for layers that may give several results, as LSTM with
// ReturnState does. OutputShape and Call are about the first of them; it alone has
// the mask that a [Masker] tells.
type ManyResults interface {
	Layer
	// OutputShapes computes the shapes of all results, of which there is at least
	// one, or says why the inputs do not fit.
	OutputShapes(in []Shape) ([]Shape, error)
	// CallAll adds the layer's computation to the graph and returns all results.
	CallAll(c *Pass, in []*graph.Node) []*graph.Node
}

// outputShapes is what the layer says of the shapes of its results, with the
// layer's own errors checked first and every error naming the layer.
func outputShapes(layer Layer, in []Shape) ([]Shape, error) {
	out, err := shapesOf(layer, in)
	if err != nil {
		return nil, &layerError{layer, err}
	}
	return out, nil
}

func shapesOf(layer Layer, in []Shape) (out []Shape, err error) {
	if err := layer.core().err; err != nil {
		return nil, err
	}
	if many, ok := layer.(ManyResults); ok {
		out, err = many.OutputShapes(in)
	} else {
		out = make([]Shape, 1)
		out[0], err = layer.OutputShape(in)
	}
	if err == nil && len(out) == 0 {
		err = errors.New("OutputShapes wants at least 1 shape, got none")
	}
	for _, shape := range out {
		if err == nil {
			err = shape.check()
		}
		if err == nil {
			err = checkActivity(layer.core(), shape)
		}
	}
	return out, err
}

// outputShape is outputShapes where only one result can be used, as within
// another layer.
func outputShape(layer Layer, in []Shape) (Shape, error) {
	out, err := outputShapes(layer, in)
	if err != nil {
		return nil, err
	}
	if len(out) > 1 {
		return nil, &layerError{layer, fmt.Errorf("wants one result to be used here, got %d", len(out))}
	}
	return out[0], nil
}
