package layers

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// View is another view of an image, see [TestTimeAugmentation]: the image moved
// down and to the right by whole pixels (up and to the left where negative), and
// mirrored from left to right after that. What moves in from outside is the
// image mirrored at its outermost pixels.
type View struct {
	Down, Right int
	Mirror      bool
	// Weight is how much the view counts beside the others.
	Weight float64
}

// viewLayer shows each image in another view, in training and in inference.
type viewLayer struct {
	Base[*viewLayer]
	view View
}

func newView(v View) *viewLayer {
	l := &viewLayer{view: v}
	l.Init(l, "gocifar>View")
	return l
}

// OutputShape is the input's shape.
func (l *viewLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := sameImage(in)
	if err == nil && l.reach() >= min(s[0], s[1]) {
		err = fmt.Errorf("moves by %d pixels, which wants images that are larger, got %v", l.reach(), s)
	}
	return s, err
}

// reach is how many pixels from outside the view needs.
func (l *viewLayer) reach() int {
	return max(l.view.Down, -l.view.Down, l.view.Right, -l.view.Right)
}

// Call makes the view.
func (l *viewLayer) Call(_ *Pass, in []*graph.Node) *graph.Node {
	x, v, reach := in[0], l.view, l.reach()
	if reach > 0 {
		dims := x.Shape().Dimensions
		top, left := reach-v.Down, reach-v.Right
		x = graph.Slice(padMirrored(x, reach), graph.AxisRange(), graph.AxisRange(top, top+dims[1]),
			graph.AxisRange(left, left+dims[2]))
	}
	if v.Mirror {
		x = graph.Reverse(x, 2)
	}
	return x
}

// Config returns the view.
func (l *viewLayer) Config() map[string]any {
	c := l.Base.Config()
	c["down"], c["right"], c["mirror"] = l.view.Down, l.view.Right, l.view.Mirror
	return c
}

func init() {
	RegisterLayer("gocifar>View", func(s *Settings) Layer {
		return newView(View{Down: s.Int("down", 0), Right: s.Int("right", 0), Mirror: s.Bool("mirror", false)})
	})
}
