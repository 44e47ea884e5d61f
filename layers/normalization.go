package layers

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// NormalizationLayer is (x-mean)/sqrt(variance) with a mean and a variance that
// training does not change; the shape stays. Unless they are given, they are
// variables, mean and variance, of the shape of the kept axes; count is one
// more, which Keras has for its older files.
type NormalizationLayer struct {
	Base[*NormalizationLayer]
	axes    []int // nil for none
	invert  bool
	given   *statistics // what Statistics or a file gave
	adapted *statistics // what Adapt found before the layer was built
	weights [2]*Variable
}

// statistics are a mean and a variance of one shape.
type statistics struct {
	shape          Shape // nil for one number
	mean, variance []float64
	examples       int // of which Adapt has them
}

// Normalization makes the layer for the last axis: each channel has a mean and
// a variance of its own. Adapt or AdaptSource finds them, or Statistics
// gives them; before either they are 0 and 1. (keras/src/layers/preprocessing)
func Normalization() *NormalizationLayer {
	l := &NormalizationLayer{axes: []int{-1}}
	l.Init(l, "Normalization")
	return l
}

// Axis sets the axes that have a mean and a variance for each of their places,
// counted with the batch axis as 0, or from the end if negative. Without any,
// all values have one mean and variance. Default -1.
func (l *NormalizationLayer) Axis(axes ...int) *NormalizationLayer {
	l.axes = axes
	return l
}

// Statistics gives mean and variance, one number each, or one for each place of
// the only axis.
func (l *NormalizationLayer) Statistics(mean, variance []float64) *NormalizationLayer {
	return l.statistics(&statistics{shape: Shape{len(mean)}, mean: mean, variance: variance})
}

func (l *NormalizationLayer) statistics(s *statistics) *NormalizationLayer {
	switch {
	case len(s.mean) != len(s.variance) || len(s.mean) == 0:
		l.Invalid("mean and variance must have the same number of values, got %d and %d", len(s.mean), len(s.variance))
	case len(s.shape) > len(l.axes):
		l.Invalid("mean and variance must have at most as many axes as are kept, %d, got shape %s",
			len(l.axes), s.shape.Tuple())
	}
	for i, v := range slices.Concat(s.mean, s.variance) {
		if math.IsNaN(v) || math.IsInf(v, 0) || i >= len(s.mean) && v < 0 {
			l.Invalid("mean and variance must be finite, a variance at least 0, got %v and %v", s.mean, s.variance)
			break
		}
	}
	l.given = s
	return l
}

// Invert turns the computation around: x*sqrt(variance) + mean. Default off.
func (l *NormalizationLayer) Invert() *NormalizationLayer {
	l.invert = true
	return l
}

// kept are the kept axes as places in an example's shape, in order, and their
// sizes.
func (l *NormalizationLayer) kept(in Shape) (places []int, sizes Shape, err error) {
	if places, err = valueAxes(l.axes, in); err != nil {
		return nil, nil, err
	}
	slices.Sort(places)
	for _, p := range places {
		sizes = append(sizes, in[p])
	}
	return places, sizes, nil
}

// OutputShape is the input's shape.
func (l *NormalizationLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	_, sizes, err := l.kept(s)
	if err != nil {
		return nil, err
	}
	if l.given != nil {
		if out, ok := broadcast(sizes, l.given.shape); !ok || !out.Equal(sizes) {
			return nil, fmt.Errorf("the mean has shape %s, the kept axes of %v have the sizes %s",
				l.given.shape.Tuple(), s, sizes.Tuple())
		}
		return s, nil
	}
	known := l.adapted
	if l.weights[0] != nil {
		known = &statistics{shape: l.weights[0].Shape}
	}
	if known != nil && !known.shape.Equal(sizes) {
		return nil, fmt.Errorf("has means of shape %s, the kept axes of %v have the sizes %s",
			known.shape.Tuple(), s, sizes.Tuple())
	}
	return s, nil
}

// Build creates the variables, unless mean and variance are given.
func (l *NormalizationLayer) Build(in []Shape) error {
	if _, err := l.OutputShape(in); err != nil || l.given != nil {
		return err
	}
	_, sizes, err := l.kept(in[0])
	if err != nil {
		return err
	}
	l.weights[0] = l.AddVariable("mean", sizes, Zeros, false)
	l.weights[1] = l.AddVariable("variance", sizes, Ones, false)
	l.AddVariable("count", Shape{}, Zeros, false)
	if l.adapted != nil {
		return l.take(l.adapted)
	}
	return nil
}

// take makes statistics the values of the variables, which they also start
// with from then on.
func (l *NormalizationLayer) take(s *statistics) error {
	for i, values := range [][]float64{s.mean, s.variance} {
		narrow := make([]float32, len(values))
		for j, v := range values {
			narrow[j] = float32(v)
		}
		l.weights[i].Initializer = fixed{narrow}
		if err := l.weights[i].SetFlat(narrow); err != nil {
			return err
		}
	}
	return nil
}

// Call normalizes. Where the variance is 0, the root counts as 1e-7.
func (l *NormalizationLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	example := Shape(x.Shape().Dimensions[1:])
	places, sizes, err := l.kept(example)
	if err != nil {
		panic(err)
	}
	form := onesBut(example, places)
	var values [2]*graph.Node
	for i := range values {
		if l.given == nil {
			values[i] = c.Value(l.weights[i])
		} else {
			values[i] = l.given.node(x, i, sizes)
		}
		values[i] = graph.Reshape(values[i], form...)
	}
	root := graph.MaxScalar(graph.Sqrt(values[1]), fuzz)
	if l.invert {
		return graph.Add(values[0], graph.Mul(x, root))
	}
	return graph.Div(graph.Sub(x, values[0]), root)
}

// node is the mean (0) or variance (1), of x's type, for every place of the
// kept axes.
func (s *statistics) node(x *graph.Node, which int, sizes Shape) *graph.Node {
	narrow := make([]float32, len(s.mean))
	for i, v := range [][]float64{s.mean, s.variance}[which] {
		narrow[i] = float32(v)
	}
	form := make([]int, len(sizes))
	for i := range form {
		form[i] = 1
		if j := i - (len(form) - len(s.shape)); j >= 0 {
			form[i] = s.shape[j]
		}
	}
	value := graph.ConvertDType(graph.Reshape(graph.Const(x.Graph(), narrow), form...), x.DType())
	return graph.BroadcastToDims(value, sizes...)
}

// fixed starts a variable with values.
type fixed struct{ values []float32 }

func (fixed) Class() string                          { return "Fixed" }
func (fixed) Config() map[string]any                 { return nil }
func (f fixed) Draw(_ Shape, _ *rand.Rand) []float32 { return f.values }

// Config returns Keras' configuration of a Normalization.
func (l *NormalizationLayer) Config() map[string]any {
	c := l.Base.Config()
	c["axis"], c["invert"], c["mean"], c["variance"] = append([]int{}, l.axes...), l.invert, nil, nil
	if l.given != nil {
		c["mean"], c["variance"] = nested(l.given.mean, l.given.shape), nested(l.given.variance, l.given.shape)
	}
	return c
}

// nested writes values as lists of lists, or as one number.
func nested(values []float64, shape Shape) any {
	if len(shape) == 0 {
		return values[0]
	}
	list := make([]any, shape[0])
	for i := range list {
		n := len(values) / shape[0]
		list[i] = nested(values[i*n:(i+1)*n], shape[1:])
	}
	return list
}

// flatten is the inverse of nested.
func flatten(v any) (values []float64, shape Shape, err error) {
	switch v := v.(type) {
	case float64:
		return []float64{v}, nil, nil
	case []any:
		for i, item := range v {
			some, inner, err := flatten(item)
			if err != nil || i > 0 && !inner.Equal(shape) {
				return nil, nil, fmt.Errorf("wants numbers or lists of them, all of one length, got %v", v)
			}
			values, shape = append(values, some...), inner
		}
		return values, append(Shape{len(v)}, shape...), nil
	}
	return nil, nil, fmt.Errorf("wants numbers or lists of them, got %v", v)
}

func readNormalization(s *Settings) Layer {
	l := Normalization()
	if _, named := s.values["axis"]; named { // null is no axis
		l.Axis(s.Ints("axis")...)
	}
	l.invert = s.Bool("invert", false)
	mean, variance := s.Take("mean"), s.Take("variance")
	switch {
	case mean == nil && variance == nil:
		return l
	case mean == nil || variance == nil:
		s.Fail("mean and variance want to be given together, got %v and %v", mean, variance)
		return l
	}
	given := &statistics{}
	var err error
	var other Shape
	if given.mean, given.shape, err = flatten(mean); err != nil {
		s.Fail("mean %w", err)
	}
	if given.variance, other, err = flatten(variance); err != nil {
		s.Fail("variance %w", err)
	}
	if !other.Equal(given.shape) {
		s.Fail("mean and variance want one shape, got %s and %s", given.shape.Tuple(), other.Tuple())
	}
	return l.statistics(given)
}

func init() { RegisterLayer("Normalization", readNormalization) }
