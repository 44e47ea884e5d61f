package layers

import (
	"fmt"
	"slices"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// Operation is one of Keras' operations (keras.ops) on symbolic tensors, such
// as Python's x + 3.0 in a functional model. A model shows an operation in its
// summary and keeps it in its files, but does not count it among its Layers.
// (keras/src/ops/operation.py, keras/src/ops/numpy.py)
type Operation string

// The operations, by Keras' class names.
const (
	OpAdd        Operation = "Add"        // x + y
	OpSubtract   Operation = "Subtract"   // x - y
	OpMultiply   Operation = "Multiply"   // x * y
	OpTrueDivide Operation = "TrueDivide" // x / y, as Python's operator writes it
	OpDivide     Operation = "Divide"     // x / y, as keras.ops.divide writes it
	OpPower      Operation = "Power"      // x to the power of y
	OpMaximum    Operation = "Maximum"    // the larger of x and y
	OpMinimum    Operation = "Minimum"    // the smaller of x and y
	OpNegative   Operation = "Negative"   // -x
	OpAbsolute   Operation = "Absolute"   // |x|
	OpSquare     Operation = "Square"     // x * x
	OpSqrt       Operation = "Sqrt"       // the square root of x
	OpExp        Operation = "Exp"        // e to the power of x
	OpLog        Operation = "Log"        // the natural logarithm of x
)

// operationModule is the Python module of the operations' classes.
const operationModule = "keras.src.ops.numpy"

var operations = map[Operation]struct {
	arguments int
	compute   func(x []*graph.Node) *graph.Node
}{
	OpAdd:        {2, ofTwo(graph.Add)},
	OpSubtract:   {2, ofTwo(graph.Sub)},
	OpMultiply:   {2, ofTwo(graph.Mul)},
	OpTrueDivide: {2, ofTwo(graph.Div)},
	OpDivide:     {2, ofTwo(graph.Div)},
	OpPower:      {2, ofTwo(graph.Pow)},
	OpMaximum:    {2, ofTwo(graph.Max)},
	OpMinimum:    {2, ofTwo(graph.Min)},
	OpNegative:   {1, ofOne(graph.Neg)},
	OpAbsolute:   {1, ofOne(xla.Abs)},
	OpSquare:     {1, ofOne(graph.Square)},
	OpSqrt:       {1, ofOne(graph.Sqrt)},
	OpExp:        {1, ofOne(graph.Exp)},
	OpLog:        {1, ofOne(graph.Log)},
}

func ofTwo(f func(x, y *graph.Node) *graph.Node) func([]*graph.Node) *graph.Node {
	return func(x []*graph.Node) *graph.Node { return f(x[0], x[1]) }
}

func ofOne(f func(x *graph.Node) *graph.Node) func([]*graph.Node) *graph.Node {
	return func(x []*graph.Node) *graph.Node { return f(x[0]) }
}

// Apply adds the operation to the graph. An argument is a [Symbol] or a number
// (float64 or int), at least one of them a Symbol:
//
//	y := layers.OpMultiply.Apply(x, 0.5)
//	sum := layers.OpAdd.Apply(x, y)
//
// Tensors of one rank are broadcast: a dimension of 1 fits every other one.
// Errors are kept in the result and come out of [Functional].
func (o Operation) Apply(args ...any) *Tensor {
	l := &OperationLayer{}
	l.Init(l, string(o))
	var in []Symbol
	for i, a := range args {
		switch a := a.(type) {
		case Symbol:
			in = append(in, a)
			l.constants = append(l.constants, nil)
		case float64:
			l.constants = append(l.constants, &a)
		case int:
			f := float64(a)
			l.constants = append(l.constants, &f)
		default:
			l.Invalid("argument %d wants a Symbol, a float64 or an int, got %T", i, a)
		}
	}
	return l.Base.Apply(in...)
}

// OperationLayer is an [Operation] with its constant arguments, as a model's
// graph holds it.
type OperationLayer struct {
	Base[*OperationLayer]
	constants []*float64 // one for each argument, nil where that is a tensor
}

// isOperation tells operations from Keras' layers.
func isOperation(l Layer) bool {
	_, ok := l.(*OperationLayer)
	return ok
}

// KerasModule is the Python module of the operations.
func (l *OperationLayer) KerasModule() string { return operationModule }

// OutputShape is the shape to which the tensors are broadcast.
func (l *OperationLayer) OutputShape(in []Shape) (Shape, error) {
	o, ok := operations[Operation(l.Class())]
	switch {
	case !ok:
		return nil, fmt.Errorf("there is no operation %q", l.Class())
	case len(l.constants) != o.arguments:
		return nil, fmt.Errorf("wants %d arguments, got %d", o.arguments, len(l.constants))
	case len(in) == 0:
		return nil, fmt.Errorf("wants a tensor among its arguments, got numbers only")
	}
	tensors := 0
	for _, c := range l.constants {
		if c == nil {
			tensors++
		}
	}
	if len(in) != tensors {
		return nil, fmt.Errorf("wants %d tensors beside its numbers, got %d", tensors, len(in))
	}
	out := in[0].Clone()
	for _, s := range in[1:] {
		if len(s) != len(out) {
			return nil, fmt.Errorf("wants tensors of one rank, got %v and %v", in[0], s)
		}
		for axis, d := range s {
			switch {
			case out[axis] == 1:
				out[axis] = d
			case d != 1 && d != out[axis]:
				return nil, fmt.Errorf("wants shapes that can be broadcast, got %v and %v", in[0], s)
			}
		}
	}
	return out, nil
}

// Call computes the operation, in float32 if one of its tensors has that type.
func (l *OperationLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	dtype := in[0].DType()
	for _, x := range in {
		if x.DType() == dtypes.Float32 {
			dtype = dtypes.Float32
		}
	}
	args, tensors := make([]*graph.Node, len(l.constants)), 0
	for i, c := range l.constants {
		if c != nil {
			args[i] = graph.Scalar(in[0].Graph(), dtype, *c)
			continue
		}
		if args[i] = in[tensors]; args[i].DType() != dtype {
			args[i] = graph.ConvertDType(args[i], dtype)
		}
		tensors++
	}
	return operations[Operation(l.Class())].compute(args)
}

// Config returns Keras' configuration of an operation; its numbers are
// arguments of the call.
func (l *OperationLayer) Config() map[string]any { return map[string]any{"name": l.name} }

// operationNames lists the operations that are supported.
func operationNames() []string {
	var names []string
	for o := range operations {
		names = append(names, string(o))
	}
	slices.Sort(names)
	return names
}
