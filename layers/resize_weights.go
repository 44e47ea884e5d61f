package layers

import (
	"fmt"
	"math"
	"slices"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Interpolation is how values between pixels are found, by Keras' names.
type Interpolation string

const (
	// Bilinear weighs the neighbors by their distance.
	Bilinear Interpolation = "bilinear"
	// Nearest takes the pixel whose area the sample lies in.
	Nearest Interpolation = "nearest"
	// Bicubic weighs four pixels an axis by Keys' cubic (a = -0.5).
	Bicubic Interpolation = "bicubic"
	// Lanczos3 weighs six pixels an axis by a windowed sinc, Lanczos5 ten.
	Lanczos3 Interpolation = "lanczos3"
	Lanczos5 Interpolation = "lanczos5"
	// Area takes the mean of the area that a result's pixel covers.
	Area Interpolation = "area"
)

var interpolations = []Interpolation{Bilinear, Nearest, Bicubic, Lanczos3, Lanczos5, Area}

func (i Interpolation) check() error {
	if !slices.Contains(interpolations, i) {
		return fmt.Errorf("interpolation must be one of %q, got %q", interpolations, i)
	}
	return nil
}

// sampling is how images are resized. All interpolations are linear in the
// pixels and work on one axis after the other, so a resizing is one matrix
// product an axis. The gradient is the transposed product, right for every size
// (GoMLX's Interpolate has none for 3 pixels and fewer).
type sampling struct {
	interpolation Interpolation
	antialias     bool // spread the kernel when shrinking
}

// resized resizes images [batch, height, width, channels].
func (s sampling) resized(x *graph.Node, height, width int) *graph.Node {
	d := x.Shape().Dimensions
	return xla.InFloat32(x, func(x *graph.Node) *graph.Node {
		if d[1] != height {
			x = graph.Einsum("nhwc,yh->nywc", x, s.weights(x, d[1], height))
		}
		if d[2] != width {
			x = graph.Einsum("nywc,xw->nyxc", x, s.weights(x, d[2], width))
		}
		return x
	})
}

// weights returns the matrix [to, from] that resizes one axis.
func (s sampling) weights(x *graph.Node, from, to int) *graph.Node {
	w := make([]float32, 0, to*from)
	for i := range to {
		w = append(w, s.row(i, from, to)...)
	}
	return graph.ConvertDType(graph.ConstTensor(x.Graph(), tensors.FromFlatDataAndDimensions(w, to, from)), x.DType())
}

// row returns the weights of the pixels for one of the result. Samples lie at
// the centers of pixels. TensorFlow computes places in float32, and a place
// decides which pixel is the nearest: so does this function.
func (s sampling) row(i, from, to int) []float32 {
	switch scale := float32(from) / float32(to); {
	case s.interpolation == Nearest:
		row := make([]float32, from)
		row[min(int((float32(i)+0.5)*scale), from-1)] = 1
		return row
	case s.interpolation == Area:
		return areaRow(float32(i)*scale, float32(i+1)*scale, from)
	case s.interpolation == Bilinear && !s.antialias:
		row := make([]float32, from)
		center := (float64(i) + 0.5) * float64(from) / float64(to)
		low := math.Floor(center - 0.5)
		part := float32(center - 0.5 - low)
		row[clamp(int(low), from)] += 1 - part
		row[clamp(int(low)+1, from)] += part
		return row
	case s.interpolation == Bicubic && !s.antialias:
		return bicubicRow((float32(i)+0.5)*scale-0.5, from)
	default:
		return s.kernelRow(i, from, to)
	}
}

// clamp moves an index into [0, n).
func clamp(i, n int) int { return max(0, min(i, n-1)) }

// areaRow weighs pixels by how much of them lies between two places.
func areaRow(start, end float32, from int) []float32 {
	row := make([]float32, from)
	for j := int(start); j < from && float32(j) < end; j++ {
		row[j] = (min(end, float32(j+1)) - max(start, float32(j))) / (end - start)
	}
	return row
}

// bicubicRow weighs the four pixels around a place as TensorFlow's ResizeBicubic
// does: by a table of 1024 steps, and without the pixels beyond the border.
func bicubicRow(place float32, from int) []float32 {
	const steps = 1024
	low := math.Floor(float64(place))
	step := math.RoundToEven(float64((place - float32(low)) * steps))
	row, total := make([]float32, from), float32(0)
	for tap := -1; tap <= 2; tap++ {
		if j := int(low) + tap; j >= 0 && j < from {
			row[j] = float32(keysCubic(math.Abs(step/steps - float64(tap))))
			total += row[j]
		}
	}
	return scaled(row, total)
}

// kernelRow weighs pixels by the interpolation's kernel as TensorFlow's
// ScaleAndTranslate does: within its radius, without those beyond the border.
func (s sampling) kernelRow(i, from, to int) []float32 {
	kernel, radius := s.kernel()
	inverse := 1 / (float32(to) / float32(from))
	spread := float32(1)
	if s.antialias {
		spread = max(inverse, 1)
	}
	place := (float32(i) + 0.5) * inverse
	reach := float32(radius) * spread
	first := max(0, int(math.Ceil(float64(place-reach-0.5))))
	last := min(from-1, int(math.Floor(float64(place+reach-0.5))))
	row, total := make([]float32, from), float32(0)
	for j := first; j <= last; j++ {
		distance := math.Abs(float64(float32(j) + 0.5 - place))
		row[j] = float32(kernel(distance / float64(spread)))
		total += row[j]
	}
	return scaled(row, total)
}

// scaled divides a row by the sum of its weights.
func scaled(row []float32, total float32) []float32 {
	for j := range row {
		row[j] /= total
	}
	return row
}

// kernel returns a function of the distance, and where it ends.
func (s sampling) kernel() (f func(distance float64) float64, radius float64) {
	switch s.interpolation {
	case Bicubic:
		return keysCubic, 2
	case Lanczos3:
		return lanczos(3), 3
	case Lanczos5:
		return lanczos(5), 5
	default:
		return func(x float64) float64 { return max(0, 1-x) }, 1
	}
}

// keysCubic is the convolution kernel of R. Keys, 1981, with a = -0.5.
func keysCubic(x float64) float64 {
	switch {
	case x >= 2:
		return 0
	case x >= 1:
		return ((-0.5*x+2.5)*x-4)*x + 2
	default:
		return (1.5*x-2.5)*x*x + 1
	}
}

// lanczos is sinc(x) sinc(x/radius).
func lanczos(radius float64) func(x float64) float64 {
	return func(x float64) float64 {
		switch {
		case x > radius:
			return 0
		case x <= 1e-3:
			return 1
		}
		return radius * math.Sin(math.Pi*x) * math.Sin(math.Pi*x/radius) / (math.Pi * math.Pi * x * x)
	}
}
