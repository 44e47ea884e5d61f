package layers

// AdamW is [Adam] with weight decay (Loshchilov and Hutter 2017): that of
// [WeightDecay], or Keras' 0.004. Keras' default learning rate is 0.001.
func AdamW(learningRate float64, options ...OptimizerOption) *AdamOptimizer {
	o := Adam(learningRate, WeightDecay(0.004))
	o.class = "AdamW"
	o.Set(options...)
	return o
}

func init() { registerAdam("AdamW", AdamW) }
