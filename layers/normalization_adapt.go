package layers

import (
	"context"
	"errors"
	"fmt"
)

// Adapt sets mean and variance to those of examples, as the model reads them:
// scaled. It may be called before the layer is part of a model or after.
func (l *NormalizationLayer) Adapt(e *Examples) error {
	found, err := l.measured(e)
	if err == nil {
		err = l.adaptTo(found)
	}
	return l.adapting(err)
}

// AdaptSource does what Adapt does with the examples of a [Source], one epoch of
// them, batch by batch.
func (l *NormalizationLayer) AdaptSource(ctx context.Context, source Source) error {
	if source == nil {
		return l.adapting(errors.New("wants a source, got nil"))
	}
	length, err := lengthOf(source)
	if err != nil {
		return l.adapting(err)
	}
	var all *statistics
	for e, err := range source.Batches(ctx, Epoch{BatchSize: gather[Option](nil).batchSize()}) {
		var found *statistics
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			found, err = l.measured(e)
		}
		if err == nil && all != nil {
			err = all.add(found)
		}
		if err != nil {
			return l.adapting(err)
		}
		if all == nil {
			all = found
		}
		if length > 0 && all.examples >= length {
			break
		}
	}
	if all == nil {
		return l.adapting(errors.New("the source yields no examples"))
	}
	return l.adapting(l.adaptTo(all))
}

// adapting says which layer an error is about.
func (l *NormalizationLayer) adapting(err error) error {
	if err != nil {
		err = fmt.Errorf("layers: adapting %s: %w", describe(l), err)
	}
	return err
}

// measured are the statistics of examples.
func (l *NormalizationLayer) measured(e *Examples) (*statistics, error) {
	if err := e.check(false); err != nil {
		return nil, err
	}
	inputs := e.inputs()
	switch {
	case l.given != nil:
		return nil, errors.New("its mean and variance were given")
	case len(inputs) != 1:
		return nil, fmt.Errorf("wants examples of one input, got %d", len(inputs))
	}
	places, sizes, err := l.kept(inputs[0].Shape)
	if err != nil {
		return nil, err
	}
	return measure(&inputs[0], places, sizes), nil
}

// adaptTo makes statistics the layer's.
func (l *NormalizationLayer) adaptTo(found *statistics) error {
	if l.weights[0] == nil {
		l.adapted = found
		return nil
	}
	if !found.shape.Equal(l.weights[0].Shape) {
		return fmt.Errorf("was built for kept axes of the sizes %s, the examples have %s",
			l.weights[0].Shape.Tuple(), found.shape.Tuple())
	}
	return l.take(found)
}

// add adds the statistics of other examples: the variance is the mean of both and
// of how far the means are apart (Chan et al. 1979).
func (s *statistics) add(other *statistics) error {
	if !s.shape.Equal(other.shape) {
		return fmt.Errorf("wants batches of one shape, got kept axes of the sizes %s after %s",
			other.shape.Tuple(), s.shape.Tuple())
	}
	share := float64(other.examples) / float64(s.examples+other.examples)
	for i := range s.mean {
		apart := other.mean[i] - s.mean[i]
		s.mean[i] += apart * share
		s.variance[i] += share*(other.variance[i]-s.variance[i]) + apart*apart*share*(1-share)
	}
	s.examples += other.examples
	return nil
}

// measure computes mean and variance over all axes but those kept, in one pass
// for each.
func measure(v *Values, places []int, sizes Shape) *statistics {
	group := groups(v.Shape, places)
	size, count := len(group), float64(v.len())*float64(len(group))/float64(sizes.Size())
	s := &statistics{sizes, make([]float64, sizes.Size()), make([]float64, sizes.Size()), v.len()}
	for i := range v.len() * size {
		s.mean[group[i%size]] += v.at(i) / count
	}
	for i := range v.len() * size {
		off := v.at(i) - s.mean[group[i%size]]
		s.variance[group[i%size]] += off * off / count
	}
	return s
}

// groups tells for each value of an example which mean it counts in: the number
// of its place on the kept axes.
func groups(shape Shape, kept []int) []int {
	group := make([]int, shape.Size())
	for i := range group {
		rest, place := i, make([]int, len(shape))
		for axis := len(shape) - 1; axis >= 0; axis-- {
			place[axis], rest = rest%shape[axis], rest/shape[axis]
		}
		for _, axis := range kept {
			group[i] = group[i]*shape[axis] + place[axis]
		}
	}
	return group
}
