package cifar

import (
	"fmt"
	"strings"

	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/display"
)

// Shape returns the shape of all examples together, as numpy writes it:
// "(50000, 32, 32, 3)".
func Shape(examples *layers.Examples) string {
	parts := []string{fmt.Sprint(examples.Len())}
	for _, d := range examples.Shape {
		parts = append(parts, fmt.Sprint(d))
	}
	return tuple(parts)
}

func tuple(parts []string) string {
	if len(parts) == 1 {
		return "(" + parts[0] + ",)"
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// Label returns the label of an example as numpy shows y_train[i]:
// "array([6], dtype=uint8)".
func Label(examples *layers.Examples, index int) string {
	if index < 0 || index >= len(examples.Labels) {
		return fmt.Sprintf("cifar: there is no label %d among %d", index, len(examples.Labels))
	}
	return fmt.Sprintf("array([%d], dtype=uint8)", examples.Labels[index])
}

// Pixels shows the numbers of one picture as numpy shows x_train[i]: an
// array of 32 rows of 32 pixels of red, green, blue, the middle of each left
// out.
func Pixels(examples *layers.Examples, index int) display.Displayer {
	t := tiles{examples: examples, indices: []int{index}}
	if err := t.check(); err != nil {
		return display.Bundle{Text: err.Error()}
	}
	return display.Bundle{Text: arrayText(t.pixels(index))}
}

// edge is how many items numpy keeps at each end of an axis that it cuts.
const edge = 3

// arrayText is numpy's repr of a (32, 32, 3) array of uint8 that is larger
// than its print threshold (numpy.set_printoptions(threshold=1000)).
func arrayText(pixels []uint8) string {
	const indent = "       " // the width of "array(["
	width := 0
	for row := range Side {
		for column := range Side {
			if !shown(row) || !shown(column) {
				continue
			}
			for c := range Channels {
				width = max(width, len(fmt.Sprint(pixels[(row*Side+column)*Channels+c])))
			}
		}
	}
	var rows []string
	for row := range Side {
		if row == edge {
			rows = append(rows, "...")
		}
		if !shown(row) {
			continue
		}
		var columns []string
		for column := range Side {
			if column == edge {
				columns = append(columns, "...")
			}
			if shown(column) {
				p := pixels[(row*Side+column)*Channels:]
				columns = append(columns, fmt.Sprintf("[%*d, %*d, %*d]", width, p[0], width, p[1], width, p[2]))
			}
		}
		rows = append(rows, "["+strings.Join(columns, ",\n"+indent+" ")+"]")
	}
	return "array([" + strings.Join(rows, ",\n\n"+indent) + "], dtype=uint8)"
}

func shown(i int) bool { return i < edge || i >= Side-edge }
