package layers

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// GroupNormalizationLayer normalizes the channels of each example in groups;
// the shape stays. Variables, each (channels): gamma and beta.
type GroupNormalizationLayer struct {
	gammaAndBeta[*GroupNormalizationLayer]
	groups, axis int
}

// GroupNormalization makes the layer (Wu and He, 2018, arXiv:1803.08494):
//
//	y = gamma (x-mean)/sqrt(variance+epsilon) + beta
//
// with mean and (biased) variance of each example's group of channels over all
// other axes. The groups must divide the channels; -1 is a group for each of
// them (instance normalization). Keras' defaults: 32 groups, axis -1, epsilon
// 0.001, gamma and beta.
func GroupNormalization(groups int) *GroupNormalizationLayer {
	l := &GroupNormalizationLayer{groups: groups, axis: -1}
	l.init(l, "GroupNormalization")
	if groups < 1 && groups != -1 {
		l.Invalid("groups must be at least 1, or -1 for as many as there are channels, got %d", groups)
	}
	return l
}

// Axis sets the axis of the channels, counted with the batch axis as 0, or from
// the end if negative. Default -1.
func (l *GroupNormalizationLayer) Axis(axis int) *GroupNormalizationLayer {
	l.axis = axis
	return l
}

// channels are the place of the channels in an example's shape, and the number
// of groups.
func (l *GroupNormalizationLayer) channels(in Shape) (place, groups int, err error) {
	places, sizes, err := alongAxes([]int{l.axis}, in)
	if err != nil {
		return 0, 0, err
	}
	groups = l.groups
	if groups == -1 {
		groups = sizes[0]
	}
	if sizes[0]%groups != 0 {
		return 0, 0, fmt.Errorf("%d groups do not divide the %d channels of %v", groups, sizes[0], in)
	}
	return places[0], groups, nil
}

// OutputShape is the input's shape.
func (l *GroupNormalizationLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	place, _, err := l.channels(s)
	if built := l.builtShape(); err == nil && built != nil && built[0] != s[place] {
		err = fmt.Errorf("was built for %d channels, got %d", built[0], s[place])
	}
	return s, err
}

// Build creates the variables.
func (l *GroupNormalizationLayer) Build(in []Shape) error {
	if _, err := l.OutputShape(in); err != nil {
		return err
	}
	place, groups, err := l.channels(in[0])
	if err != nil {
		return err
	}
	l.groups = groups
	l.create(Shape{in[0][place]})
	return nil
}

// Call normalizes.
func (l *GroupNormalizationLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	d := in[0].Shape().Dimensions
	place, groups, err := l.channels(Shape(d[1:]))
	if err != nil {
		panic(err)
	}
	at := 1 + place // the axis of the groups; that of a group's channels follows
	var grouped, others []int
	form := make([]int, len(d)+1)
	for i, size := range d {
		if i == at {
			grouped = append(grouped, groups)
			size /= groups
		}
		grouped = append(grouped, size)
	}
	for i := range grouped {
		form[i] = 1
		if i != 0 && i != at {
			others = append(others, i)
		}
	}
	form[at], form[at+1] = groups, d[at]/groups
	x := graph.Reshape(in[0], grouped...)
	mean, variance := meanAndVariance(x, others)
	return graph.Reshape(l.normalize(c, x, mean, variance, form), d...)
}

// Config returns Keras' configuration of a GroupNormalization.
func (l *GroupNormalizationLayer) Config() map[string]any {
	c := l.gammaAndBeta.Config()
	c["groups"], c["axis"] = l.groups, l.axis
	return c
}

func init() {
	RegisterLayer("GroupNormalization", func(s *Settings) Layer {
		l := GroupNormalization(s.Int("groups", 32)).Axis(s.Int("axis", -1))
		readGammaAndBeta(s, &l.gammaAndBeta)
		return l
	})
}
