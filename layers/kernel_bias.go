package layers

import (
	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// kernelAndBias is what Dense and Conv2D share: their variables, the activation
// behind them, and the options for both.
type kernelAndBias[L Layer] struct {
	Base[L]
	activation               ActivationFunc
	useBias                  bool
	kernelInit, biasInit     Initializer
	kernelWeight, biasWeight *Variable
}

// init is Init with Keras' defaults.
func (l *kernelAndBias[L]) init(self L, class string) {
	l.Init(self, class)
	l.activation, l.useBias, l.kernelInit, l.biasInit = Linear, true, GlorotUniform, Zeros
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
	if err := CheckInitializer(i); err != nil {
		l.Invalid("kernel: %w", err)
	}
	l.kernelInit = i
	return l.self
}

// BiasInitializer sets how the bias starts. Default Zeros.
func (l *kernelAndBias[L]) BiasInitializer(i Initializer) L {
	if err := CheckInitializer(i); err != nil {
		l.Invalid("bias: %w", err)
	}
	l.biasInit = i
	return l.self
}

// create creates the variables; the kernel's last axis are the outputs.
func (l *kernelAndBias[L]) create(kernel Shape) {
	l.kernelWeight = l.AddVariable("kernel", kernel, l.kernelInit, true)
	if l.useBias {
		l.biasWeight = l.AddVariable("bias", kernel[len(kernel)-1:], l.biasInit, true)
	}
}

// finish adds the bias and applies the activation.
func (l *kernelAndBias[L]) finish(c *Pass, y *graph.Node) *graph.Node {
	if l.useBias {
		y = xla.AddBias(y, c.Value(l.biasWeight))
	}
	return c.Activate(l.activation, y)
}

// Config returns the settings that both have.
func (l *kernelAndBias[L]) Config() map[string]any {
	c := l.Base.Config()
	c["activation"], c["use_bias"] = string(l.activation), l.useBias
	c["kernel_initializer"], c["bias_initializer"] = InitializerConfig(l.kernelInit), InitializerConfig(l.biasInit)
	for _, key := range []string{"kernel_regularizer", "bias_regularizer", "kernel_constraint", "bias_constraint"} {
		c[key] = nil
	}
	return c
}
