package layers

import (
	"github.com/gomlx/gomlx/core/graph"
)

// PolynomialSchedule is a [PolynomialDecay].
type PolynomialSchedule struct {
	decay
	end, power float64
	cycle      bool
}

// PolynomialDecay goes from a rate to 0.0001 in so many steps, in a straight
// line unless Power says otherwise, and stays there.
func PolynomialDecay(rate float64, steps int) *PolynomialSchedule {
	return &PolynomialSchedule{decay: newDecay("PolynomialDecay", rate, steps), end: 0.0001, power: 1}
}

// End sets the last rate. Default 0.0001.
func (d *PolynomialSchedule) End(rate float64) *PolynomialSchedule {
	d.end = rate
	return d
}

// Power sets the power of the part that is left. Default 1.
func (d *PolynomialSchedule) Power(power float64) *PolynomialSchedule {
	d.power = power
	return d
}

// Cycle begins anew when the steps are done, each time with steps as many again.
func (d *PolynomialSchedule) Cycle() *PolynomialSchedule {
	d.cycle = true
	return d
}

// Rate computes the rate of a step.
func (d *PolynomialSchedule) Rate(step *graph.Node) *graph.Node {
	steps := scalar(step, d.steps)
	if d.cycle {
		rounds := graph.Ceil(graph.DivScalar(step, d.steps))
		steps = graph.Mul(steps, graph.Where(graph.Equal(step, graph.ZerosLike(step)), graph.OnesLike(step), rounds))
	} else {
		step = graph.Min(step, steps)
	}
	left := graph.Pow(graph.OneMinus(graph.Div(step, steps)), scalar(step, d.power))
	return graph.AddScalar(graph.MulScalar(left, d.rate-d.end), d.end)
}

// Config returns Keras' configuration.
func (d *PolynomialSchedule) Config() map[string]any {
	c := d.config()
	c["end_learning_rate"], c["power"], c["cycle"] = d.end, d.power, d.cycle
	return c
}

func init() {
	RegisterSchedule("PolynomialDecay", func(s *Settings) Schedule {
		d := PolynomialDecay(s.Float("initial_learning_rate", 0), s.Int("decay_steps", 0)).
			End(s.Float("end_learning_rate", 0.0001)).Power(s.Float("power", 1))
		d.name, d.cycle = s.String("name", d.class), s.Bool("cycle", false)
		return d
	})
}
