package cifar

import (
	"fmt"
	"strings"

	"github.com/gocifar/gocifar/cifar/report"
	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/display"
)

// Shape returns the shape of all pictures together, as numpy writes it:
// "(50000, 32, 32, 3)".
func (p *Pictures) Shape() string {
	return layers.Shape(append([]int{p.Len()}, p.Examples.Shape...)).Tuple()
}

// Label returns the label of a picture as numpy shows y_train[i]:
// "array([6], dtype=uint8)".
func (p *Pictures) Label(index int) string {
	if index < 0 || index >= len(p.Labels) {
		return fmt.Sprintf("cifar: there is no label %d among %d", index, len(p.Labels))
	}
	return fmt.Sprintf("array([%d], dtype=uint8)", p.Labels[index])
}

// Pixels shows the numbers of one picture as numpy shows x_train[i]: an
// array of rows of pixels of red, green, blue, the middle of each left out.
func (p *Pictures) Pixels(index int) display.Displayer {
	if _, err := report.Photo(p.Examples, index); err != nil {
		return display.Bundle{Text: err.Error()}
	}
	height, width := p.Examples.Shape[0], p.Examples.Shape[1]
	size := height * width * Channels
	return display.Bundle{Text: arrayText(p.Bytes[index*size:(index+1)*size], height, width)}
}

// edge is how many items numpy keeps at each end of an axis that it cuts.
const edge = 3

// threshold is the most numbers that numpy shows all
// (numpy.set_printoptions(threshold=1000)).
const threshold = 1000

// arrayText is numpy's repr of a (height, width, 3) array of uint8.
func arrayText(pixels []uint8, height, width int) string {
	const indent = "       " // the width of "array(["
	cut := height*width*Channels > threshold
	shown := func(i, n int) bool { return !cut || n <= 2*edge || i < edge || i >= n-edge }
	digits := 0
	for i, v := range pixels {
		if shown(i/Channels/width, height) && shown(i/Channels%width, width) {
			digits = max(digits, len(fmt.Sprint(v)))
		}
	}
	var rows []string
	for row := range height {
		if !shown(row, height) {
			if row == edge {
				rows = append(rows, "...")
			}
			continue
		}
		var columns []string
		for column := range width {
			if !shown(column, width) {
				if column == edge {
					columns = append(columns, "...")
				}
				continue
			}
			p := pixels[(row*width+column)*Channels:]
			columns = append(columns, fmt.Sprintf("[%*d, %*d, %*d]", digits, p[0], digits, p[1], digits, p[2]))
		}
		rows = append(rows, "["+strings.Join(columns, ",\n"+indent+" ")+"]")
	}
	return "array([" + strings.Join(rows, ",\n\n"+indent) + "], dtype=uint8)"
}
