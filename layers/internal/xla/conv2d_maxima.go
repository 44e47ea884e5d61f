package xla

import (
	"slices"

	"github.com/gocifar/gocifar/layers/xlaplugin"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
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

// maxSteps is how many operations maximaBehind looks at. Between a pool and a
// convolution stand a bias, an activation and a dropout at most.
const maxSteps = 64

// maximaBehind returns the maxima of a gradient that shares the zeros of a
// pooling's gradient. At most one value of a window is not zero, so the sum of
// the window is the gradient with respect to the maximum.
func maximaBehind(dy *graph.Node) (m maxima, ok bool) {
	steps := 0
	pooled, zero := zerosOf(dy, &steps)
	if pooled == nil || zero {
		return m, false
	}
	m = pooled.Graph().State(maximaOf(pooled.Id())).(maxima)
	for dy.Type() == graph.NodeTypeConvertDType {
		dy = dy.Inputs()[0]
	}
	if dy == pooled {
		return m, true
	}
	window := Pool{Size: []int{2, 2}, Strides: []int{2, 2}, Pads: make([][2]int, 2)}
	m.dy = window.sum(graph.ConvertDType(dy, dtypes.Float32))
	return m, true
}

// zerosOf looks for a pooling's gradient whose zeros v shares. It returns that
// gradient, nil if there is none, and whether v is zero everywhere.
func zerosOf(v *graph.Node, steps *int) (pooled *graph.Node, zero bool) {
	if *steps++; *steps > maxSteps {
		return nil, false
	}
	if _, noted := v.Graph().State(maximaOf(v.Id())).(maxima); noted {
		return v, false
	}
	in := v.Inputs()
	switch v.Type() {
	case graph.NodeTypeConstant:
		value := v.ConstantValue()
		return nil, value != nil && value.Shape().IsScalar() && isZero(value.Value())
	case graph.NodeTypeConvertDType, graph.NodeTypeIdentity, graph.NodeTypeNeg, graph.NodeTypeBroadcastInDim,
		graph.NodeTypeReshape:
		pooled, zero = zerosOf(in[0], steps)
		if pooled != nil && !slices.Equal(in[0].Shape().Dimensions, v.Shape().Dimensions) {
			return nil, false
		}
		return pooled, zero
	case graph.NodeTypeMul:
		for _, factor := range in {
			if pooled, zero = zerosOf(factor, steps); pooled != nil || zero {
				return pooled, zero
			}
		}
	case graph.NodeTypeDiv:
		return zerosOf(in[0], steps)
	case graph.NodeTypeAdd, graph.NodeTypeSub, graph.NodeTypeWhere:
		return zerosOfBoth(in[len(in)-2], in[len(in)-1], steps)
	}
	return nil, false
}

// zerosOfBoth is zerosOf for a value that is zero where both a and b are.
func zerosOfBoth(a, b *graph.Node, steps *int) (pooled *graph.Node, zero bool) {
	first, firstZero := zerosOf(a, steps)
	second, secondZero := zerosOf(b, steps)
	switch {
	case firstZero:
		return second, secondZero
	case secondZero || first == second:
		return first, false
	}
	return nil, false
}

func isZero(value any) bool {
	return slices.Contains([]any{float32(0), float64(0), bfloat16.FromFloat32(0)}, value)
}

// maximaLanes is the key of a graph's state under which tests ask for fewer
// lanes than the processor has.
type maximaLanes struct{}

// lanesOf is xlaplugin.MaximaLanes for a graph.
func lanesOf(g *graph.Graph) int {
	if lanes, asked := g.State(maximaLanes{}).(int); asked {
		return lanes
	}
	return xlaplugin.MaximaLanes()
}

// throughMaxima lets functions of package xlaplugin compute a gradient of the
// convolution, where dy has the zeros of a max pooling's: three quarters of it,
// with which a product of matrices multiplies as well. gradient is the kernel's
// or the examples', from is the other of the two.
func (c Convolution) throughMaxima(gradient, from, kernel, dy *graph.Node, function string) *graph.Node {
	size := kernel.Shape().Dimensions
	lanes := lanesOf(dy.Graph())
	if lanes == 0 || !OnCPU(dy.Graph()) || !c.hasFastGradients(kernel) ||
		!slices.Equal(size[:2], []int{3, 3}) || gradient.DType() != from.DType() ||
		from.DType() != dtypes.Float32 && from.DType() != dtypes.BFloat16 {
		return gradient
	}
	if m, ok := maximaBehind(dy); ok {
		how := map[string]int{"top": c.Pads[0][0], "left": c.Pads[1][0], "lanes": lanes}
		callInstead(gradient, function, how, from, m.place, m.dy)
	}
	return gradient
}
