package layers

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// LossFunction is one of Keras' losses with its settings: [MeanAbsoluteError],
// [Huber], [BinaryCrossEntropy] and so on. Those that Keras has as metrics, too,
// can be watched. Its methods return a loss with one setting more, and keep an
// error where the loss has no such setting.
type LossFunction struct {
	class     *lossClass
	name      string
	reduction string
	numbers   map[string]float64 // settings; absent ones have the class' default
	axes      []int              // nil for the class' default
	ignore    *int               // ignore_class
	err       error
}

// lossClass is what the losses of a class have in common.
type lossClass struct {
	class, name string             // Keras'
	numbers     map[string]float64 // settings that are numbers, with their defaults
	flags       []string           // those of them that are true (1) or false (0)
	axis        bool               // has the setting axis
	ignores     bool               // has the setting ignore_class
	check       func(e *Examples, outputs Shape) error
	// values computes the losses, [batch, …], of targets, which are float32 of the
	// outputs' shape, or labels where the class is sparse.
	values func(l *LossFunction, p *Pass, targets, outputs *graph.Node) *graph.Node
	sparse bool
}

func (c *lossClass) make() *LossFunction {
	return &LossFunction{class: c, name: c.name, reduction: "sum_over_batch_size", numbers: map[string]float64{}}
}

// with is a copy.
func (l *LossFunction) with() *LossFunction {
	out := *l
	out.numbers = maps.Clone(l.numbers)
	return &out
}

// set is a copy with another number.
func (l *LossFunction) set(key string, v float64, ok bool, wanted string) *LossFunction {
	out := l.with()
	if _, has := l.class.numbers[key]; !has {
		out.fail("%s has no %s", l.class.class, key)
	} else if !ok {
		out.fail("%s must be %s, got %v", key, wanted, v)
	}
	out.numbers[key] = v
	return out
}

func (l *LossFunction) fail(format string, args ...any) {
	if l.err == nil {
		l.err = fmt.Errorf(format, args...)
	}
}

// number is a setting's value.
func (l *LossFunction) number(key string) float64 {
	if v, ok := l.numbers[key]; ok {
		return v
	}
	return l.class.numbers[key]
}

func (l *LossFunction) is(key string) bool { return l.number(key) != 0 }

// Named sets the name that logs and files have, as of a metric "mae".
func (l *LossFunction) Named(name string) *LossFunction {
	out := l.with()
	out.name = name
	return out
}

// Reduction says how the losses of a batch become one: "sum_over_batch_size" or
// "mean" (Keras' default), "sum", or "mean_with_sample_weight", which divides by
// the sum of the examples' weights.
func (l *LossFunction) Reduction(reduction string) *LossFunction {
	out := l.with()
	if out.reduction = reduction; !slices.Contains(reductions, reduction) {
		out.fail("reduction %q is not supported, only %q", reduction, reductions)
	}
	return out
}

var reductions = []string{"sum_over_batch_size", "mean", "sum", "mean_with_sample_weight"}

// FromLogits says that the outputs are logits: no softmax or sigmoid made them.
func (l *LossFunction) FromLogits() *LossFunction { return l.set("from_logits", 1, true, "") }

// LabelSmoothing moves targets toward the middle by this share, in [0, 1].
func (l *LossFunction) LabelSmoothing(share float64) *LossFunction {
	return l.set("label_smoothing", share, share >= 0 && share <= 1, "in [0, 1]")
}

// Alpha sets the weight of the positive class in a focal loss, or of false
// positives in [Tversky]'s.
func (l *LossFunction) Alpha(alpha float64) *LossFunction { return l.set("alpha", alpha, true, "") }

// Beta sets the weight of false negatives in [Tversky]'s loss.
func (l *LossFunction) Beta(beta float64) *LossFunction { return l.set("beta", beta, true, "") }

// Gamma sets how much a focal loss leaves out what is right already, or the
// scale of [Circle]'s.
func (l *LossFunction) Gamma(gamma float64) *LossFunction { return l.set("gamma", gamma, true, "") }

// BalanceClasses makes [BinaryFocalCrossEntropy] weigh the classes by alpha.
func (l *LossFunction) BalanceClasses() *LossFunction {
	return l.set("apply_class_balancing", 1, true, "")
}

// Axis sets the axes, the batch's is 0, over which a loss is computed.
func (l *LossFunction) Axis(axes ...int) *LossFunction {
	out := l.with()
	if out.axes = axes; !l.class.axis {
		out.fail("%s has no axis", l.class.class)
	}
	return out
}

// IgnoreClass leaves out what is labeled with this class, which may be a number
// that no class has, -1 or 255 for instance.
func (l *LossFunction) IgnoreClass(class int) *LossFunction {
	out := l.with()
	if out.ignore = &class; !l.class.ignores {
		out.fail("%s has no ignore_class", l.class.class)
	}
	return out
}

// Name returns the name.
func (l *LossFunction) Name() string { return l.name }

// Class returns Keras' class.
func (l *LossFunction) Class() string { return l.class.class }

// LargerIsBetter says that a loss is better the smaller it is.
func (l *LossFunction) LargerIsBetter() bool { return false }

// Err returns the first invalid setting.
func (l *LossFunction) Err() error { return l.err }

// CheckTargets wants targets that can be compared with the outputs.
func (l *LossFunction) CheckTargets(e *Examples, outputs Shape) error {
	return l.class.check(e, outputs)
}

// IgnoresLabel tells whether the label is that of IgnoreClass.
func (l *LossFunction) IgnoresLabel(label int32) bool {
	return l.ignore != nil && *l.ignore == int(label)
}

func (l *LossFunction) reducesBy() string { return l.reduction }

func (l *LossFunction) dividesByWeights() bool { return l.reduction == "mean_with_sample_weight" }

// PerExample computes the loss of each example: the mean of its values.
func (l *LossFunction) PerExample(p *Pass, targets, outputs *graph.Node) *graph.Node {
	if !l.class.sparse {
		targets = likeOutputs(targets, outputs)
	}
	values := l.class.values(l, p, targets, outputs)
	n := outputs.Shape().Dimensions[0]
	switch {
	case values.Rank() == 0: // one for the whole batch
		values = graph.BroadcastToDims(graph.Reshape(values, 1), n)
	case l.reduction == "sum":
		values = graph.ReduceSum(graph.Reshape(values, n, -1), -1)
	case values.Rank() > 1:
		values = graph.ReduceMean(graph.Reshape(values, n, -1), -1)
	}
	if l.reduction == "sum" {
		values = graph.Mul(values, examplesOf(p, outputs))
	}
	return values
}

// examplesOf is the number of real examples of a batch.
func examplesOf(p *Pass, outputs *graph.Node) *graph.Node {
	if p == nil || p.Mask == nil {
		return scalar(outputs, float64(outputs.Shape().Dimensions[0]))
	}
	return graph.ReduceAllSum(p.Mask)
}

// likeOutputs turns labels, or numbers of another rank, into targets of the
// outputs' shape.
func likeOutputs(targets, outputs *graph.Node) *graph.Node {
	dims := outputs.Shape().Dimensions
	width := dims[len(dims)-1]
	if targets.DType().IsInt() && width > 1 && targets.Rank() == outputs.Rank()-1 {
		return graph.OneHot(targets, width, dtypes.Float32)
	}
	return graph.Reshape(graph.ConvertDType(targets, dtypes.Float32), dims...)
}

// onExample reshapes values for each example, [batch], so that they multiply x.
func onExample(values, x *graph.Node) *graph.Node {
	dims := slices.Repeat([]int{1}, x.Rank())
	dims[0] = x.Shape().Dimensions[0]
	return graph.Reshape(values, dims...)
}

// Config returns Keras' configuration. Nil, which saves the class' name alone,
// stands for a loss without settings of its own.
func (l *LossFunction) Config() map[string]any {
	if l.name == l.class.name && l.reduction == "sum_over_batch_size" && len(l.numbers) == 0 && l.axes == nil &&
		l.ignore == nil {
		return nil
	}
	c := map[string]any{"name": l.name}
	if l.reduction != "sum_over_batch_size" {
		c["reduction"] = l.reduction
	}
	for key := range l.class.numbers {
		if c[key] = l.number(key); slices.Contains(l.class.flags, key) {
			c[key] = l.is(key)
		}
	}
	if l.axes != nil {
		if c["axis"] = l.axes; len(l.axes) == 1 {
			c["axis"] = l.axes[0]
		}
	}
	if l.ignore != nil {
		c["ignore_class"] = *l.ignore
	}
	return c
}

// read is the inverse of Config.
func (c *lossClass) read(s *Settings, name string) *LossFunction {
	l := c.make()
	l.name = s.String("name", name)
	if l.reduction = s.String("reduction", l.reduction); !slices.Contains(reductions, l.reduction) {
		s.Fail("reduction %q is not supported, only %q", l.reduction, reductions)
	}
	for key, otherwise := range c.numbers {
		if slices.Contains(c.flags, key) {
			if on := s.Bool(key, otherwise != 0); on != (otherwise != 0) {
				l.numbers[key] = 1 - otherwise
			}
		} else if v := s.Float(key, otherwise); v != otherwise {
			l.numbers[key] = v
		}
	}
	if axes := s.Ints("axis"); c.axis && len(axes) > 0 && !(len(axes) == 1 && axes[0] == -1 && c.name != "dice" &&
		c.name != "tversky") {
		l.axes = axes
	} else if !c.axis && len(axes) > 0 && axes[0] != -1 {
		s.Fail("axis = %v is not supported, only -1", axes)
	}
	if v, ok := s.Take("ignore_class").(float64); ok && c.ignores {
		class := int(v)
		l.ignore = &class
	}
	return l
}

// sameShape is CheckTargets of losses that compare numbers, or labels with an
// output for each class.
func sameShape(e *Examples, outputs Shape) error {
	shape := e.targetShape()
	if e.Labels != nil {
		shape = append(Shape(e.TargetShape).Clone(), 1)
		if n := len(outputs); n > 0 && outputs[n-1] > 1 {
			shape[len(shape)-1] = e.Classes
		} else if e.Classes > 2 {
			return fmt.Errorf("wants Labels of 2 classes for outputs of shape %v, got %d classes", outputs, e.Classes)
		}
	}
	if !shape.Equal(outputs) {
		return fmt.Errorf("wants Targets of the outputs' shape %v, got %s", outputs, describeTargets(e))
	}
	return nil
}

// describeTargets says what targets there are.
func describeTargets(e *Examples) string {
	if e.Labels != nil {
		return fmt.Sprintf("%d labels of %d classes", len(e.Labels), e.Classes)
	}
	return fmt.Sprintf("%d numbers for targets of shape %v", len(e.Targets), e.targetShape())
}

// sparseClasses is CheckTargets of losses of class indices.
func sparseClasses(e *Examples, outputs Shape) error {
	if n := len(outputs) - 1; e.Labels == nil || n < 0 || !outputs[:n].Equal(Shape(e.TargetShape)) ||
		outputs[n] != e.Classes {
		return fmt.Errorf("wants Labels, and an output for each class: got %s for outputs of shape %v",
			describeTargets(e), outputs)
	}
	return nil
}

// registerLoss makes a class known to files, with its aliases in Keras.
func registerLoss(c *lossClass, metric bool, aliases ...string) {
	for _, alias := range append([]string{c.class}, aliases...) {
		name := c.name
		if alias != c.class && alias == strings.ToLower(alias) {
			name = alias
		}
		RegisterLoss(alias, func(s *Settings) Loss { return c.read(s, name) })
		if metric {
			RegisterMetric(alias, func(s *Settings) Metric { return c.read(s, name) })
		}
	}
}
