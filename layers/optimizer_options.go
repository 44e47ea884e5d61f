package layers

import (
	"fmt"
	"math"
	"regexp"
	"strings"
)

// OptimizerOption is a setting that every optimizer has, those of one's own
// included: Adam(0.001, WeightDecay(0.004), ClipNorm(1)).
type OptimizerOption func(*OptimizerBase)

// optimizerSettings are what the options set, as Keras' base class has them.
type optimizerSettings struct {
	decay                          *float64 // nil for none
	exclude                        []string // regular expressions of variables' names
	excluded                       *regexp.Regexp
	clipNorm, clipValue, clipTotal float64 // 0 for none
	ema                            bool
	emaMomentum                    float64
	emaEvery                       int // 0 for the end of a fit alone
	accumulate                     int // 0 for every step
	lossScale                      float64
	schedule                       Schedule
}

// WeightDecay takes rate*decay of each weight off in every step, before the
// gradient counts (Loshchilov and Hutter 2017).
func WeightDecay(decay float64) OptimizerOption {
	return func(o *OptimizerBase) {
		o.Want(decay >= 0 && decay <= math.MaxFloat32, "weight_decay", "a finite number from 0 on", decay)
		o.settings.decay = &decay
	}
}

// ExcludeFromWeightDecay keeps variables from [WeightDecay]: those whose name
// ("bias", "gamma") contains a match of one of the regular expressions. As in
// Keras files do not hold it.
func ExcludeFromWeightDecay(names ...string) OptimizerOption {
	return func(o *OptimizerBase) {
		o.settings.exclude = append(o.settings.exclude, names...)
		all, err := regexp.Compile(strings.Join(o.settings.exclude, "|"))
		if err != nil {
			o.fail(fmt.Errorf("ExcludeFromWeightDecay wants regular expressions: %w", err))
			return
		}
		o.settings.excluded = all
	}
}

// ClipNorm shortens the gradient of each weight to this norm if it is longer.
func ClipNorm(norm float64) OptimizerOption {
	return func(o *OptimizerBase) {
		o.positive("clipnorm", norm)
		o.settings.clipNorm = norm
		o.oneClip()
	}
}

// ClipValue brings each value of the gradients into [-limit, limit].
func ClipValue(limit float64) OptimizerOption {
	return func(o *OptimizerBase) {
		o.positive("clipvalue", limit)
		o.settings.clipValue = limit
		o.oneClip()
	}
}

// GlobalClipNorm shortens all gradients together, by one factor, where the norm
// of them all is larger than this.
func GlobalClipNorm(norm float64) OptimizerOption {
	return func(o *OptimizerBase) {
		o.positive("global_clipnorm", norm)
		o.settings.clipTotal = norm
		o.oneClip()
	}
}

// oneClip refuses two ways of clipping, as Keras does.
func (o *OptimizerBase) oneClip() {
	n := 0
	for _, limit := range []float64{o.settings.clipNorm, o.settings.clipValue, o.settings.clipTotal} {
		if limit != 0 {
			n++
		}
	}
	if n > 1 {
		o.fail(fmt.Errorf("only one of ClipNorm, ClipValue and GlobalClipNorm can be set"))
	}
}

// UseEMA keeps an exponential moving average of the weights, with a momentum
// in [0, 1] (Keras' default is 0.99), and puts it in the weights' place after
// every so many steps, and at the end of a fit. 0 steps means at the end alone.
func UseEMA(momentum float64, overwriteEvery int) OptimizerOption {
	return func(o *OptimizerBase) {
		o.Want(momentum >= 0 && momentum <= 1, "ema_momentum", "in [0, 1]", momentum)
		o.Want(overwriteEvery >= 0, "ema_overwrite_frequency", "at least 1, or 0 for none", float64(overwriteEvery))
		o.settings.ema, o.settings.emaMomentum, o.settings.emaEvery = true, momentum, overwriteEvery
	}
}

// GradientAccumulation moves the weights once in so many steps, at least 2, by
// the mean of their gradients: the step of a batch that many times as large.
func GradientAccumulation(steps int) OptimizerOption {
	return func(o *OptimizerBase) {
		o.Want(steps >= 2, "gradient_accumulation_steps", "at least 2", float64(steps))
		o.settings.accumulate = steps
	}
}

// LossScale multiplies the loss before its gradients are taken and divides them
// by the same factor, which keeps small ones from rounding to 0.
func LossScale(factor float64) OptimizerOption {
	return func(o *OptimizerBase) {
		o.positive("loss_scale_factor", factor)
		o.settings.lossScale = factor
	}
}

// WithSchedule makes the learning rate follow a schedule, which the device
// computes from the number of steps. The rate that the optimizer was made with
// counts no more.
func WithSchedule(s Schedule) OptimizerOption {
	return func(o *OptimizerBase) {
		if s == nil {
			o.fail(fmt.Errorf("WithSchedule wants a schedule, got nil"))
			return
		}
		if err := s.Err(); err != nil {
			o.fail(fmt.Errorf("schedule %s: %w", s.Class(), err))
		}
		o.settings.schedule = s
	}
}

// Set applies options, for constructors of one's own.
func (o *OptimizerBase) Set(options ...OptimizerOption) {
	for _, option := range options {
		option(o)
	}
}

// Schedule returns what the learning rate follows, nil if it is a number.
func (o *OptimizerBase) Schedule() Schedule { return o.settings.schedule }

// fail keeps the first error.
func (o *OptimizerBase) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

// decays tells whether weight decay counts for a variable.
func (s *optimizerSettings) decays(v *Variable) bool {
	return s.excluded == nil || v == nil || !s.excluded.MatchString(v.Name)
}

// config adds Keras' keys.
func (s *optimizerSettings) config(c map[string]any) {
	c["weight_decay"], c["clipnorm"], c["global_clipnorm"], c["clipvalue"] = nil, nil, nil, nil
	if s.decay != nil {
		c["weight_decay"] = *s.decay
	}
	for key, limit := range map[string]float64{
		"clipnorm": s.clipNorm, "global_clipnorm": s.clipTotal, "clipvalue": s.clipValue, "loss_scale_factor": s.lossScale,
	} {
		if c[key] = any(nil); limit != 0 {
			c[key] = limit
		}
	}
	c["use_ema"], c["ema_momentum"], c["ema_overwrite_frequency"] = s.ema, 0.99, nil
	if s.ema {
		c["ema_momentum"] = s.emaMomentum
	}
	if s.emaEvery > 0 {
		c["ema_overwrite_frequency"] = s.emaEvery
	}
	if c["gradient_accumulation_steps"] = any(nil); s.accumulate > 0 {
		c["gradient_accumulation_steps"] = s.accumulate
	}
}

// readOptions takes from a file's settings those that every optimizer has.
func readOptions(s *Settings) (options []OptimizerOption) {
	if v, ok := s.Take("weight_decay").(float64); ok {
		options = append(options, WeightDecay(v))
	}
	for key, option := range map[string]func(float64) OptimizerOption{
		"clipnorm": ClipNorm, "clipvalue": ClipValue, "global_clipnorm": GlobalClipNorm,
		"loss_scale_factor": LossScale,
	} {
		if v := s.Float(key, 0); v != 0 {
			options = append(options, option(v))
		}
	}
	momentum, every := s.Float("ema_momentum", 0.99), s.Int("ema_overwrite_frequency", 0)
	if s.Bool("use_ema", false) {
		options = append(options, UseEMA(momentum, every))
	}
	if steps := s.Int("gradient_accumulation_steps", 0); steps != 0 {
		options = append(options, GradientAccumulation(steps))
	}
	return options
}
