package layers

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// Constraint keeps a variable within bounds: after every step of the optimizer
// it replaces the new value. Those here are Keras' (keras/src/constraints).
// [RegisterConstraint] makes one's own known to files.
type Constraint interface {
	Configured
	// Constrain adds the value that counts to the graph, of w's type and shape.
	Constrain(w *graph.Node) *graph.Node
}

// norm is a constraint on the norms of weights along some axes: one of Keras'
// classes.
type norm struct {
	class           string
	low, high, rate float64
	axes            []int
}

// MaxNorm scales weights down whose norm is above a limit, at least 0. A norm
// goes along axes, by default 0: each unit of Dense has one, the sum over its
// inputs. For a Conv2D the axes are 0, 1, 2. Keras' default limit is 2.
func MaxNorm(limit float64, axes ...int) Constraint {
	return norm{"MaxNorm", 0, limit, 1, firstAxis(axes)}
}

// UnitNorm scales weights to the norm 1; of axes see [MaxNorm].
func UnitNorm(axes ...int) Constraint { return norm{"UnitNorm", 1, 1, 1, firstAxis(axes)} }

// MinMaxNorm scales weights so that their norms come nearer to [low, high]: the
// whole way with rate 1, Keras' default, and by a share of it with a rate in
// [0, 1]. Keras' default bounds are 0 and 1. Of axes see [MaxNorm].
func MinMaxNorm(low, high, rate float64, axes ...int) Constraint {
	return norm{"MinMaxNorm", low, high, rate, firstAxis(axes)}
}

func firstAxis(axes []int) []int {
	if len(axes) == 0 {
		return []int{0}
	}
	return axes
}

// Class is Keras' class name.
func (n norm) Class() string { return n.class }

// Config returns Keras' configuration.
func (n norm) Config() map[string]any {
	c := map[string]any{"axis": axisConfig(n.axes)}
	switch n.class {
	case "MaxNorm":
		c["max_value"] = n.high
	case "MinMaxNorm":
		c["min_value"], c["max_value"], c["rate"] = n.low, n.high, n.rate
	}
	return c
}

// axisConfig is how Keras writes axes: one as a number, several as a list.
func axisConfig(axes []int) any {
	if len(axes) == 1 {
		return axes[0]
	}
	return axes
}

func (n norm) check() error {
	switch {
	case !(n.low >= 0 && n.low <= n.high) || math.IsInf(n.high, 1):
		return fmt.Errorf("constraint %s wants bounds of at least 0, the smaller first, got %g and %g",
			n.class, n.low, n.high)
	case !(n.rate >= 0 && n.rate <= 1):
		return fmt.Errorf("constraint %s wants a rate between 0 and 1, got %g", n.class, n.rate)
	}
	return nil
}

// CheckShape wants axes that a variable has.
func (n norm) CheckShape(s Shape) error {
	for _, axis := range n.axes {
		if axis < -len(s) || axis >= len(s) {
			return fmt.Errorf("constraint %s: a variable of shape %s has no axis %d", n.class, s.Tuple(), axis)
		}
	}
	return nil
}

// Constrain scales.
func (n norm) Constrain(w *graph.Node) *graph.Node {
	size := graph.Sqrt(graph.ReduceAndKeep(graph.Square(w), graph.ReduceSum, n.axes...))
	desired := graph.OnesLike(size)
	if n.class != "UnitNorm" {
		desired = graph.MulScalar(graph.ClipScalar(size, n.low, n.high), n.rate)
		if n.rate != 1 {
			desired = graph.Add(desired, graph.MulScalar(size, 1-n.rate))
		}
	}
	return graph.Mul(w, graph.Div(desired, graph.AddScalar(size, fuzz)))
}

// nonNegative is Keras' NonNeg.
type nonNegative struct{}

// NonNeg makes negative weights 0.
var NonNeg Constraint = nonNegative{}

// Class is Keras' class name.
func (nonNegative) Class() string { return "NonNeg" }

// Config returns Keras' configuration.
func (nonNegative) Config() map[string]any { return map[string]any{} }

// Constrain cuts at 0.
func (nonNegative) Constrain(w *graph.Node) *graph.Node { return graph.MaxScalar(w, 0.0) }

// CheckConstraint says what is wrong with a constraint that a layer is given;
// nil is none.
func CheckConstraint(c Constraint) error { return checkOption(c) }

// ConstraintConfig is how a layer's Config holds a constraint, as Keras'
// serialize does; nil is none. [Settings.Constraint] reads it.
func ConstraintConfig(c Constraint) any {
	if c == nil {
		return nil
	}
	return savedObject("keras.constraints", c.Class(), c.Config())
}

// Constraint reads a constraint, by name or as an object; nil where there is
// none.
func (s *Settings) Constraint(key string) Constraint { return readOption(s, key, &constraintClasses) }

func init() {
	RegisterConstraint("MaxNorm", func(s *Settings) Constraint {
		return MaxNorm(s.Float("max_value", 2), s.Ints("axis", 0)...)
	})
	RegisterConstraint("UnitNorm", func(s *Settings) Constraint { return UnitNorm(s.Ints("axis", 0)...) })
	RegisterConstraint("MinMaxNorm", func(s *Settings) Constraint {
		return MinMaxNorm(s.Float("min_value", 0), s.Float("max_value", 1), s.Float("rate", 1), s.Ints("axis", 0)...)
	})
	RegisterConstraint("NonNeg", func(*Settings) Constraint { return NonNeg })
}

// constrain is a variable's new value after an optimizer's step.
func (v *Variable) constrain(w *graph.Node) *graph.Node {
	if v.Constraint == nil {
		return w
	}
	return v.Constraint.Constrain(w)
}
