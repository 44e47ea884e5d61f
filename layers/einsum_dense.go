package layers

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
)

// EinsumDenseLayer multiplies by a kernel as an equation says, adds a bias and
// applies the activation. Variables: kernel and, with a bias, bias.
// (keras/src/layers/core/einsum_dense.py)
type EinsumDenseLayer struct {
	kernelAndBias[*EinsumDenseLayer]
	equation string
	output   []int // as the user wrote it, 0 for a dimension that follows from the input
	biasAxes string
}

func init() {
	RegisterLayer("EinsumDense", func(s *Settings) Layer {
		s.Only("quantization_config")
		l := EinsumDense(s.String("equation", ""), s.dimensions("output_shape")...)
		if axes := s.String("bias_axes", ""); axes != "" {
			l.Bias(axes)
		}
		l.shared.activation = s.Activation("activation", Linear)
		l.shared.kernel = s.WeightOptions("kernel", GlorotUniform)
		l.shared.bias = s.WeightOptions("bias", Zeros)
		return l
	})
}

// dimensions reads a shape whose unknown dimensions, null, become 0.
func (s *Settings) dimensions(key string) []int {
	list, ok := s.Take(key).([]any)
	if !ok {
		s.Fail("%s wants a list of dimensions", key)
	}
	var out []int
	for _, d := range list {
		f, _ := d.(float64)
		out = append(out, s.wholeNumber(key, f))
	}
	return out
}

// EinsumDense makes a layer with an equation as numpy's einsum has it, such as
// "abc,cd->abd": the input's axes with the batch's first, the kernel's, the
// result's. An ellipsis may stand first or last in input and result,
// "...x,xy->...y". output is the result's shape without the batch axis; 0 is a
// dimension that follows from the input, and those of the ellipsis are left
// out. Keras' defaults: no bias, no activation.
func EinsumDense(equation string, output ...int) *EinsumDenseLayer {
	l := &EinsumDenseLayer{equation: equation, output: output}
	l.init(l, "EinsumDense")
	l.shared.useBias = false
	if _, err := parseEinsum(equation); err != nil {
		l.Invalid("%w", err)
	}
	return l
}

// Bias adds a bias that has the given axes of the result.
func (l *EinsumDenseLayer) Bias(axes string) *EinsumDenseLayer {
	l.biasAxes, l.shared.useBias = axes, axes != ""
	return l
}

// einsum is an equation taken apart.
type einsum struct {
	in, kernel, out string
	left, right     bool // where the ellipsis is
}

func parseEinsum(equation string) (einsum, error) {
	bad := fmt.Errorf("the equation %q is none of the forms x,y->z and ...x,y->...z and x...,y->z... that are known",
		equation)
	in, rest, ok := strings.Cut(equation, ",")
	kernel, out, ok2 := strings.Cut(rest, "->")
	if !ok || !ok2 {
		return einsum{}, bad
	}
	e := einsum{in: in, kernel: kernel, out: out}
	const dots = "..."
	switch {
	case strings.HasPrefix(in, dots) && strings.HasPrefix(out, dots):
		e.left, e.in, e.out = true, in[3:], out[3:]
	case strings.HasSuffix(in, dots) && strings.HasSuffix(out, dots):
		e.right, e.in, e.out = true, in[:len(in)-3], out[:len(out)-3]
	}
	for _, axes := range []string{e.in, e.kernel, e.out} {
		for i, a := range axes {
			if (a < 'a' || a > 'z') && (a < 'A' || a > 'Z') || strings.ContainsRune(axes[i+1:], a) {
				return einsum{}, bad
			}
		}
		if axes == "" {
			return einsum{}, bad
		}
	}
	return e, nil
}

// einsumShapes are the shapes that follow from an input.
type einsumShapes struct {
	whole                string // the equation without an ellipsis
	kernel, bias, out    Shape  // bias has the rank of the result's last axes
	kernelIn, kernelOuts int    // the kernel as a matrix: its fans
}

// shapes finds out all shapes for an input, given with the batch axis as -1.
func (l *EinsumDenseLayer) shapes(in Shape) (s einsumShapes, err error) {
	e, err := parseEinsum(l.equation)
	if err != nil {
		return s, err
	}
	input := append(Shape{-1}, in...)
	elided := len(input) - len(e.in)
	if elided < 0 || elided > 0 && !e.left && !e.right {
		return s, fmt.Errorf("the equation %q wants %d axes, got %v", l.equation, len(e.in), in)
	}
	var hidden string // letters for the axes of the ellipsis
	for c := 'A'; len(hidden) < elided; c++ {
		if !strings.ContainsRune(e.in+e.kernel+e.out, c) {
			hidden += string(c)
		}
	}
	output := append(Shape{-1}, l.output...)
	var axesIn, axesOut string
	if e.left {
		axesIn, axesOut = hidden+e.in, hidden+e.out
		if elided > 0 {
			output = slices.Concat(input[:elided], l.output)
		}
	} else {
		axesIn, axesOut = e.in+hidden, e.out+hidden
		output = append(output, input[len(input)-elided:]...)
	}
	if len(output) != len(axesOut) {
		return s, fmt.Errorf("the equation %q wants an output_shape of %d dimensions, got %v",
			l.equation, len(e.out)-1, l.output)
	}
	size := map[byte]int{}
	for i := range axesIn {
		size[axesIn[i]] = input[i]
	}
	for i := range axesOut {
		known, fromInput := size[axesOut[i]]
		switch {
		case fromInput && (output[i] == 0 || output[i] == known):
			output[i] = known
		case fromInput:
			return s, fmt.Errorf("axis %c of the equation %q has %d places in the input and %d in the output",
				axesOut[i], l.equation, known, output[i])
		case !strings.Contains(e.kernel, string(axesOut[i])):
			return s, fmt.Errorf("axis %c of the output is neither the input's nor the kernel's in %q", axesOut[i], l.equation)
		case output[i] < 1:
			return s, fmt.Errorf("axis %c of the output must be at least 1, got %d", axesOut[i], output[i])
		}
	}
	s.whole, s.out, s.kernelIn, s.kernelOuts = axesIn+","+e.kernel+"->"+axesOut, output[1:], 1, 1
	for _, a := range []byte(e.kernel) {
		if i := strings.IndexByte(axesOut, a); i >= 0 {
			s.kernel, s.kernelOuts = append(s.kernel, output[i]), s.kernelOuts*output[i]
		} else if d, ok := size[a]; ok {
			s.kernel, s.kernelIn = append(s.kernel, d), s.kernelIn*d
		} else {
			return s, fmt.Errorf("axis %c of the kernel is neither the input's nor the output's in %q", a, l.equation)
		}
	}
	s.bias, err = l.biasShape(axesOut, e, hidden, output)
	return s, err
}

// biasShape has 1 where the bias is the same along an axis.
func (l *EinsumDenseLayer) biasShape(axesOut string, e einsum, hidden string, output Shape) (Shape, error) {
	if !l.shared.useBias {
		return nil, nil
	}
	first := len(axesOut)
	for i := range l.biasAxes {
		at := strings.IndexByte(e.out, l.biasAxes[i])
		if at < 0 {
			return nil, fmt.Errorf("axis %c of the bias is not one of the output's in %q", l.biasAxes[i], l.equation)
		}
		first = min(first, strings.IndexByte(axesOut, l.biasAxes[i]))
	}
	var bias Shape
	for i := first; i < len(axesOut); i++ {
		if strings.IndexByte(l.biasAxes, axesOut[i]) >= 0 && strings.IndexByte(hidden, axesOut[i]) < 0 {
			bias = append(bias, output[i])
		} else {
			bias = append(bias, 1)
		}
	}
	return bias, bias.check()
}

// OutputShape follows from the equation.
func (l *EinsumDenseLayer) OutputShape(in []Shape) (Shape, error) {
	x, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	s, err := l.shapes(x)
	if err != nil {
		return nil, err
	}
	if l.shared.kernelWeight != nil && !l.shared.kernelWeight.Shape.Equal(s.kernel) {
		return nil, fmt.Errorf("was built with a kernel %v, the input %v wants %v",
			[]int(l.shared.kernelWeight.Shape), x, []int(s.kernel))
	}
	return l.shared.activation.OutputShape(s.out)
}

// Build creates kernel and bias.
func (l *EinsumDenseLayer) Build(in []Shape) error {
	s, err := l.shapes(in[0])
	if err != nil {
		return err
	}
	kernel := l.shared.kernel
	kernel.Initializer = asMatrix(kernel.Initializer, s.kernelIn, s.kernelOuts)
	l.shared.kernelWeight = l.AddWeight("kernel", s.kernel, kernel)
	if l.shared.useBias {
		l.shared.biasWeight = l.AddWeight("bias", s.bias, l.shared.bias)
	}
	return nil
}

// Call computes the equation.
func (l *EinsumDenseLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	s, err := l.shapes(in[0].Shape().Dimensions[1:])
	if err != nil {
		panic(err)
	}
	y := graph.Einsum(s.whole, in[0], c.Value(l.shared.kernelWeight))
	if l.shared.useBias {
		y = graph.Add(y, graph.ExpandLeftToRank(c.Value(l.shared.biasWeight), y.Rank()))
	}
	return c.Activate(l.shared.activation, y)
}

// Config returns Keras' configuration of an EinsumDense.
func (l *EinsumDenseLayer) Config() map[string]any {
	c := l.shared.config(&l.state)
	delete(c, "use_bias")
	output := make([]any, len(l.output))
	for i, d := range l.output {
		if d != 0 {
			output[i] = d
		}
	}
	c["equation"], c["output_shape"], c["bias_axes"] = l.equation, output, nil
	if l.shared.useBias {
		c["bias_axes"] = l.biasAxes
	}
	c["activity_regularizer"], c["quantization_config"] = RegularizerConfig(l.activity), nil
	return c
}

// fanned draws as for a matrix whose axes are all inputs and all outputs of a
// kernel, from which the spread of Keras' VarianceScaling follows.
type fanned struct {
	Initializer
	in, out int
}

// asMatrix is i for a kernel of several axes of inputs or outputs.
func asMatrix(i Initializer, in, out int) Initializer { return fanned{i, in, out} }

// Draw draws a matrix where the numbers depend on the fans alone.
func (f fanned) Draw(shape Shape, rng *rand.Rand) []float32 {
	c, ok := f.Initializer.(Configured)
	if ok && (strings.HasPrefix(c.Class(), "Glorot") || strings.HasPrefix(c.Class(), "He") ||
		strings.HasPrefix(c.Class(), "Lecun") || c.Class() == "VarianceScaling") {
		return f.Initializer.Draw(Shape{f.in, f.out}, rng)
	}
	return f.Initializer.Draw(shape, rng)
}
