package layers

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// renorm is what a BatchNormalization knows of batch renormalization.
type renorm struct {
	momentum float64
	clipping map[string]float64 // rmin, rmax, dmax; those that are missing do not clip
}

// Renorm corrects the batch's statistics in training by moving ones of their
// own, so that the layer computes the same as in inference (Ioffe, 2017,
// arXiv:1702.03275):
//
//	y = gamma ((x-mean)/sqrt(variance+epsilon) r + d) + beta
//	r = stddev/renormStddev, d = (mean-renormMean)/renormStddev
//
// Gradients do not flow through r and d. Clipping may have the keys "rmin",
// "rmax" and "dmax": r is kept in [rmin, rmax] and d in [-dmax, dmax]. The
// momentum, in [0, 1], is that of these moving statistics; Keras' default is
// 0.99.
func (l *BatchNormalizationLayer) Renorm(momentum float64, clipping map[string]float64) *BatchNormalizationLayer {
	l.renorm = &renorm{momentum, maps.Clone(clipping)}
	if err := l.renorm.check(); err != nil {
		l.Invalid("%w", err)
	}
	return l
}

func (r *renorm) check() error {
	if !(r.momentum >= 0 && r.momentum <= 1) {
		return fmt.Errorf("renorm momentum must be between 0 and 1, got %g", r.momentum)
	}
	for _, key := range slices.Sorted(maps.Keys(r.clipping)) {
		v := r.clipping[key]
		switch {
		case key != "rmin" && key != "rmax" && key != "dmax":
			return fmt.Errorf("renorm clipping knows rmin, rmax and dmax, got %q", key)
		case math.IsNaN(v) || key == "dmax" && v < 0:
			return fmt.Errorf("renorm clipping wants numbers, dmax from 0 on, got %s = %g", key, v)
		}
	}
	low, hasLow := r.clipping["rmin"]
	high, hasHigh := r.clipping["rmax"]
	if hasLow && hasHigh && high < low {
		return fmt.Errorf("renorm clipping wants rmin up to rmax, got %g and %g", low, high)
	}
	return nil
}

// corrected updates the moving statistics, and returns gamma and beta with the
// corrections in them.
func (l *BatchNormalizationLayer) corrected(c *Pass, mean, variance, gamma, beta *graph.Node) (g, b *graph.Node) {
	stddev := graph.Sqrt(graph.AddScalar(variance, l.epsilon))
	known := graph.MaxScalar(c.Value(l.rSdev), math.Sqrt(l.epsilon))
	r := graph.Div(stddev, known)
	d := graph.Div(graph.Sub(mean, c.Value(l.rMean)), known)
	if v, ok := l.renorm.clipping["rmin"]; ok {
		r = graph.MaxScalar(r, v)
	}
	if v, ok := l.renorm.clipping["rmax"]; ok {
		r = graph.MinScalar(r, v)
	}
	if v, ok := l.renorm.clipping["dmax"]; ok {
		d = graph.ClipScalar(d, -v, v)
	}
	r, d = graph.StopGradient(r), graph.StopGradient(d)
	if gamma != nil {
		r, d = graph.Mul(r, gamma), graph.Mul(d, gamma)
	}
	if beta != nil {
		d = graph.Add(d, beta)
	}
	c.Update(l.rMean, blend(c.Value(l.rMean), mean, l.renorm.momentum))
	c.Update(l.rSdev, blend(c.Value(l.rSdev), stddev, l.renorm.momentum))
	c.Update(l.mean, blend(c.Value(l.mean), mean, l.momentum))
	moving := blend(c.Value(l.stddev), stddev, l.momentum)
	c.Update(l.stddev, moving)
	c.Update(l.variance, graph.MaxScalar(graph.AddScalar(graph.Square(moving), -l.epsilon), 0.0))
	return r, d
}

// rootOf starts a standard deviation as the root of what starts its variance.
type rootOf struct{ Initializer }

// Draw returns the roots.
func (i rootOf) Draw(shape Shape, rng *rand.Rand) []float32 {
	values := slices.Clone(i.Initializer.Draw(shape, rng))
	for j, v := range values {
		values[j] = float32(math.Sqrt(float64(v)))
	}
	return values
}

// addConfig adds Keras' settings; nil is no renorm.
func (r *renorm) addConfig(c map[string]any) {
	c["renorm"], c["renorm_clipping"], c["renorm_momentum"] = false, nil, 0.99
	if r != nil {
		clipping := map[string]any{}
		for key, v := range r.clipping {
			clipping[key] = v
		}
		c["renorm"], c["renorm_clipping"], c["renorm_momentum"] = true, clipping, r.momentum
	}
}

func readRenorm(s *Settings, l *BatchNormalizationLayer) {
	on, momentum, saved := s.Bool("renorm", false), s.Float("renorm_momentum", 0.99), s.Take("renorm_clipping")
	if !on {
		return
	}
	limits := map[string]float64{}
	if saved != nil {
		object, ok := saved.(map[string]any)
		if !ok {
			s.Fail("renorm_clipping wants an object, got %v", saved)
		}
		for key, v := range object {
			limit, ok := v.(float64)
			if v != nil && !ok {
				s.Fail("renorm_clipping wants numbers, got %v", saved)
			}
			if v != nil {
				limits[key] = limit
			}
		}
	}
	l.Renorm(momentum, limits)
}
