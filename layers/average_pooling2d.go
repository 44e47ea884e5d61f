package layers

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// AveragePooling2DLayer takes the mean of each window and channel:
// (None, h, w, c) to (None, h', w', c).
type AveragePooling2DLayer struct {
	Base[*AveragePooling2DLayer]
	pooling2D
}

// AveragePooling2D makes the layer. The pool size is one value for a square,
// or height and width; none means 2. Strides default to the pool size
// for both paddings, padding to Valid.
func AveragePooling2D(poolSize ...int) *AveragePooling2DLayer {
	l := &AveragePooling2DLayer{}
	l.Init(l, "AveragePooling2D")
	l.pooling2D = newPooling2D(l.core(), poolSize)
	return l
}

// Strides sets the step of the window. Default: the pool size.
func (l *AveragePooling2DLayer) Strides(strides ...int) *AveragePooling2DLayer {
	l.setStrides(l.core(), strides)
	return l
}

// Padding sets the padding: Valid (default) or Same. Padded positions do not
// count: a window at the border is the mean of the pixels it has.
func (l *AveragePooling2DLayer) Padding(p PaddingMode) *AveragePooling2DLayer {
	l.setPadding(l.core(), p)
	return l
}

// Call takes the means.
func (l *AveragePooling2DLayer) Call(_ *Call, in []*graph.Node) *graph.Node {
	x := in[0]
	if blocks := l.blocks(x); blocks != nil {
		return graph.ReduceMean(blocks, 2, 4)
	}
	taps := l.taps(x, 0)
	sum := taps[0]
	for _, t := range taps[1:] {
		sum = graph.Add(sum, t)
	}
	d := x.Shape().Dimensions
	rows, columns := l.counts(0, d[1]), l.counts(1, d[2])
	inverse := make([]float32, 0, len(rows)*len(columns))
	for _, r := range rows {
		for _, c := range columns {
			inverse = append(inverse, 1/float32(r*c))
		}
	}
	weights := graph.Const(x.Graph(), tensors.FromFlatDataAndDimensions(inverse, 1, len(rows), len(columns), 1))
	return graph.Mul(sum, graph.ConvertDType(weights, x.DType()))
}

// counts returns how many pixels of the image each window has along one axis.
func (l *AveragePooling2DLayer) counts(axis, size int) []int {
	positions, pad, err := l.output(axis, size)
	if err != nil {
		panic(err)
	}
	counts := make([]int, positions)
	for i := range counts {
		start := i*l.strides[axis] - pad[0]
		counts[i] = min(size, start+l.size[axis]) - max(0, start)
	}
	return counts
}

// Config returns Keras' configuration of an AveragePooling2D.
func (l *AveragePooling2DLayer) Config() map[string]any { return l.addConfig(l.config()) }
