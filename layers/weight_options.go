package layers

import "fmt"

// WeightOptions is what the options of a layer say of one of its weights.
type WeightOptions struct {
	Initializer Initializer // nil, as an option, leaves the layer's default
	Regularizer Regularizer // nil is none
	Constraint  Constraint  // nil is none
}

// Check says what is wrong with the options.
func (o WeightOptions) Check() error {
	if err := CheckInitializer(o.Initializer); err != nil {
		return err
	}
	if err := CheckRegularizer(o.Regularizer); err != nil {
		return err
	}
	return CheckConstraint(o.Constraint)
}

// AddConfig adds the options to a layer's Config by Keras' keys:
// kernel_initializer, kernel_regularizer and kernel_constraint for the name
// "kernel".
func (o WeightOptions) AddConfig(config map[string]any, name string) {
	config[name+"_initializer"] = InitializerConfig(o.Initializer)
	config[name+"_regularizer"] = RegularizerConfig(o.Regularizer)
	config[name+"_constraint"] = ConstraintConfig(o.Constraint)
}

// WeightOptions reads what AddConfig wrote; otherwise is the initializer where
// there is none.
func (s *Settings) WeightOptions(name string, otherwise Initializer) WeightOptions {
	return WeightOptions{
		Initializer: s.Initializer(name+"_initializer", otherwise),
		Regularizer: s.Regularizer(name + "_regularizer"),
		Constraint:  s.Constraint(name + "_constraint"),
	}
}

// AddWeight is for Build: it makes a variable that training changes, as its
// options say.
func (s *state) AddWeight(name string, shape Shape, o WeightOptions) *Variable {
	v := s.AddVariable(name, shape, o.Initializer, true)
	v.Regularizer, v.Constraint = o.Regularizer, o.Constraint
	for _, object := range []any{o.Initializer, o.Regularizer, o.Constraint} {
		if err := checkShapeOf(object, shape); err != nil {
			s.Invalid("%s: %w", name, err)
		}
	}
	return v
}

// checkShapeOf says why a regularizer, constraint or initializer does not take
// values of a shape. One's own may have the same method; without it, it takes
// all.
func checkShapeOf(object any, shape Shape) error {
	if c, ok := object.(interface{ CheckShape(Shape) error }); ok {
		return c.CheckShape(shape)
	}
	return nil
}

// replace takes other options; without an initializer the old one stays.
func (o *WeightOptions) replace(s *state, name string, by WeightOptions) {
	o.set(s, name, func(o *WeightOptions) {
		if by.Initializer == nil {
			by.Initializer = o.Initializer
		}
		*o = by
	})
}

// set changes one of a layer's options and keeps an error that names the
// weight.
func (o *WeightOptions) set(s *state, name string, change func(*WeightOptions)) {
	change(o)
	if err := o.Check(); err != nil {
		s.Invalid("%s: %w", name, err)
	}
}

func (o *WeightOptions) setInitializer(s *state, name string, i Initializer) {
	o.set(s, name, func(o *WeightOptions) { o.Initializer = i })
}

func (o *WeightOptions) setRegularizer(s *state, name string, r Regularizer) {
	o.set(s, name, func(o *WeightOptions) { o.Regularizer = r })
}

func (o *WeightOptions) setConstraint(s *state, name string, c Constraint) {
	o.set(s, name, func(o *WeightOptions) { o.Constraint = c })
}

// checkActivity says why a regularizer does not take a layer's result.
func checkActivity(s *state, out Shape) error {
	if err := checkShapeOf(s.activity, append(Shape{1}, out...)); err != nil {
		return fmt.Errorf("activity: %w", err)
	}
	return nil
}
