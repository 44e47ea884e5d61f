package layers

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// MultiOptimizer moves groups of variables each by an optimizer of its own: see
// [PerGroup].
type MultiOptimizer struct {
	OptimizerBase
	others   Optimizer
	patterns []string
	by       map[string]Optimizer
}

// PerGroup is Keras' MultiOptimizer: On says which variables have an optimizer
// or a rate of their own, the one given here has all others. The only option is
// [LossScale]: others belong to the optimizers.
//
//	layers.PerGroup(layers.Adam(0.001)).Rate("conv.*", 0.1).On("head/.*", layers.SGD(0.1))
//
// Its learning rate is that of the optimizer given here; to set it changes all
// rates in proportion, so that callbacks count for every group.
func PerGroup(others Optimizer, options ...OptimizerOption) *MultiOptimizer {
	o := &MultiOptimizer{others: others, by: map[string]Optimizer{}}
	o.Init("MultiOptimizer", 0, options...)
	o.take("the other variables", others)
	return o
}

// take checks the optimizer of a group.
func (o *MultiOptimizer) take(of string, inner Optimizer) {
	if inner == nil {
		o.fail(fmt.Errorf("the optimizer of %s is nil", of))
		return
	}
	if _, multi := inner.(*MultiOptimizer); multi {
		o.fail(fmt.Errorf("the optimizer of %s cannot be another MultiOptimizer", of))
	}
	if err := inner.Err(); err != nil {
		o.fail(fmt.Errorf("the optimizer of %s: %w", of, err))
	}
	if s, own := settingsOf(inner), o.settings; s != nil && own.lossScale != 0 {
		s.lossScale = own.lossScale // of all, as in Keras
	}
}

// On gives variables their own optimizer: those whose path, "dense_1/kernel", or
// that with the model's name and a slash in front, matches a regular
// expression as a whole.
func (o *MultiOptimizer) On(pattern string, inner Optimizer) *MultiOptimizer {
	if _, err := regexp.Compile(pattern); err != nil {
		o.fail(fmt.Errorf("On wants a regular expression: %w", err))
	}
	if o.by[pattern] != nil {
		o.fail(fmt.Errorf("the pattern %q has an optimizer already", pattern))
	}
	o.take(fmt.Sprintf("%q", pattern), inner)
	o.patterns, o.by[pattern] = append(o.patterns, pattern), inner
	return o
}

// Rate gives variables, as On, an optimizer like that of the others whose
// learning rate is so many times as large.
func (o *MultiOptimizer) Rate(pattern string, times float64) *MultiOptimizer {
	inner, err := optimizerFromConfig(optimizerClasses.save(o.others))
	if err != nil {
		o.fail(fmt.Errorf("Rate(%q) wants a registered optimizer for the others: %w", pattern, err))
		return o
	}
	o.Want(times >= 0, "the factor of "+pattern, "at least 0", times)
	if s := settingsOf(inner); s != nil && s.schedule != nil {
		o.fail(fmt.Errorf("Rate(%q): the others' rate follows a schedule; On takes an optimizer with its own", pattern))
	}
	inner.SetLearningRate(o.others.LearningRate() * times)
	return o.On(pattern, inner)
}

// LearningRate is that of the optimizer given to PerGroup.
func (o *MultiOptimizer) LearningRate() float64 { return o.others.LearningRate() }

// SetLearningRate changes the rates of all groups in proportion.
func (o *MultiOptimizer) SetLearningRate(rate float64) {
	before := o.others.LearningRate()
	for _, inner := range o.optimizers() {
		switch {
		case inner == o.others:
			inner.SetLearningRate(rate)
		case before != 0:
			inner.SetLearningRate(inner.LearningRate() * rate / before)
		}
	}
}

// optimizers lists them in Keras' order: that of the patterns, sorted as files
// have them, then the others'.
func (o *MultiOptimizer) optimizers() (list []Optimizer) {
	for _, pattern := range slices.Sorted(slices.Values(o.patterns)) {
		if !slices.Contains(list, o.by[pattern]) {
			list = append(list, o.by[pattern])
		}
	}
	if !slices.Contains(list, o.others) {
		list = append(list, o.others)
	}
	return list
}

// groups says which optimizer has which of a model's variables.
func (o *MultiOptimizer) groups(model string, variables []*Variable) (list []group) {
	for _, inner := range o.optimizers() {
		list = append(list, group{optimizer: inner})
	}
	for _, v := range variables {
		of := o.others
		for _, pattern := range o.patterns {
			whole := regexp.MustCompile("^(?:" + pattern + ")$")
			if whole.MatchString(v.Path) || whole.MatchString(model+"/"+v.Path) {
				of = o.by[pattern]
				break
			}
		}
		i := slices.IndexFunc(list, func(g group) bool { return g.optimizer == of })
		list[i].variables = append(list[i].variables, v)
	}
	return list
}

// Slots is not asked: each group's optimizer has its own.
func (o *MultiOptimizer) Slots() []string { return nil }

// Update is that of the other variables' optimizer; steps ask each group's.
func (o *MultiOptimizer) Update(step OptimizerStep, w, g *graph.Node,
	slots []*graph.Node) (*graph.Node, []*graph.Node) {
	return o.others.Update(step, w, g, slots)
}

// Config returns Keras' configuration.
func (o *MultiOptimizer) Config() map[string]any {
	by := map[string]any{}
	for pattern, inner := range o.by {
		by[pattern] = optimizerClasses.save(inner)
	}
	c := o.OptimizerBase.Config()
	return map[string]any{"name": "multi_optimizer", "loss_scale_factor": c["loss_scale_factor"],
		"optimizer_map": savedObject("keras.optimizers", "OptimizerMap", map[string]any{
			"default_optimizer": optimizerClasses.save(o.others), "optimizer_map": by})}
}

// optimizers are those that move the variables: one, or a group's each.
func optimizers(o Optimizer) []Optimizer {
	if multi, ok := o.(*MultiOptimizer); ok {
		return multi.optimizers()
	}
	return []Optimizer{o}
}

func rates(list []Optimizer) []float64 {
	out := make([]float64, len(list))
	for i, o := range list {
		out[i] = o.LearningRate()
	}
	return out
}

// setRates is the inverse of rates.
func setRates(list []Optimizer, rates []float64) {
	for i, o := range list {
		o.SetLearningRate(rates[i])
	}
}

func init() {
	RegisterOptimizer("MultiOptimizer", func(s *Settings) Optimizer {
		object, _ := s.Take("optimizer_map").(map[string]any)
		config, _ := object["config"].(map[string]any)
		others, err := optimizerFromConfig(config["default_optimizer"])
		if err != nil {
			s.Fail("the default optimizer: %w", err)
			return PerGroup(SGD(0))
		}
		o := PerGroup(others)
		by, _ := config["optimizer_map"].(map[string]any)
		for _, pattern := range slices.Sorted(maps.Keys(by)) {
			inner, err := optimizerFromConfig(by[pattern])
			if err != nil {
				s.Fail("the optimizer of %q: %w", pattern, err)
				return o
			}
			o.On(pattern, inner)
		}
		return o
	})
}
