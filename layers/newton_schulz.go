package layers

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// newtonSchulz brings the singular values of a matrix close to 1, by steps of
// Newton and Schulz's iteration with a polynomial of the fifth degree:
//
//	x = x/|x|;  then: a = x xᵀ;  x = A x + (B a + C a²) x
type newtonSchulz struct {
	steps    int
	a, b, c  float64
	bfloat16 bool // computes in bfloat16
}

// muonPolynomial has the coefficients of Jordan (2024), which make small
// singular values grow fast rather than all converge.
var muonPolynomial = newtonSchulz{steps: 5, a: 3.4445, b: -4.775, c: 2.0315}

// of returns the matrix, in its own type.
func (n newtonSchulz) of(x *graph.Node) *graph.Node {
	result := x.DType()
	if n.bfloat16 {
		x = graph.ConvertDType(x, dtypes.BFloat16)
	}
	tall := x.Shape().Dimensions[0] > x.Shape().Dimensions[1]
	if tall {
		x = graph.Transpose(x, 0, 1)
	}
	wide := toFloat32(x)
	norm := graph.ConvertDType(graph.Sqrt(graph.ReduceAllSum(graph.Square(wide))), x.DType())
	x = graph.Div(x, graph.AddScalar(norm, 1e-7))
	for range n.steps {
		a := graph.MatMul(x, graph.Transpose(x, 0, 1))
		b := graph.Add(graph.MulScalar(a, n.b), graph.MatMul(graph.MulScalar(a, n.c), a))
		x = graph.Add(graph.MulScalar(x, n.a), graph.MatMul(b, x))
	}
	if tall {
		x = graph.Transpose(x, 0, 1)
	}
	return graph.ConvertDType(x, result)
}
