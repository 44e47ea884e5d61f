package layers

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// sums are one batch's totals, which the device adds up over an epoch: Keras'
// means over an epoch are these divided by the number of examples.
type sums struct {
	loss, count *graph.Node // the loss, class weights included; the number of examples
	metrics     []*graph.Node
}

// measure adds loss and metrics of a batch to the graph. Examples that only
// fill up the batch (the pass's Mask) count nowhere. Class weights weigh the
// loss, not the metrics, as in Keras.
func (c *compiled) measure(pass *Pass, targets, outputs *graph.Node, batch int, classWeights ...*graph.Node) *sums {
	total := func(perExample *graph.Node) *graph.Node {
		if pass.Mask != nil {
			real := graph.GreaterThan(pass.Mask, graph.ScalarZero(pass.Graph, dtypes.Float32))
			perExample = graph.Where(real, perExample, graph.ZerosLike(perExample))
		}
		return graph.ReduceAllSum(perExample)
	}
	losses := c.loss.PerExample(pass, targets, outputs)
	if len(classWeights) > 0 {
		losses = graph.Mul(losses, graph.Gather(classWeights[0], graph.ExpandAxes(targets, -1)))
	}
	s := &sums{loss: total(losses), count: graph.Scalar(pass.Graph, dtypes.Float32, float64(batch))}
	if pass.Mask != nil {
		s.count = graph.ReduceAllSum(pass.Mask)
	}
	for _, metric := range c.metrics {
		s.metrics = append(s.metrics, total(metric.PerExample(pass, targets, outputs)))
	}
	return s
}

// meanLoss is what a step makes small.
func (s *sums) meanLoss() *graph.Node { return graph.Div(s.loss, s.count) }

// vector holds count, loss and metrics: float32 [2+metrics].
func (s *sums) vector() *graph.Node {
	parts := append([]*graph.Node{s.count, s.loss}, s.metrics...)
	for i, p := range parts {
		parts[i] = graph.Reshape(p, 1)
	}
	return graph.Concatenate(parts, 0)
}

// means turns the sums of a vector into means by name; nil where nothing was
// counted.
func (c *compiled) means(vector []float32) Logs {
	if vector[0] == 0 {
		return nil
	}
	logs := Logs{}
	for i, name := range c.names() {
		logs[name] = float64(vector[1+i]) / float64(vector[0])
	}
	return logs
}
