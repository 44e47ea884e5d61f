package report

import (
	"context"
	"time"

	"github.com/gocifar/gocifar/layers/display"
)

// browseIdle is how long Browse waits for the next move, so that "run all
// cells" goes on by itself.
const browseIdle = 30 * time.Second

// Browse shows one picture with what was predicted, and a slider that leafs
// through the others; without indices through all of them. It returns when the
// cell is stopped, or the slider was not moved for half a minute. In a terminal
// and in a notebook that is executed headlessly it shows a grid of twelve
// instead and returns at once. Errors are shown, as by display.Show.
func (p *Predictions) Browse(ctx context.Context, indices ...int) {
	if len(indices) == 0 {
		for i := range p.Actual {
			indices = append(indices, i)
		}
	}
	if len(indices) == 0 {
		display.Show("There are no predictions to browse.")
		return
	}
	moved, err := display.Slide(ctx, 0, len(indices)-1, browseIdle, func(position int) display.Bundle {
		return p.Grid(indices[position]).Display()
	})
	switch {
	case err != nil:
		display.Show(err)
	case !moved:
		display.Show(p.Grid(indices[:min(12, len(indices))]...))
	}
}
