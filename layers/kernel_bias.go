package layers

import (
	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// kernelAndBias is what Dense and the convolutions share: their variables, the
// activation behind them, and the options for both. Only the options are
// its methods: who uses a layer compiles all methods of its generic parts, those
// of embedded ones included.
type kernelAndBias[L Layer] struct {
	Base[L]
	shared kernelBias
}

// kernelBias is a kernelAndBias without its options.
type kernelBias struct {
	activation               ActivationFunc
	useBias                  bool
	kernel, bias             WeightOptions
	kernelName               string // in the names of the kernel's settings
	kernelWeight, biasWeight *Variable
}

// newKernelBias has Keras' defaults.
func newKernelBias() kernelBias {
	return kernelBias{
		activation: Linear, useBias: true, kernelName: "kernel",
		kernel: WeightOptions{Initializer: GlorotUniform}, bias: WeightOptions{Initializer: Zeros},
	}
}

// init is Init with Keras' defaults.
func (l *kernelAndBias[L]) init(self L, class string) {
	l.Init(self, class)
	l.shared = newKernelBias()
}

// Activation sets the activation function. Default Linear.
func (l *kernelAndBias[L]) Activation(f ActivationFunc) L {
	l.shared.setActivation(&l.state, f)
	return l.self
}

// WithoutBias leaves the bias out.
func (l *kernelAndBias[L]) WithoutBias() L {
	l.shared.useBias = false
	return l.self
}

// KernelInitializer sets how the kernel starts. Default GlorotUniform.
func (l *kernelAndBias[L]) KernelInitializer(i Initializer) L {
	l.shared.kernel.setInitializer(&l.state, "kernel", i)
	return l.self
}

// BiasInitializer sets how the bias starts. Default Zeros.
func (l *kernelAndBias[L]) BiasInitializer(i Initializer) L {
	l.shared.bias.setInitializer(&l.state, "bias", i)
	return l.self
}

// KernelRegularizer adds a penalty on the kernel to the loss. Default none.
func (l *kernelAndBias[L]) KernelRegularizer(r Regularizer) L {
	l.shared.kernel.setRegularizer(&l.state, "kernel", r)
	return l.self
}

// BiasRegularizer adds a penalty on the bias to the loss. Default none.
func (l *kernelAndBias[L]) BiasRegularizer(r Regularizer) L {
	l.shared.bias.setRegularizer(&l.state, "bias", r)
	return l.self
}

// KernelConstraint keeps the kernel within bounds. Default none.
func (l *kernelAndBias[L]) KernelConstraint(c Constraint) L {
	l.shared.kernel.setConstraint(&l.state, "kernel", c)
	return l.self
}

// BiasConstraint keeps the bias within bounds. Default none.
func (l *kernelAndBias[L]) BiasConstraint(c Constraint) L {
	l.shared.bias.setConstraint(&l.state, "bias", c)
	return l.self
}

func (k *kernelBias) setActivation(s *state, f ActivationFunc) {
	if err := f.check(); err != nil {
		s.Invalid("%w", err)
	}
	k.activation = f
}

// create creates a layer's variables: a kernel, and a bias of the number of
// outputs.
func (k *kernelBias) create(s *state, kernel Shape, outputs int) {
	k.kernelWeight = s.AddWeight("kernel", kernel, k.kernel)
	k.createBias(s, outputs)
}

// createBias creates the bias, if the layer has one.
func (k *kernelBias) createBias(s *state, outputs int) {
	if k.useBias {
		k.biasWeight = s.AddWeight("bias", Shape{outputs}, k.bias)
	}
}

// finish adds the bias and applies the activation.
func (k *kernelBias) finish(c *Pass, y *graph.Node) *graph.Node {
	return c.Activate(k.activation, k.addBias(c, y))
}

// addBias adds the bias along the last axis, if the layer has one.
func (k *kernelBias) addBias(c *Pass, y *graph.Node) *graph.Node {
	if !k.useBias {
		return y
	}
	return xla.AddBias(y, c.Value(k.biasWeight))
}

// config returns the settings that every layer has, and these.
func (k *kernelBias) config(s *state) map[string]any {
	c := s.Config()
	c["activation"], c["use_bias"] = ActivationConfig(k.activation), k.useBias
	k.kernel.AddConfig(c, k.kernelName)
	k.bias.AddConfig(c, "bias")
	return c
}

// read takes the settings that config wrote.
func (k *kernelBias) read(s *Settings, layer *state) {
	k.setActivation(layer, s.Activation("activation", Linear))
	k.kernel = s.WeightOptions(k.kernelName, GlorotUniform)
	k.bias = s.WeightOptions("bias", Zeros)
	k.useBias = k.useBias && s.Bool("use_bias", true)
}
