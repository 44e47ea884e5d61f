package layers

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
)

// Examples is a labeled set of examples in memory, which Fit, Evaluate and
// Predict read. Its values are kept as they came (image bytes stay bytes) and
// are scaled inside the compiled graph, so that a data set crosses to the
// device once and in its smallest form.
type Examples struct {
	// Shape of one example without the batch axis, for instance [32 32 3]
	// for an image in height, width, channels order.
	Shape []int
	// Bytes holds the examples one after the other, row major, if they are
	// bytes; else Floats does. Exactly one of the two is set.
	Bytes  []uint8
	Floats []float32
	// Labels holds one class index in [0, Classes) for each example, or with a
	// TargetShape that many: one for each pixel, for instance. Other indices may
	// be those that the loss ignores. It may be nil where only predictions are
	// asked for, or Targets are given.
	Labels []int32
	// Classes is the number of classes, hence the width of the one-hot form.
	Classes int
	// Targets holds what the outputs should be where they are numbers and not
	// classes, in place of Labels: values of TargetShape for each example, one
	// after the other. A TargetShape of nil means one number, [1].
	Targets     []float32
	TargetShape []int
	// Scale and Offset turn a stored value v into the model's input
	// v*Scale+Offset. A Scale of 0 means 1: values are taken as they are.
	Scale, Offset float32
	// Inputs hold the examples of a model with several inputs, in place of Shape,
	// Bytes, Floats, Scale and Offset; Outputs what several outputs should be, in
	// place of Labels, Classes, Targets and TargetShape.
	Inputs  []Values
	Outputs []Target
	// Weights holds how much each example counts in the loss, and in the metrics
	// that say so: Keras' sample_weight. Nil means 1 each.
	Weights []float32
}

// Values are the examples for one of several inputs, as in [Examples].
type Values struct {
	Shape         []int
	Bytes         []uint8
	Floats        []float32
	Scale, Offset float32
}

// Target is what one of several outputs should be: labels or numbers, as
// Labels, Classes, Targets and TargetShape of [Examples].
type Target struct {
	Labels  []int32
	Classes int
	Floats  []float32
	Shape   []int
	// Weights holds how much each example counts for this output, in place of
	// those of the Examples.
	Weights []float32
}

// inputs are the examples for each input.
func (e *Examples) inputs() []Values {
	if e.Inputs != nil {
		return e.Inputs
	}
	return []Values{{e.Shape, e.Bytes, e.Floats, e.Scale, e.Offset}}
}

// outputs are the targets of each output; none where there are no targets.
func (e *Examples) outputs() []Target {
	switch {
	case e.Outputs != nil:
		return e.Outputs
	case e.Labels == nil && e.Targets == nil:
		return nil
	}
	return []Target{{Labels: e.Labels, Classes: e.Classes, Floats: e.Targets, Shape: e.TargetShape}}
}

// forOutput are the examples as those of a model with one output.
func (e *Examples) forOutput(t Target) *Examples {
	out := *e
	out.Outputs, out.Labels, out.Classes, out.Targets, out.TargetShape = nil, t.Labels, t.Classes, t.Floats, t.Shape
	return &out
}

// len is the number of examples of an input.
func (v *Values) len() int {
	size := Shape(v.Shape).Size()
	if size == 0 {
		return 0
	}
	return (len(v.Bytes) + len(v.Floats)) / size
}

// scale is Scale with its default.
func (v *Values) scale() float32 { return cmp.Or(v.Scale, 1) }

// shape is Shape with its default: one number, or a class index alone.
func (t *Target) shape() Shape {
	if t.Shape == nil && t.Labels == nil {
		return Shape{1}
	}
	return t.Shape
}

// Len returns the number of examples.
func (e *Examples) Len() int {
	all := e.inputs()
	if len(all) == 0 {
		return 0
	}
	return all[0].len()
}

// Normalize returns the same examples, read by models as value/divisor. The
// stored values are shared and unchanged; it is the walkthrough's
// x_train/255.
func (e *Examples) Normalize(divisor float32) *Examples {
	out := *e
	out.Scale = 1 / divisor
	return &out
}

// Slice returns examples from..to (to excluded), sharing memory with e.
func (e *Examples) Slice(from, to int) (*Examples, error) {
	n := e.Len()
	if from < 0 || to < from || to > n {
		return nil, fmt.Errorf("layers: slice [%d:%d] of %d examples", from, to, n)
	}
	out := *e
	if e.Inputs == nil {
		one := e.inputs()[0].slice(from, to)
		out.Bytes, out.Floats = one.Bytes, one.Floats
	} else {
		out.Inputs = slices.Clone(e.Inputs)
		for i := range out.Inputs {
			out.Inputs[i] = out.Inputs[i].slice(from, to)
		}
	}
	if e.Outputs != nil {
		out.Outputs = slices.Clone(e.Outputs)
		for i := range out.Outputs {
			out.Outputs[i] = out.Outputs[i].slice(from, to)
		}
	} else if targets := e.outputs(); targets != nil {
		one := targets[0].slice(from, to)
		out.Labels, out.Targets = one.Labels, one.Floats
	}
	out.Weights = rows(e.Weights, 1, from, to)
	return &out, nil
}

func (v Values) slice(from, to int) Values {
	size := Shape(v.Shape).Size()
	v.Bytes, v.Floats = rows(v.Bytes, size, from, to), rows(v.Floats, size, from, to)
	return v
}

func (t Target) slice(from, to int) Target {
	size := t.shape().Size()
	t.Labels, t.Floats, t.Weights = rows(t.Labels, size, from, to), rows(t.Floats, size, from, to),
		rows(t.Weights, 1, from, to)
	return t
}

// rows are those of values of a size each; nil of nil.
func rows[T any](values []T, size, from, to int) []T {
	if values == nil {
		return nil
	}
	return values[from*size : to*size]
}

// targetShape is TargetShape with its default.
func (e *Examples) targetShape() Shape {
	if e.TargetShape == nil {
		return Shape{1}
	}
	return e.TargetShape
}

// fingerprint is a checksum of the examples.
func (e *Examples) fingerprint() string {
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli)) // its Write never fails
	shapes := ""
	for _, v := range e.inputs() {
		_, _ = sum.Write(v.Bytes)
		for part := range slices.Chunk(v.Floats, 1<<16) {
			_ = binary.Write(sum, binary.LittleEndian, part)
		}
		shapes += fmt.Sprintf(" %v*%d scale %g offset %g", v.Shape, v.len(), v.Scale, v.Offset)
	}
	for _, t := range e.outputs() {
		for _, l := range t.Labels {
			_, _ = sum.Write([]byte{byte(l), byte(l >> 8)})
		}
		_ = binary.Write(sum, binary.LittleEndian, t.Floats)
		_ = binary.Write(sum, binary.LittleEndian, t.Weights)
	}
	_ = binary.Write(sum, binary.LittleEndian, e.Weights)
	return fmt.Sprintf("%08x%s", sum.Sum32(), shapes)
}
