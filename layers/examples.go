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
	// Labels holds one class index in [0, Classes) for each example. It may
	// be nil where only predictions are asked for, or Targets are given.
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
}

// Len returns the number of examples.
func (e *Examples) Len() int {
	size := Shape(e.Shape).Size()
	if size == 0 {
		return 0
	}
	return (len(e.Bytes) + len(e.Floats)) / size
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
	size := Shape(e.Shape).Size()
	out := *e
	if e.Bytes != nil {
		out.Bytes = e.Bytes[from*size : to*size]
	} else {
		out.Floats = e.Floats[from*size : to*size]
	}
	if e.Labels != nil {
		out.Labels = e.Labels[from:to]
	}
	if e.Targets != nil {
		size := e.targetShape().Size()
		out.Targets = e.Targets[from*size : to*size]
	}
	return &out, nil
}

// targetShape is TargetShape with its default.
func (e *Examples) targetShape() Shape {
	if e.TargetShape == nil {
		return Shape{1}
	}
	return e.TargetShape
}

// scale is Scale with its default.
func (e *Examples) scale() float32 { return cmp.Or(e.Scale, 1) }

// fingerprint is a checksum of the examples.
func (e *Examples) fingerprint() string {
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli)) // its Write never fails
	_, _ = sum.Write(e.Bytes)
	for part := range slices.Chunk(e.Floats, 1<<16) {
		_ = binary.Write(sum, binary.LittleEndian, part)
	}
	for _, l := range e.Labels {
		_, _ = sum.Write([]byte{byte(l), byte(l >> 8)})
	}
	_ = binary.Write(sum, binary.LittleEndian, e.Targets)
	return fmt.Sprintf("%08x %v*%d scale %g offset %g", sum.Sum32(), e.Shape, e.Len(), e.Scale, e.Offset)
}
