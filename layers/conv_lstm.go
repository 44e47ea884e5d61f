package layers

import (
	"fmt"
	"slices"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// ConvLSTMLayer is an [LSTM] whose products are convolutions: images along time,
// (None, time, height, width, channels), to (None, height', width', filters), or
// to (None, time, height', width', filters) with ReturnSequences; with one or
// three spatial axes alike. Variables, those of its cell: kernel (window…,
// channels, 4 filters), recurrent_kernel (window…, filters, 4 filters) and, unless
// WithoutBias, bias.
// (keras/src/layers/rnn/conv_lstm.py; Shi et al. 2015, arXiv:1506.04214)
type ConvLSTMLayer struct {
	recurrentOptions[*ConvLSTMLayer]
	window window
}

// ConvLSTM1D makes a [ConvLSTM2D] with one spatial axis.
func ConvLSTM1D(filters, kernelSize int) *ConvLSTMLayer {
	return newConvLSTM(1, filters, []int{kernelSize})
}

// ConvLSTM2D makes a layer with the given number of filters (at least 1) and
// kernel size: one value for a square, or height and width. Apply takes images
// along time, or these and two states, output and carry, that it starts from;
// without, it starts from zeros. The states are convolved with padding Same.
// Keras' defaults: those of [LSTM] and [Conv2D].
func ConvLSTM2D(filters int, kernelSize ...int) *ConvLSTMLayer {
	return newConvLSTM(2, filters, kernelSize)
}

// ConvLSTM3D makes a [ConvLSTM2D] with three spatial axes.
func ConvLSTM3D(filters int, kernelSize ...int) *ConvLSTMLayer {
	return newConvLSTM(3, filters, kernelSize)
}

func newConvLSTM(rank, filters int, kernelSize []int) *ConvLSTMLayer {
	l := &ConvLSTMLayer{window: newWindow(rank)}
	l.Init(l, fmt.Sprintf("ConvLSTM%dD", rank))
	l.setCell(filters, func() *recurrentCell { return newRecurrentCell(&l.state, "LSTMCell", filters) })
	refuse(l, l.window.set(&l.window.size, "kernel size", kernelSize))
	return l
}

// setCell makes the cell, whose units are the filters.
func (l *ConvLSTMLayer) setCell(filters int, make func() *recurrentCell) {
	if filters < 1 {
		l.Invalid("filters must be at least 1, got %d", filters)
	}
	l.cells = []*recurrentCell{make()}
}

func init() {
	for rank := 1; rank <= 3; rank++ {
		RegisterLayer(fmt.Sprintf("ConvLSTM%dD", rank), func(s *Settings) Layer {
			filters := s.Int("filters", 0)
			l := newConvLSTM(rank, filters, s.Ints("kernel_size")).Strides(s.Ints("strides", 1)...).
				Dilation(s.Ints("dilation_rate", 1)...).Padding(s.Padding()).DataFormat(s.DataFormat())
			l.recurrence = readRecurrence(s)
			s.values["units"] = float64(filters)
			l.setCell(filters, func() *recurrentCell { return readRecurrentCell(s, &l.state, "LSTMCell") })
			return l
		})
	}
}

// Strides sets the step of the window over the images. Default 1.
func (l *ConvLSTMLayer) Strides(strides ...int) *ConvLSTMLayer {
	refuse(l, l.window.set(&l.window.strides, "strides", strides))
	refuse(l, l.window.strideOrDilation())
	return l
}

// Dilation sets the distance between the taps of the window over the images.
// Default 1. It cannot be combined with strides above 1.
func (l *ConvLSTMLayer) Dilation(dilation ...int) *ConvLSTMLayer {
	refuse(l, l.window.set(&l.window.dilation, "dilation", dilation))
	refuse(l, l.window.strideOrDilation())
	return l
}

// Padding sets the padding of the images: Valid (default) or Same.
func (l *ConvLSTMLayer) Padding(p PaddingMode) *ConvLSTMLayer {
	refuse(l, l.window.setPadding(p, Valid, Same))
	return l
}

// DataFormat says where the channels stand. Default ChannelsLast.
func (l *ConvLSTMLayer) DataFormat(f DataFormat) *ConvLSTMLayer {
	refuse(l, l.window.setFormat(f))
	return l
}

// RecurrentActivation sets the activation of the gates. Default Sigmoid.
func (l *ConvLSTMLayer) RecurrentActivation(f ActivationFunc) *ConvLSTMLayer {
	setActivation(&l.state, &l.cells[0].gates, f)
	return l
}

// WithoutForgetBias starts the forget gate's bias as the others, not at 1.
func (l *ConvLSTMLayer) WithoutForgetBias() *ConvLSTMLayer {
	l.cells[0].forgetBias = false
	return l
}

// OutputShape is that of the first result.
func (l *ConvLSTMLayer) OutputShape(in []Shape) (Shape, error) { return first(l.OutputShapes(in)) }

// OutputShapes implements [ManyResults].
func (l *ConvLSTMLayer) OutputShapes(in []Shape) ([]Shape, error) {
	if len(in) != 1 && len(in) != 3 {
		return nil, fmt.Errorf("wants %s along time, or these and 2 states, got %d inputs",
			gridNouns[l.window.rank], len(in))
	}
	if len(in[0]) != l.window.rank+2 {
		return nil, fmt.Errorf("wants %s along time, which have %d axes with that of the batch, got %v",
			gridNouns[l.window.rank], l.window.rank+3, in[0])
	}
	sizes, channels, err := l.window.read([]Shape{in[0][1:]})
	if err != nil {
		return nil, err
	}
	if err := builtFor(l.cells[0].kernelWeight, l.window.rank, channels, 1); err != nil {
		return nil, err
	}
	sizes, _, err = l.window.positions(sizes)
	if err != nil {
		return nil, err
	}
	state := l.window.shape(sizes, l.cells[0].units)
	for i, s := range in[1:] {
		if !s.Equal(state) {
			return nil, fmt.Errorf("wants state %d of shape %v, got %v", i, state, s)
		}
	}
	out := []Shape{state, state, state}
	if l.returnSequences {
		out[0] = append(Shape{in[0][0]}, state...)
	}
	if !l.returnState {
		out = out[:1]
	}
	return out, nil
}

// Build creates the cell's variables.
func (l *ConvLSTMLayer) Build(in []Shape) error {
	_, channels, err := l.window.read([]Shape{in[0][1:]})
	if err == nil {
		l.cells[0].buildFor(&l.state, Shape(l.window.size), channels, "conv_lstm_cell", "cell")
	}
	return err
}

// Call computes the first result.
func (l *ConvLSTMLayer) Call(c *Pass, in []*graph.Node) *graph.Node { return l.CallAll(c, in)[0] }

// CallAll walks along time; masks and given states count as those of an [LSTM] do.
func (l *ConvLSTMLayer) CallAll(c *Pass, in []*graph.Node) []*graph.Node {
	cell, batch, steps := l.cells[0], in[0].Shape().Dimensions[0], in[0].Shape().Dimensions[1]
	s := &sequence{recurrentCell: cell, c: c, kernel: c.Value(cell.recurrentWeight)}
	s.inputs = l.convolved(s, in[0])
	of := slices.Concat([]int{batch}, s.inputs.Shape().Dimensions[2:]) // a state's dimensions
	of[len(of)-1] = cell.units
	var starts []*graph.Node
	var mask *graph.Node
	for _, given := range in[1:] {
		starts = append(starts, l.window.channelsLast(given))
	}
	if starts == nil {
		zeros := graph.Zeros(c.Graph, shapes.Make(in[0].DType(), of...))
		starts, mask = []*graph.Node{zeros, zeros}, c.StepMask(in[0])
	}
	if c.Training && cell.recurrentDropout > 0 && cell.recurrentDropout < 1 {
		for range cell.parts() {
			s.masks = append(s.masks, s.mask(in[0].DType(), cell.recurrentDropout, of...))
		}
	}
	within := newWindow(l.window.rank) // over the states
	within.size, within.padding = l.window.size, Same
	s.product = func(h, kernel *graph.Node) *graph.Node { return xla.Convolve(h, kernel, within.convolution(h, 1)) }
	states := s.along(starts, mask, l.goBackwards, l.unroll)
	return l.results(states, mask, batch, steps)
}

// convolved are the images' convolutions, of all steps at once: [batch, time,
// spatial axes…, 4 filters].
func (l *ConvLSTMLayer) convolved(s *sequence, x *graph.Node) *graph.Node {
	kernel, d := s.c.Value(s.kernelWeight), x.Shape().Dimensions
	convolve := func(x, kernel *graph.Node) *graph.Node {
		x = l.window.channelsLast(graph.Reshape(x, append([]int{d[0] * d[1]}, d[2:]...)...))
		return xla.Convolve(x, kernel, l.window.convolution(x, 1))
	}
	var y *graph.Node
	if s.c.Training && s.dropout > 0 && s.dropout < 1 { // a mask for each part
		var parts []*graph.Node
		for i := range s.parts() {
			mask := s.mask(x.DType(), s.dropout, append([]int{d[0], 1}, d[2:]...)...)
			parts = append(parts, convolve(graph.Mul(x, mask), s.part(kernel, i)))
		}
		y = graph.Concatenate(parts, -1)
	} else {
		y = convolve(x, kernel)
	}
	if s.useBias {
		y = xla.AddBias(y, s.c.Value(s.biasWeight))
	}
	return graph.Reshape(y, append([]int{d[0], d[1]}, y.Shape().Dimensions[1:]...)...)
}

// results are what the states after each step, [time, batch, spatial axes…,
// 2 filters], give.
func (l *ConvLSTMLayer) results(states, mask *graph.Node, batch, steps int) []*graph.Node {
	outputs := l.cells[0].part(states, 0)
	if mask != nil && l.zeroOutput {
		if l.goBackwards {
			mask = graph.Reverse(mask, 1)
		}
		outputs = keptSteps(outputs, graph.TransposeAllAxes(mask, 1, 0))
	}
	y := l.window.asGiven(lastStep(outputs))
	if l.returnSequences {
		d := outputs.Shape().Dimensions
		y = l.window.asGiven(graph.Reshape(stepsFirst(outputs), append([]int{batch * steps}, d[2:]...)...))
		y = graph.Reshape(y, append([]int{batch, steps}, y.Shape().Dimensions[1:]...)...)
	}
	all := []*graph.Node{y}
	if l.returnState {
		end := lastStep(states)
		for i := range 2 {
			all = append(all, l.window.asGiven(l.cells[0].part(end, i)))
		}
	}
	return all
}

// Config returns Keras' configuration of a ConvLSTM.
func (l *ConvLSTMLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	l.cells[0].addTo(c)
	l.window.addConfig(c)
	delete(c, "units")
	c["filters"], c["activity_regularizer"] = l.cells[0].units, RegularizerConfig(l.activity)
	return c
}
