package cifar

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gocifar/gocifar/cifar/report"
	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/display"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Display says in a line what the recipe is.
func (a Airbench) Display() display.Bundle {
	groups := "two convolutions each"
	if a.Deep {
		groups = "three convolutions each and a shortcut"
	}
	return display.Bundle{Text: fmt.Sprintf("airbench: groups of %d, %d and %d filters, %s; %d epochs in "+
		"batches of %d, %s.",
		a.Widths[0], a.Widths[1], a.Widths[2], groups, a.Epochs, a.Batch, cmp.Or(a.Policy, layers.Float32))}
}

// Moved shows some pictures and what the recipe's shift makes of each, so many
// times.
func (a Airbench) Moved(ctx context.Context, train *layers.Examples, pictures, times int) (display.Displayer, error) {
	if err := a.check(train); err != nil {
		return nil, err
	}
	size := layers.Shape(train.Shape).Size()
	out := &layers.Examples{Shape: train.Shape, Classes: times + 1}
	names := []string{"as it is"}
	for i := range times {
		names = append(names, fmt.Sprintf("moved, %d", i+1))
	}
	if train.Bytes == nil {
		return nil, fmt.Errorf("cifar: airbench shows pictures of bytes, these are numbers")
	}
	for _, i := range report.Pick(train, pictures, 42) {
		for range times + 1 {
			out.Bytes = append(out.Bytes, train.Bytes[i*size:(i+1)*size]...)
		}
	}
	n := len(out.Bytes) / size
	for i := range n {
		out.Labels = append(out.Labels, int32(i%(times+1)))
	}
	moved, err := a.shifted(out, n)
	if err != nil {
		return nil, fmt.Errorf("cifar: airbench: %w", err)
	}
	for i := range n {
		if i%(times+1) != 0 {
			for j, v := range moved[i*size : (i+1)*size] {
				out.Bytes[i*size+j] = uint8(v)
			}
		}
	}
	var all []int
	for i := range n {
		all = append(all, i)
	}
	return report.Grid(out, names, all...), ctx.Err()
}

// shifted moves each picture as training does.
func (a Airbench) shifted(e *layers.Examples, n int) ([]float32, error) {
	backend, err := layers.Backend()
	if err != nil {
		return nil, err
	}
	values := make([]float32, len(e.Bytes))
	for i, b := range e.Bytes {
		values[i] = float32(b)
	}
	x := tensors.FromFlatDataAndDimensions(values, append([]int{n}, e.Shape...)...)
	y, err := graph.CallOnce(backend, func(x, seed *graph.Node) *graph.Node {
		return layers.RandomShift(a.Shift).Call(layers.NewPass(x.Graph(), true, nil, seed), []*graph.Node{x})
	}, x, uint32(42))
	if err != nil {
		return nil, err
	}
	return tensors.CopyFlatData[float32](y)
}

// Filters shows the filters that whiten the pictures' patches, those of one sign:
// gray is zero, and the largest eigenvalue comes first.
func (a Airbench) Filters(ctx context.Context, train *layers.Examples) (display.Displayer, error) {
	m, err := a.Model(ctx, train)
	if err != nil {
		return nil, err
	}
	if train.Shape[2] != Channels {
		return nil, fmt.Errorf("cifar: airbench shows filters of color pictures, these have %d channels", train.Shape[2])
	}
	if err := m.InitializeMissing(); err != nil {
		return nil, err
	}
	filters, err := whiteningFilters(m)
	if err != nil {
		return nil, err
	}
	out := &layers.Examples{Shape: layers.Shape{2, 2, Channels}, Classes: len(filters)}
	var names []string
	var all []int
	for i, filter := range filters {
		largest := float32(0)
		for _, v := range filter {
			largest = max(largest, v, -v)
		}
		for _, v := range filter {
			out.Bytes = append(out.Bytes, uint8(math.Round(127.5+127.5*float64(v/largest))))
		}
		out.Labels = append(out.Labels, int32(i))
		names, all = append(names, fmt.Sprint("filter ", i+1)), append(all, i)
	}
	return report.Grid(out, names, all...), nil
}

// whiteningFilters are the filters of one sign, shortest first: those of the
// largest eigenvalues.
func whiteningFilters(m *layers.Model) (filters [][]float32, err error) {
	for _, v := range m.Variables() {
		if v.Path != "whitening/kernel" {
			continue
		}
		kernel, err := v.Flat()
		if err != nil {
			return nil, err
		}
		n := v.Shape[3]
		for k := range n / 2 {
			var filter []float32
			for i := k; i < len(kernel); i += n {
				filter = append(filter, kernel[i])
			}
			filters = append(filters, filter)
		}
	}
	length := func(filter []float32) (sum float64) {
		for _, v := range filter {
			sum += float64(v) * float64(v)
		}
		return sum
	}
	slices.SortFunc(filters, func(x, y []float32) int { return cmp.Compare(length(x), length(y)) })
	return filters, nil
}
