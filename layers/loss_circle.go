package layers

import (
	"fmt"

	"github.com/gocifar/gocifar/layers/activations"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// Circle compares embeddings of length 1 of a batch with each other (Sun and
// others 2020): those of one label should be near, the others far, by a margin.
// Keras' gamma is 80, its margin 0.4.
func Circle() *LossFunction { return circle.make() }

// Margin sets the margin of [Circle].
func (l *LossFunction) Margin(margin float64) *LossFunction { return l.set("margin", margin, true, "") }

// KeepDiagonal has [Circle] count each example as near itself.
func (l *LossFunction) KeepDiagonal() *LossFunction { return l.set("remove_diagonal", 0, true, "") }

var circle = &lossClass{class: "Circle", name: "circle", sparse: true,
	numbers: map[string]float64{"gamma": 80, "margin": 0.4, "remove_diagonal": 1}, flags: []string{"remove_diagonal"},
	check: func(e *Examples, outputs Shape) error {
		if e.Labels == nil || e.TargetShape != nil || len(outputs) != 1 {
			return fmt.Errorf("wants a label for each example, and embeddings of one axis: got %s for outputs of shape %v",
				describeTargets(e), outputs)
		}
		return nil
	},
	values: circleValues}

func circleValues(l *LossFunction, p *Pass, labels, x *graph.Node) *graph.Node {
	g, n := x.Graph(), x.Shape().Dimensions[0]
	gamma, margin := l.number("gamma"), l.number("margin")
	zero := scalar(x, 0)
	far := graph.OneMinus(graph.MatMul(x, graph.Transpose(x, 0, 1)))
	far = graph.Max(far, graph.BroadcastToDims(zero, n, n))
	same := toFloat32(graph.Equal(graph.Reshape(labels, n, 1), graph.Reshape(labels, 1, n)))
	other := graph.OneMinus(same)
	if l.is("remove_diagonal") {
		row, column := graph.Iota(g, shapes.Make(dtypes.Int32, n, n), 0), graph.Iota(g, shapes.Make(dtypes.Int32, n, n), 1)
		same = graph.Mul(same, toFloat32(graph.NotEqual(row, column)))
	}
	real := graph.Ones(g, shapes.Make(dtypes.Float32, n))
	if p != nil && p.Mask != nil {
		real = p.Mask
		columns := graph.Reshape(real, 1, n)
		same, other = graph.Mul(same, columns), graph.Mul(other, columns)
	}
	// logSum is the logarithm of the sum of exp over what a mask picks.
	logSum := func(v, mask *graph.Node) *graph.Node {
		v = graph.Where(graph.GreaterThan(mask, graph.ZerosLike(mask)), v, graph.BroadcastToDims(scalar(x, -1e9), n, n))
		largest := graph.StopGradient(graph.ReduceAndKeep(v, graph.ReduceMax, 1))
		sum := graph.ReduceSum(graph.Exp(graph.Sub(v, largest)), 1)
		return graph.Add(graph.Log(sum), graph.Reshape(largest, n))
	}
	near := graph.Mul(graph.Max(graph.Mul(graph.AddScalar(far, margin), same), graph.ZerosLike(far)),
		graph.MulScalar(graph.AddScalar(graph.Neg(far), margin), -gamma))
	away := graph.Mul(graph.Max(graph.Mul(graph.AddScalar(graph.Neg(far), 1+margin), other), graph.ZerosLike(far)),
		graph.MulScalar(graph.AddScalar(graph.Neg(far), 1-margin), gamma))
	values := activations.Softplus(graph.Add(logSum(near, same), logSum(away, other)))
	// The mean is over the examples whose loss is above 0.
	counts := graph.Mul(toFloat32(graph.GreaterThan(values, graph.ZerosLike(values))), real)
	share := graph.Div(graph.ReduceAllSum(real), graph.Max(graph.ReduceAllSum(counts), scalar(x, 1)))
	return graph.Mul(graph.Mul(values, counts), share)
}

func init() { registerLoss(circle, false) }
