package layers

import "github.com/gomlx/gomlx/core/graph"

// FractionDecay is an [ExponentialDecay] or [InverseTimeDecay].
type FractionDecay struct {
	decay
	by        float64
	staircase bool
}

// ExponentialDecay is rate*by^(step/steps).
func ExponentialDecay(rate float64, steps int, by float64) *FractionDecay {
	return &FractionDecay{decay: newDecay("ExponentialDecay", rate, steps), by: by}
}

// InverseTimeDecay is rate/(1+by*step/steps).
func InverseTimeDecay(rate float64, steps int, by float64) *FractionDecay {
	return &FractionDecay{decay: newDecay("InverseTimeDecay", rate, steps), by: by}
}

// Staircase rounds step/steps down: the rate changes once in so many steps.
func (d *FractionDecay) Staircase() *FractionDecay {
	d.staircase = true
	return d
}

// Rate computes the rate of a step.
func (d *FractionDecay) Rate(step *graph.Node) *graph.Node {
	p := graph.DivScalar(step, d.steps)
	if d.staircase {
		p = graph.Floor(p)
	}
	if d.class == "InverseTimeDecay" {
		return graph.Div(scalar(step, d.rate), graph.OnePlus(graph.MulScalar(p, d.by)))
	}
	return graph.MulScalar(graph.Pow(scalar(step, d.by), p), d.rate)
}

// Config returns Keras' configuration.
func (d *FractionDecay) Config() map[string]any {
	c := d.config()
	c["decay_rate"], c["staircase"] = d.by, d.staircase
	return c
}

func init() {
	for class, make := range map[string]func(float64, int, float64) *FractionDecay{
		"ExponentialDecay": ExponentialDecay, "InverseTimeDecay": InverseTimeDecay,
	} {
		RegisterSchedule(class, func(s *Settings) Schedule {
			d := make(s.Float("initial_learning_rate", 0), s.Int("decay_steps", 0), s.Float("decay_rate", 0))
			d.name, d.staircase = s.String("name", class), s.Bool("staircase", false)
			return d
		})
	}
}
