package cifar

import (
	"github.com/gocifar/gocifar/cifar/report"
	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/display"
)

// Pictures are labeled color pictures: the examples that models read, as bytes
// of shape [height width 3], and ways to look at them.
type Pictures struct {
	*layers.Examples
	// Classes names the labels: Classes[label].
	Classes []string
}

// Grid shows pictures in rows of four, each under the name of its class
// (report.Grid). Without indices it shows twelve random ones, always the same.
func (p *Pictures) Grid(indices ...int) display.Displayer {
	return report.Grid(p.Examples, p.Classes, indices...)
}

// Pick returns n different random indices in random order, all of them if there
// are fewer. The same seed picks the same ones.
func (p *Pictures) Pick(n int, seed uint64) []int { return report.Pick(p.Examples, n, seed) }
