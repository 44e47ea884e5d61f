package layers

import (
	"fmt"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// DenseLayer is a fully connected layer: (None, …, in) to (None, …, units).
// Variables: kernel (in, units) and, unless WithoutBias, bias (units).
type DenseLayer struct {
	Base[*DenseLayer]
	units                    int
	activation               ActivationFunc
	useBias                  bool
	kernelInit, biasInit     Initializer
	kernelWeight, biasWeight *Variable
}

// Dense makes a layer of the given number of units, at least 1:
//
//	y = activation(x kernel + bias)
//
// Keras' defaults: no activation, a bias, kernel from GlorotUniform, bias from
// Zeros.
func Dense(units int) *DenseLayer {
	l := &DenseLayer{units: units, activation: Linear, useBias: true, kernelInit: GlorotUniform, biasInit: Zeros}
	l.Init(l, "Dense")
	if units < 1 {
		l.invalid("units must be at least 1, got %d", units)
	}
	return l
}

// Activation sets the activation function. Default Linear.
func (l *DenseLayer) Activation(f ActivationFunc) *DenseLayer {
	if err := f.check(); err != nil {
		l.invalid("%w", err)
	}
	l.activation = f
	return l
}

// WithoutBias leaves the bias out.
func (l *DenseLayer) WithoutBias() *DenseLayer {
	l.useBias = false
	return l
}

// KernelInitializer sets how the kernel starts. Default GlorotUniform.
func (l *DenseLayer) KernelInitializer(i Initializer) *DenseLayer {
	if err := i.Check(); err != nil {
		l.invalid("kernel: %w", err)
	}
	l.kernelInit = i
	return l
}

// BiasInitializer sets how the bias starts. Default Zeros.
func (l *DenseLayer) BiasInitializer(i Initializer) *DenseLayer {
	if err := i.Check(); err != nil {
		l.invalid("bias: %w", err)
	}
	l.biasInit = i
	return l
}

// OutputShape replaces the last dimension by the number of units.
func (l *DenseLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	if len(s) < 1 {
		return nil, fmt.Errorf("wants at least one axis beside the batch, got %v", s)
	}
	last := s[len(s)-1]
	if l.built && l.kernelWeight.Shape[0] != last {
		return nil, fmt.Errorf("was built for %d values on the last axis, got %d", l.kernelWeight.Shape[0], last)
	}
	out := s.Clone()
	out[len(out)-1] = l.units
	return out, nil
}

// Build creates kernel and bias.
func (l *DenseLayer) Build(in []Shape) error {
	if l.built {
		return nil
	}
	if _, err := l.OutputShape(in); err != nil {
		return err
	}
	l.kernelWeight = l.addVariable("kernel", Shape{in[0][len(in[0])-1], l.units}, l.kernelInit, true)
	if l.useBias {
		l.biasWeight = l.addVariable("bias", Shape{l.units}, l.biasInit, true)
	}
	l.built = true
	return nil
}

// Call multiplies by the kernel, adds the bias and applies the activation.
func (l *DenseLayer) Call(c *Call, in []*graph.Node) *graph.Node {
	x := in[0]
	y := xla.Product(x, c.Value(l.kernelWeight))
	if l.useBias {
		y = xla.AddBias(y, c.Value(l.biasWeight))
	}
	return c.activate(l.activation, y)
}

// Config returns Keras' configuration of a Dense layer.
func (l *DenseLayer) Config() map[string]any {
	c := l.config()
	c["units"] = l.units
	c["activation"] = string(l.activation)
	c["use_bias"] = l.useBias
	c["kernel_initializer"] = l.kernelInit.config()
	c["bias_initializer"] = l.biasInit.config()
	for _, key := range []string{"kernel_regularizer", "bias_regularizer", "kernel_constraint", "bias_constraint",
		"quantization_config"} {
		c[key] = nil
	}
	return c
}
