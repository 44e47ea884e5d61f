package layers

import "slices"

// newRows makes room for n examples of the kind of others.
func newRows(like *Examples, n int) *Examples {
	out := *like
	target := func(t Target) Target {
		size := n * t.shape().Size()
		t.Labels, t.Floats, t.Weights = roomFor(t.Labels, size), roomFor(t.Floats, size), roomFor(t.Weights, n)
		return t
	}
	values := func(v Values) Values {
		size := n * Shape(v.Shape).Size()
		v.Bytes, v.Floats = roomFor(v.Bytes, size), roomFor(v.Floats, size)
		return v
	}
	if like.Inputs == nil {
		one := values(like.inputs()[0])
		out.Bytes, out.Floats = one.Bytes, one.Floats
	}
	out.Inputs = slices.Clone(like.Inputs)
	for i, v := range out.Inputs {
		out.Inputs[i] = values(v)
	}
	if one := like.outputs(); like.Outputs == nil && one != nil {
		t := target(one[0])
		out.Labels, out.Targets = t.Labels, t.Floats
	}
	out.Outputs = slices.Clone(like.Outputs)
	for i, t := range out.Outputs {
		out.Outputs[i] = target(t)
	}
	out.Weights = roomFor(like.Weights, n)
	return &out
}

// roomFor is a slice of n values, or nil for nil.
func roomFor[T any](like []T, n int) []T {
	if like == nil {
		return nil
	}
	return make([]T, n)
}

// setRows copies examples of the same kind to rows i, i+1, …
func (e *Examples) setRows(i int, from *Examples, rows ...int32) {
	sources := from.inputs()
	for k, v := range e.inputs() {
		size := Shape(v.Shape).Size()
		copyRows(v.Bytes, i, sources[k].Bytes, rows, size)
		copyRows(v.Floats, i, sources[k].Floats, rows, size)
	}
	targets := from.outputs()
	for k, t := range e.outputs() {
		size := t.shape().Size()
		copyRows(t.Labels, i, targets[k].Labels, rows, size)
		copyRows(t.Floats, i, targets[k].Floats, rows, size)
		copyRows(t.Weights, i, targets[k].Weights, rows, 1)
	}
	copyRows(e.Weights, i, from.Weights, rows, 1)
}

func copyRows[T any](to []T, i int, from []T, rows []int32, size int) {
	if to == nil {
		return
	}
	for _, row := range rows {
		copy(to[i*size:(i+1)*size], from[int(row)*size:])
		i++
	}
}

// filledUp are the examples, or a copy extended to n of them by repeating the
// first: a row of zeros could give an operation what has no gradient.
func (e *Examples) filledUp(n int) *Examples {
	have := e.Len()
	if have == n {
		return e
	}
	rows := make([]int32, n)
	for i := range have {
		rows[i] = int32(i)
	}
	out := newRows(e, n)
	out.setRows(0, e, rows...)
	return out
}
