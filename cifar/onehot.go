package cifar

import (
	"fmt"
	"strings"

	"github.com/gocifar/gocifar/layers/display"
)

// OneHot returns the labels as Keras' to_categorical does: a row for each
// picture with a 1 at its class and 0 elsewhere. Training does not need it:
// layers.CategoricalCrossEntropy makes these rows inside the compiled graph.
// A label outside 0 to len(Classes)-1 is an error.
func (p *Pictures) OneHot() (OneHotLabels, error) {
	rows, n := make(OneHotLabels, len(p.Labels)), len(p.Classes)
	values := make([]float32, len(rows)*n)
	for i, label := range p.Labels {
		if label < 0 || int(label) >= n {
			return nil, fmt.Errorf("cifar: picture %d has label %d, want 0 to %d", i, label, n-1)
		}
		rows[i] = values[i*n : (i+1)*n : (i+1)*n]
		rows[i][label] = 1
	}
	return rows, nil
}

// OneHotLabels is a matrix of zeros and ones, one row an example.
type OneHotLabels [][]float32

// Shape returns the matrix' shape as numpy writes it: "(50000, 10)".
func (o OneHotLabels) Shape() string {
	columns := 0
	if len(o) > 0 {
		columns = len(o[0])
	}
	return fmt.Sprintf("(%d, %d)", len(o), columns)
}

// Display shows the matrix as numpy does, the middle rows left out if there
// are more than six.
func (o OneHotLabels) Display() display.Bundle {
	var lines []string
	for i, row := range o {
		if len(o) > 2*edge && i >= edge && i < len(o)-edge {
			if i == edge {
				lines = append(lines, "...")
			}
			continue
		}
		var cells []string
		for _, v := range row {
			cells = append(cells, fmt.Sprintf("%g.", v))
		}
		lines = append(lines, "["+strings.Join(cells, ", ")+"]")
	}
	return display.Bundle{Text: "array([" + strings.Join(lines, ",\n       ") + "], dtype=float32)"}
}
