package xla

import (
	"slices"

	"github.com/gocifar/gocifar/layers/xlaplugin"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// maxima is what the gradient of a max pooling with windows of 2x2 is made of:
// which place of a window was its maximum, and the gradient with respect to the
// maximum, both [batch, rows, columns, channels].
type maxima struct{ place, dy *graph.Node }

// maximaOf is the key of a node's maxima in its graph's state.
type maximaOf graph.NodeId

// noteMaxima notes that dx has dy where place says, and zeros elsewhere.
func noteMaxima(dx *graph.Node, window []int, place, dy *graph.Node) {
	if slices.Equal(window, []int{2, 2}) && dy.DType() == dtypes.Float32 {
		dx.Graph().AttachState(maximaOf(dx.Id()), maxima{place, dy})
	}
}

// notedMaxima returns the maxima of a gradient, of which it may be a copy of
// another type.
func notedMaxima(dy *graph.Node) (m maxima, ok bool) {
	for dy.Type() == graph.NodeTypeConvertDType {
		dy = dy.Inputs()[0]
	}
	m, ok = dy.Graph().State(maximaOf(dy.Id())).(maxima)
	return m, ok
}

// throughMaxima lets functions of package xlaplugin compute a gradient of the
// convolution, where dy is that of a max pooling: three quarters of it are
// zeros, with which a product of matrices multiplies as well. gradient is the
// kernel's or the examples', from is the other of the two.
func (c Convolution) throughMaxima(gradient, from, kernel, dy *graph.Node, function string) *graph.Node {
	size := kernel.Shape().Dimensions
	m, noted := notedMaxima(dy)
	if !noted || !xlaplugin.HasMaxima() || !OnCPU(dy.Graph()) || !c.hasFastGradients(kernel) ||
		!slices.Equal(size[:2], []int{3, 3}) || gradient.DType() != from.DType() ||
		from.DType() != dtypes.Float32 && from.DType() != dtypes.BFloat16 {
		return gradient
	}
	pads := map[string]int{"top": c.Pads[0][0], "left": c.Pads[1][0]}
	callInstead(gradient, function, pads, from, m.place, m.dy)
	return gradient
}
