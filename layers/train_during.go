package layers

import (
	"fmt"
	"regexp"
	"slices"
)

// TrainDuring makes Fit train some variables in some epochs alone, counted from
// 0: from one until before another, where 0 stands for the end. In the other
// epochs they rest: weights and optimizer's state stay, and no gradients are
// computed. They are the variables whose path, "dense_1/kernel", matches the
// regular expression as a whole.
//
//	layers.TrainDuring("stem/bias", 0, 3)      // frozen after three epochs
//	layers.TrainDuring("backbone.*/.*", 5, 0)  // thawed after five
//
// Of several patterns that match a variable each has to allow the epoch. The
// layers' own Trainable stays as it is, so a fit that goes on where another was
// interrupted needs to know nothing but its epoch.
func TrainDuring(pattern string, from, to int) Option {
	return fitOption(func(o *options) { o.during = append(o.during, during{pattern, from, to}) })
}

// during is a TrainDuring.
type during struct {
	pattern  string
	from, to int
}

func (d during) check() error {
	if _, err := regexp.Compile(d.pattern); err != nil {
		return fmt.Errorf("TrainDuring wants a regular expression: %w", err)
	}
	if d.from < 0 || d.to < 0 || d.to != 0 && d.to < d.from {
		return fmt.Errorf("TrainDuring(%q) wants epochs from 0 on, the first not after the last, got %d and %d",
			d.pattern, d.from, d.to)
	}
	return nil
}

func (d during) matches(v *Variable) bool {
	return regexp.MustCompile("^(?:" + d.pattern + ")$").MatchString(v.Path)
}

// allows tells whether the matching variables train in an epoch.
func (d during) allows(epoch int) bool { return epoch >= d.from && (d.to == 0 || epoch < d.to) }

// String is how a run's settings hold it.
func (d during) String() string { return fmt.Sprintf("%s: %d to %d", d.pattern, d.from, d.to) }

func (o *options) duringText() (list []string) {
	for _, d := range o.during {
		list = append(list, d.String())
	}
	return list
}

// restingAt lists the variables that rest in an epoch.
func (f *fitting) restingAt(epoch int) (list []*Variable) {
	for _, v := range f.model.TrainableVariables() {
		if slices.ContainsFunc(f.during, func(d during) bool { return !d.allows(epoch) && d.matches(v) }) {
			list = append(list, v)
		}
	}
	return list
}

// checkDuring wants each pattern to match a variable, and a variable to train
// in each epoch.
func (f *fitting) checkDuring() error {
	all := f.model.TrainableVariables()
	for _, d := range f.during {
		if !slices.ContainsFunc(all, d.matches) {
			return fmt.Errorf("layers: TrainDuring(%q) matches none of the trainable variables of model %q, such as %q",
				d.pattern, f.model.Name(), all[0].Path)
		}
	}
	for epoch := f.initialEpoch; epoch < f.epochs && len(f.during) > 0; epoch++ {
		if len(f.restingAt(epoch)) == len(all) {
			return fmt.Errorf("layers: TrainDuring leaves nothing to train in epoch %d of model %q", epoch+1, f.model.Name())
		}
	}
	return nil
}

// rest makes the trainer ready for an epoch: of those variables that train.
func (f *fitting) rest(epoch int) error {
	resting := f.restingAt(epoch)
	if f.trainer != nil && slices.Equal(resting, f.model.compiled.resting) {
		return nil
	}
	if f.trainer != nil {
		f.trainer.Free()
	}
	f.model.compiled.resting = resting
	return f.newTrainer()
}

// moving lists the variables that the optimizer moves now: the trainable ones
// without those that rest, see [TrainDuring].
func (m *Model) moving() []*Variable {
	all := m.TrainableVariables()
	if m.compiled == nil || len(m.compiled.resting) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(v *Variable) bool { return slices.Contains(m.compiled.resting, v) })
}

// staying lists the others.
func (m *Model) staying() []*Variable {
	moving := m.moving()
	return slices.DeleteFunc(m.Variables(), func(v *Variable) bool { return slices.Contains(moving, v) })
}
