package layers

import (
	"fmt"
	"math"
	"slices"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// Regularizer is a penalty that training adds to the loss: on a variable, by
// options such as KernelRegularizer, or on what a layer returns, by
// ActivityRegularizer. Those here are Keras' (keras/src/regularizers).
// [RegisterRegularizer] makes one's own known to files.
//
// Variables that training does not change, those of frozen layers above all,
// add nothing. The penalty on a layer's result is divided by the number of
// examples in the batch, as in Keras 3.15.
type Regularizer interface {
	Configured
	// Penalty adds the penalty to the graph: a float32 scalar for float32 values
	// of any shape. Of a layer's result, the examples that only fill up a batch
	// are zeros.
	Penalty(x *graph.Node) *graph.Node
}

// penalty is L1, L2 or both: one of Keras' classes.
type penalty struct {
	class  string
	l1, l2 float64
}

// L1 is factor*sum(|x|). Keras' default factor is 0.01.
func L1(factor float64) Regularizer { return penalty{"L1", factor, 0} }

// L2 is factor*sum(x²). Keras' default factor is 0.01.
func L2(factor float64) Regularizer { return penalty{"L2", 0, factor} }

// L1L2 is l1*sum(|x|) + l2*sum(x²). Keras' defaults are 0.
func L1L2(l1, l2 float64) Regularizer { return penalty{"L1L2", l1, l2} }

// Class is Keras' class name.
func (r penalty) Class() string { return r.class }

// Config returns Keras' configuration.
func (r penalty) Config() map[string]any {
	c := map[string]any{}
	if r.class != "L2" {
		c["l1"] = r.l1
	}
	if r.class != "L1" {
		c["l2"] = r.l2
	}
	return c
}

// Penalty adds up.
func (r penalty) Penalty(x *graph.Node) *graph.Node {
	total := graph.ScalarZero(x.Graph(), x.DType())
	if r.l1 != 0 {
		total = graph.Add(total, graph.MulScalar(graph.ReduceAllSum(xla.Abs(x)), r.l1))
	}
	if r.l2 != 0 {
		total = graph.Add(total, graph.MulScalar(graph.ReduceAllSum(graph.Square(x)), r.l2))
	}
	return total
}

func (r penalty) check() error {
	for _, factor := range []float64{r.l1, r.l2} {
		if err := checkFactor(factor); err != nil {
			return fmt.Errorf("regularizer %s: %w", r.class, err)
		}
	}
	return nil
}

func checkFactor(factor float64) error {
	if !(factor >= 0) || math.IsInf(factor, 1) {
		return fmt.Errorf("a factor must be at least 0 and finite, got %g", factor)
	}
	return nil
}

// orthogonal is Keras' OrthogonalRegularizer.
type orthogonal struct {
	factor float64
	mode   string
}

// OrthogonalRegularizer makes the rows of a matrix orthogonal, or with mode
// "columns" its columns: factor times the mean absolute cosine between two of
// them. Keras' defaults are 0.01 and "rows".
func OrthogonalRegularizer(factor float64, mode string) Regularizer { return orthogonal{factor, mode} }

// Class is Keras' class name.
func (orthogonal) Class() string { return "OrthogonalRegularizer" }

// Config returns Keras' configuration.
func (r orthogonal) Config() map[string]any {
	return map[string]any{"factor": r.factor, "mode": r.mode}
}

func (r orthogonal) check() error {
	if err := checkFactor(r.factor); err != nil {
		return fmt.Errorf("regularizer OrthogonalRegularizer: %w", err)
	}
	if r.mode != "rows" && r.mode != "columns" {
		return fmt.Errorf("regularizer OrthogonalRegularizer: mode must be \"rows\" or \"columns\", got %q", r.mode)
	}
	return nil
}

// CheckShape wants a matrix.
func (orthogonal) CheckShape(s Shape) error {
	if len(s) != 2 {
		return fmt.Errorf("regularizer OrthogonalRegularizer wants a matrix, got %s", s.Tuple())
	}
	return nil
}

// Penalty compares every two rows or columns.
func (r orthogonal) Penalty(x *graph.Node) *graph.Node {
	if err := r.CheckShape(Shape(x.Shape().Dimensions)); err != nil {
		panic(err)
	}
	if r.mode == "columns" {
		x = graph.Transpose(x, 0, 1)
	}
	n := x.Shape().Dimensions[0]
	x = unitNorm(x, fuzz, 1)
	products := graph.Dot(x, graph.Transpose(x, 0, 1)).MatMul()
	others := graph.OneMinus(graph.ConvertDType(graph.Diagonal(x.Graph(), n), x.DType()))
	sum := graph.ReduceAllSum(xla.Abs(graph.Mul(products, others)))
	return graph.MulScalar(sum, r.factor*0.5/(float64(n)*float64(n-1)/2))
}

// unitNorm divides x by its Euclidean norm along some axes, which counts as
// epsilon where it is smaller: Keras' ops.normalize.
func unitNorm(x *graph.Node, epsilon float64, axes ...int) *graph.Node {
	squares := graph.ReduceAndKeep(graph.Square(x), graph.ReduceSum, axes...)
	smallest := graph.Scalar(x.Graph(), x.DType(), epsilon*epsilon)
	large := graph.GreaterThan(squares, smallest)
	squares = graph.Where(large, squares, graph.BroadcastToShape(smallest, squares.Shape()))
	return graph.Div(x, graph.Sqrt(squares))
}

// CheckRegularizer says what is wrong with a regularizer that a layer is given;
// nil is none.
func CheckRegularizer(r Regularizer) error { return checkOption(r) }

// checkOption calls the check of a built-in object.
func checkOption(object any) error {
	if c, ok := object.(interface{ check() error }); ok {
		return c.check()
	}
	return nil
}

// RegularizerConfig is how a layer's Config holds a regularizer, as Keras'
// serialize does; nil is none. [Settings.Regularizer] reads it.
func RegularizerConfig(r Regularizer) any {
	if r == nil {
		return nil
	}
	return savedObject("keras.regularizers", r.Class(), r.Config())
}

// Regularizer reads a regularizer, by name or as an object; nil where there is
// none.
func (s *Settings) Regularizer(key string) Regularizer {
	return readOption(s, key, &regularizerClasses)
}

// readOption reads an object of a class, by name or as an object; the zero
// value where there is none.
func readOption[T any](s *Settings, key string, from *registry[T]) (made T) {
	v := s.Take(key)
	if v == nil {
		return made
	}
	object, err := from.load(v)
	if err == nil {
		err = checkOption(object)
	}
	if err != nil {
		s.Fail("%s: %w", key, err)
		return made
	}
	return object
}

func init() {
	RegisterRegularizer("L1", func(s *Settings) Regularizer { return L1(s.Float("l1", 0.01)) })
	RegisterRegularizer("L2", func(s *Settings) Regularizer { return L2(s.Float("l2", 0.01)) })
	both := func(s *Settings) Regularizer { return L1L2(s.Float("l1", 0), s.Float("l2", 0)) }
	RegisterRegularizer("L1L2", both)
	RegisterRegularizer("l1_l2", both)
	RegisterRegularizer("OrthogonalRegularizer", func(s *Settings) Regularizer {
		return OrthogonalRegularizer(s.Float("factor", 0.01), s.String("mode", "rows"))
	})
}

// ActivityRegularizer adds a penalty on the layer's result to the loss. Default
// none.
func (b *Base[L]) ActivityRegularizer(r Regularizer) L {
	setActivity(&b.state, r)
	return b.self
}

func setActivity(s *state, r Regularizer) {
	if err := CheckRegularizer(r); err != nil {
		s.Invalid("activity: %w", err)
	}
	s.activity = r
}

// penalize adds the penalty on a layer's result, divided by the number of real
// examples. Those that only fill up the batch are zeros.
func (c *Pass) penalize(l Layer, y *graph.Node) {
	r := l.core().activity
	if r == nil {
		return
	}
	y = graph.ConvertDType(y, dtypes.Float32)
	count := graph.Scalar(c.Graph, dtypes.Float32, float64(y.Shape().Dimensions[0]))
	if c.Mask != nil {
		count = graph.ReduceAllSum(c.Mask)
		mask := c.Mask
		for mask.Rank() < y.Rank() {
			mask = graph.InsertAxes(mask, -1)
		}
		real := graph.GreaterThan(mask, graph.ScalarZero(mask.Graph(), mask.DType()))
		y = graph.Where(graph.BroadcastToDims(real, y.Shape().Dimensions...), y, graph.ZerosLike(y))
	}
	c.AddLoss(graph.Div(r.Penalty(y), count))
}

// AddLoss is for a layer's Call: it adds a penalty of its own to the loss that
// is reported and made small, as Keras' add_loss does; of an array the sum.
// Mask says which examples count.
func (c *Pass) AddLoss(x *graph.Node) {
	c.losses = append(c.losses, graph.ReduceAllSum(graph.ConvertDType(x, dtypes.Float32)))
}

// extraLoss is the sum of what the layers of a model added to the loss, and of
// the penalties on its trainable variables: a float32 scalar, or nil if there is
// nothing.
func (c *Pass) extraLoss(m *Model) (sum *graph.Node) {
	parts := slices.Clone(c.losses)
	for _, v := range m.TrainableVariables() {
		if v.Regularizer != nil {
			parts = append(parts, v.Regularizer.Penalty(c.newest(v)))
		}
	}
	for _, part := range parts {
		if sum == nil {
			sum = part
		} else {
			sum = graph.Add(sum, part)
		}
	}
	return sum
}
