package layers

import (
	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// kernelAndBias is what Dense and the convolutions share: their variables, the activation
// behind them, and the options for both.
type kernelAndBias[L Layer] struct {
	Base[L]
	activation               ActivationFunc
	useBias                  bool
	kernel, bias             WeightOptions
	kernelName               string // in the names of the kernel's settings
	kernelWeight, biasWeight *Variable
}

// init is Init with Keras' defaults.
func (l *kernelAndBias[L]) init(self L, class string) {
	l.Init(self, class)
	l.activation, l.useBias, l.kernelName = Linear, true, "kernel"
	l.kernel.Initializer, l.bias.Initializer = GlorotUniform, Zeros
}

// Activation sets the activation function. Default Linear.
func (l *kernelAndBias[L]) Activation(f ActivationFunc) L {
	if err := f.check(); err != nil {
		l.Invalid("%w", err)
	}
	l.activation = f
	return l.self
}

// WithoutBias leaves the bias out.
func (l *kernelAndBias[L]) WithoutBias() L {
	l.useBias = false
	return l.self
}

// KernelInitializer sets how the kernel starts. Default GlorotUniform.
func (l *kernelAndBias[L]) KernelInitializer(i Initializer) L {
	l.kernel.set(&l.state, "kernel", func(o *WeightOptions) { o.Initializer = i })
	return l.self
}

// BiasInitializer sets how the bias starts. Default Zeros.
func (l *kernelAndBias[L]) BiasInitializer(i Initializer) L {
	l.bias.set(&l.state, "bias", func(o *WeightOptions) { o.Initializer = i })
	return l.self
}

// KernelRegularizer adds a penalty on the kernel to the loss. Default none.
func (l *kernelAndBias[L]) KernelRegularizer(r Regularizer) L {
	l.kernel.set(&l.state, "kernel", func(o *WeightOptions) { o.Regularizer = r })
	return l.self
}

// BiasRegularizer adds a penalty on the bias to the loss. Default none.
func (l *kernelAndBias[L]) BiasRegularizer(r Regularizer) L {
	l.bias.set(&l.state, "bias", func(o *WeightOptions) { o.Regularizer = r })
	return l.self
}

// KernelConstraint keeps the kernel within bounds. Default none.
func (l *kernelAndBias[L]) KernelConstraint(c Constraint) L {
	l.kernel.set(&l.state, "kernel", func(o *WeightOptions) { o.Constraint = c })
	return l.self
}

// BiasConstraint keeps the bias within bounds. Default none.
func (l *kernelAndBias[L]) BiasConstraint(c Constraint) L {
	l.bias.set(&l.state, "bias", func(o *WeightOptions) { o.Constraint = c })
	return l.self
}

// create creates the variables: a kernel, and a bias of the number of outputs.
func (l *kernelAndBias[L]) create(kernel Shape, outputs int) {
	l.kernelWeight = l.AddWeight("kernel", kernel, l.kernel)
	l.createBias(outputs)
}

// createBias creates the bias, if the layer has one.
func (l *kernelAndBias[L]) createBias(outputs int) {
	if l.useBias {
		l.biasWeight = l.AddWeight("bias", Shape{outputs}, l.bias)
	}
}

// finish adds the bias and applies the activation.
func (l *kernelAndBias[L]) finish(c *Pass, y *graph.Node) *graph.Node {
	return c.Activate(l.activation, l.addBias(c, y))
}

// addBias adds the bias along the last axis, if the layer has one.
func (l *kernelAndBias[L]) addBias(c *Pass, y *graph.Node) *graph.Node {
	if !l.useBias {
		return y
	}
	return xla.AddBias(y, c.Value(l.biasWeight))
}

// Config returns the settings that both have.
func (l *kernelAndBias[L]) Config() map[string]any {
	c := l.Base.Config()
	c["activation"], c["use_bias"] = ActivationConfig(l.activation), l.useBias
	l.kernel.AddConfig(c, l.kernelName)
	l.bias.AddConfig(c, "bias")
	return c
}
