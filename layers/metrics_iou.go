package layers

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// IoUMetric is the intersection of targets and outputs of classes over their
// union, the mean over classes: see [IoU], [MeanIoU] and [BinaryIoU].
type IoUMetric struct {
	stateMetric
	classes      int
	ids          []int
	ignore       *int
	threshold    float64 // of BinaryIoU
	sparseOutput bool
}

// IoU is the mean over the classes of the given indices, out of so many. The
// outputs are one for each class, the largest of which counts; targets are
// labels or one-hot.
func IoU(classes int, ids ...int) *IoUMetric { return newIoU("IoU", classes, ids) }

// MeanIoU is [IoU] over all classes.
func MeanIoU(classes int) *IoUMetric { return newIoU("MeanIoU", classes, nil) }

// BinaryIoU is [IoU] of 2 classes, of outputs of which each is above a threshold
// or not; Keras' is 0.5. Without indices both classes count.
func BinaryIoU(threshold float64, ids ...int) *IoUMetric {
	m := newIoU("BinaryIoU", 2, ids)
	m.threshold = threshold
	return m
}

func newIoU(class string, classes int, ids []int) *IoUMetric {
	m := &IoUMetric{classes: classes, ids: ids}
	m.class, m.name, m.larger, m.check = class, SnakeCase(class), true, m.checkTargets
	if m.ids == nil {
		for i := range classes {
			m.ids = append(m.ids, i)
		}
	}
	m.want(classes > 0, "num_classes must be at least 1, got %d", classes)
	for _, id := range m.ids {
		m.want(id >= 0 && id < classes, "class %d is outside of 0 to %d", id, classes-1)
	}
	return m
}

// IgnoreClass leaves out what is labeled with this class.
func (m *IoUMetric) IgnoreClass(class int) *IoUMetric {
	m.ignore = &class
	return m
}

// SparseOutputs says that the outputs are class indices themselves.
func (m *IoUMetric) SparseOutputs() *IoUMetric {
	m.sparseOutput = true
	return m
}

// Named is the metric with another name.
func (m *IoUMetric) Named(name string) *IoUMetric {
	m.name = name
	return m
}

func (m *IoUMetric) binary() bool { return m.class == "BinaryIoU" }

func (m *IoUMetric) checkTargets(e *Examples, outputs Shape) error {
	if m.binary() || m.sparseOutput {
		return sameShape(e, outputs)
	}
	if n := len(outputs); n == 0 || outputs[n-1] != m.classes {
		return fmt.Errorf("wants an output for each of %d classes, the model's have shape %v", m.classes, outputs)
	}
	if e.Labels != nil {
		return sparseClasses(e, outputs)
	}
	return sameShape(e, outputs)
}

// State is the confusion matrix.
func (m *IoUMetric) State(Shape) ([]Shape, error) { return []Shape{{m.classes, m.classes}}, nil }

// Add counts a batch.
func (m *IoUMetric) Add(_ *Pass, y, x, weights *graph.Node) []*graph.Node {
	n := x.Shape().Dimensions[0]
	rank := x.Rank()
	if m.binary() {
		x = graph.ConvertDType(graph.GreaterOrEqual(x, scalar(x, m.threshold)), dtypes.Int32)
	} else if !m.sparseOutput {
		x = graph.ArgMax(x, -1, dtypes.Int32)
	}
	if !m.binary() && !y.DType().IsInt() && y.Rank() == rank && !m.sparseOutput {
		y = graph.ArgMax(y, -1, dtypes.Int32)
	}
	each := func(v *graph.Node) *graph.Node {
		return graph.OneHot(graph.Reshape(graph.ConvertDType(v, dtypes.Int32), n, -1), m.classes, dtypes.Float32)
	}
	right, guess := each(y), each(x)
	if m.ignore != nil {
		labels := graph.Reshape(graph.ConvertDType(y, dtypes.Int32), n, -1, 1)
		right = graph.Mul(right, toFloat32(graph.NotEqual(labels, graph.Scalar(labels.Graph(), dtypes.Int32, *m.ignore))))
	}
	right = graph.Mul(right, onExample(weights, right))
	flat := func(v *graph.Node) *graph.Node { return graph.Reshape(v, -1, m.classes) }
	return []*graph.Node{graph.MatMul(graph.Transpose(flat(right), 0, 1), flat(guess))}
}

// Result computes the mean.
func (m *IoUMetric) Result(state [][]float32) []float64 {
	at := func(row, column int) float64 { return float64(state[0][row*m.classes+column]) }
	sum, valid := 0.0, fuzz
	for _, id := range m.ids {
		both := at(id, id)
		union := -both
		for i := range m.classes {
			union += at(id, i) + at(i, id)
		}
		if union > 1e-9 {
			sum, valid = sum+both/(union+fuzz), valid+1
		}
	}
	return []float64{sum / valid}
}

// Config returns Keras' configuration. Targets of labels have Keras' class IoU,
// one-hot ones OneHotIoU, which differ in nothing else.
func (m *IoUMetric) Config() map[string]any {
	c := map[string]any{"name": m.name, "dtype": "float32"}
	if m.binary() {
		c["threshold"], c["target_class_ids"] = m.threshold, m.ids
		return c
	}
	c["num_classes"], c["ignore_class"], c["sparse_y_pred"], c["axis"] = m.classes, m.ignore, m.sparseOutput, -1
	if m.class == "IoU" || m.class == "OneHotIoU" {
		c["target_class_ids"] = m.ids
	}
	if m.class == "IoU" || m.class == "MeanIoU" {
		c["sparse_y_true"] = true
	}
	return c
}

func init() {
	for _, class := range []string{"IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU", "BinaryIoU"} {
		RegisterMetric(class, func(s *Settings) Metric {
			classes := 2
			if class != "BinaryIoU" {
				classes = s.Int("num_classes", 0)
			}
			m := newIoU(class, classes, s.Ints("target_class_ids"))
			if m.threshold = 0.5; class == "BinaryIoU" {
				m.threshold = s.Float("threshold", 0.5)
			}
			m.name = s.String("name", m.name)
			if ignored, ok := s.Take("ignore_class").(float64); ok {
				m.IgnoreClass(int(ignored))
			}
			m.sparseOutput = s.Bool("sparse_y_pred", slices.Contains([]string{"IoU", "MeanIoU"}, class))
			s.Ignore("sparse_y_true") // the targets tell
			s.Only("axis", -1.0)
			if m.err != nil {
				s.Fail("%w", m.err)
			}
			return m
		})
	}
}
