package layers

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// CosineSchedule is a [CosineDecay].
type CosineSchedule struct {
	decay
	alpha, warmUpTo float64
	warmUp          int
	warm            bool
}

// CosineDecay goes from a rate to 0 along half a wave of the cosine in so many
// steps (Loshchilov and Hutter 2016), and stays there.
func CosineDecay(rate float64, steps int) *CosineSchedule {
	return &CosineSchedule{decay: newDecay("CosineDecay", rate, steps)}
}

// Alpha sets the last rate as a part of the highest. Default 0.
func (d *CosineSchedule) Alpha(alpha float64) *CosineSchedule {
	d.alpha = alpha
	return d
}

// WarmUp first raises the rate in a straight line, from the one given to
// CosineDecay to this one, in so many steps, from where the decay begins.
func (d *CosineSchedule) WarmUp(rate float64, steps int) *CosineSchedule {
	d.want(steps >= 0, "warmup_steps", "at least 0", float64(steps))
	d.warm, d.warmUpTo, d.warmUp = true, rate, steps
	return d
}

// Rate computes the rate of a step.
func (d *CosineSchedule) Rate(step *graph.Node) *graph.Node {
	if !d.warm {
		return d.along(graph.Min(step, scalar(step, d.steps)), d.rate)
	}
	first := float64(d.warmUp)
	step = graph.Min(step, scalar(step, d.steps+first))
	cosine := d.along(graph.AddScalar(step, -first), d.warmUpTo)
	if d.warmUp == 0 {
		return cosine
	}
	rise := graph.AddScalar(graph.MulScalar(graph.DivScalar(step, first), d.warmUpTo-d.rate), d.rate)
	return graph.Where(graph.LessThan(step, scalar(step, first)), rise, cosine)
}

// along is the rate after some steps of the decay.
func (d *CosineSchedule) along(step *graph.Node, from float64) *graph.Node {
	cosine := graph.Cos(graph.MulScalar(graph.DivScalar(step, d.steps), math.Pi))
	left := graph.MulScalar(graph.OnePlus(cosine), 0.5)
	return graph.MulScalar(graph.AddScalar(graph.MulScalar(left, 1-d.alpha), d.alpha), from)
}

// Config returns Keras' configuration.
func (d *CosineSchedule) Config() map[string]any {
	c := d.config()
	c["alpha"], c["warmup_target"], c["warmup_steps"] = d.alpha, nil, d.warmUp
	if d.warm {
		c["warmup_target"] = d.warmUpTo
	}
	return c
}

// CosineRestarts is a [CosineDecayRestarts].
type CosineRestarts struct {
	decay
	longer, lower, alpha float64
}

// CosineDecayRestarts is [CosineDecay] over and over again: each time twice as
// long as the time before, from the same rate (Loshchilov and Hutter 2016).
func CosineDecayRestarts(rate float64, firstSteps int) *CosineRestarts {
	d := &CosineRestarts{decay: newDecay("CosineDecayRestarts", rate, firstSteps), longer: 2, lower: 1}
	d.name = "SGDRDecay"
	return d
}

// Longer sets by how much each time takes longer, at least 1. Default 2.
func (d *CosineRestarts) Longer(factor float64) *CosineRestarts {
	d.want(factor >= 1, "t_mul", "at least 1", factor)
	d.longer = factor
	return d
}

// Lower sets the factor of each time's first rate. Default 1.
func (d *CosineRestarts) Lower(factor float64) *CosineRestarts {
	d.lower = factor
	return d
}

// Alpha sets the last rate as a part of the first. Default 0.
func (d *CosineRestarts) Alpha(alpha float64) *CosineRestarts {
	d.alpha = alpha
	return d
}

// Rate computes the rate of a step.
func (d *CosineRestarts) Rate(step *graph.Node) *graph.Node {
	done := graph.DivScalar(step, d.steps)
	var times *graph.Node
	if d.longer == 1 {
		times = graph.Floor(done)
		done = graph.Sub(done, times)
	} else {
		left := graph.OneMinus(graph.MulScalar(done, 1-d.longer))
		times = graph.Floor(graph.Div(graph.Log(left), graph.Log(scalar(step, d.longer))))
		length := graph.Pow(scalar(step, d.longer), times)
		before := graph.DivScalar(graph.OneMinus(length), 1-d.longer)
		done = graph.Div(graph.Sub(done, before), length)
	}
	height := graph.MulScalar(graph.Pow(scalar(step, d.lower), times), 0.5)
	wave := graph.Mul(height, graph.OnePlus(graph.Cos(graph.MulScalar(done, math.Pi))))
	return graph.MulScalar(graph.AddScalar(graph.MulScalar(wave, 1-d.alpha), d.alpha), d.rate)
}

// Config returns Keras' configuration.
func (d *CosineRestarts) Config() map[string]any {
	return map[string]any{"initial_learning_rate": d.rate, "first_decay_steps": int(d.steps), "t_mul": d.longer,
		"m_mul": d.lower, "alpha": d.alpha, "name": d.name}
}

func init() {
	RegisterSchedule("CosineDecay", func(s *Settings) Schedule {
		d := CosineDecay(s.Float("initial_learning_rate", 0), s.Int("decay_steps", 0)).Alpha(s.Float("alpha", 0))
		d.name = s.String("name", d.class)
		steps := s.Int("warmup_steps", 0)
		if target, ok := s.Take("warmup_target").(float64); ok {
			d.WarmUp(target, steps)
		}
		return d
	})
	RegisterSchedule("CosineDecayRestarts", func(s *Settings) Schedule {
		d := CosineDecayRestarts(s.Float("initial_learning_rate", 0), s.Int("first_decay_steps", 0)).
			Longer(s.Float("t_mul", 2)).Lower(s.Float("m_mul", 1)).Alpha(s.Float("alpha", 0))
		d.name = s.String("name", d.name)
		return d
	})
}
