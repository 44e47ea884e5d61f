package layers

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// stft is Keras' STFT.
type stft struct {
	side, window, scaling string // window and scaling "" are none
	periodic              bool
}

// STFT fills a kernel (frames, channels, frequencies) of a one-dimensional
// convolution so that it computes one side of a short-time Fourier transform:
// "real" or "imag". The window is "hann", "hamming", "blackman", "boxcar" or ""
// for none; the scaling "density", "spectrum" or "" for none. Keras' defaults
// are "real", "hann" and "density", with a symmetric window.
func STFT(side, window, scaling string, periodic bool) Initializer {
	return stft{side, window, scaling, periodic}
}

// windows are the coefficients of sums of cosines.
var windows = map[string][]float64{
	"hann": {0.5, 0.5}, "hamming": {0.54, 0.46}, "blackman": {0.42, 0.5, 0.08}, "boxcar": {1},
}

// Class is Keras' class name.
func (stft) Class() string { return "STFT" }

// Config returns Keras' configuration.
func (i stft) Config() map[string]any {
	c := map[string]any{"side": i.side, "window": nil, "scaling": nil, "periodic": i.periodic}
	if i.window != "" {
		c["window"] = i.window
	}
	if i.scaling != "" {
		c["scaling"] = i.scaling
	}
	return c
}

func (i stft) check() error {
	switch {
	case i.side != "real" && i.side != "imag":
		return fmt.Errorf("initializer STFT: side must be \"real\" or \"imag\", got %q", i.side)
	case i.window != "" && windows[i.window] == nil:
		return fmt.Errorf("initializer STFT: window %q is not supported, only hann, hamming, blackman and boxcar", i.window)
	case i.scaling != "" && i.scaling != "density" && i.scaling != "spectrum":
		return fmt.Errorf("initializer STFT: scaling must be \"density\", \"spectrum\" or none, got %q", i.scaling)
	}
	return nil
}

// CheckShape wants a kernel of a one-dimensional convolution.
func (stft) CheckShape(s Shape) error {
	if len(s) != 3 {
		return fmt.Errorf("initializer STFT wants a variable (frames, channels, frequencies), got %s", s.Tuple())
	}
	return nil
}

// Draw returns the values of a variable of the given shape.
func (i stft) Draw(shape Shape, _ *rand.Rand) []float32 {
	frames, channels, frequencies := shape[0], shape[1], shape[2]
	wave := math.Cos
	if i.side == "imag" {
		wave = math.Sin
	}
	weights := i.weights(frames)
	values := make([]float32, 0, shape.Size())
	for t := range frames {
		for range channels {
			for f := range frequencies {
				angle := -2 * math.Pi * float64(t) * float64(f) / float64((frequencies-1)*2)
				values = append(values, float32(wave(angle)*weights[t]))
			}
		}
	}
	return values
}

// weights is the scaled window; Keras scales only where there is one.
func (i stft) weights(n int) []float64 {
	weights := make([]float64, n)
	sum, squares := 0.0, 0.0
	for t := range weights {
		weights[t] = i.at(t, n)
		sum, squares = sum+math.Abs(weights[t]), squares+weights[t]*weights[t]
	}
	for t := range weights {
		switch {
		case i.window == "":
		case i.scaling == "density":
			weights[t] /= math.Sqrt(squares)
		case i.scaling == "spectrum":
			weights[t] /= sum
		}
	}
	return weights
}

// at is the window's value: SciPy's get_window, whose third argument makes the
// window periodic.
func (i stft) at(t, n int) float64 {
	period := float64(n - 1)
	if i.periodic {
		period = float64(n)
	}
	if i.window == "" || n == 1 {
		return 1
	}
	value, sign := 0.0, 1.0
	for k, c := range windows[i.window] {
		value += sign * c * math.Cos(2*math.Pi*float64(k)*float64(t)/period)
		sign = -sign
	}
	return value
}

// readSTFT reads what Config writes: a window or scaling that is absent beside a
// side is none. The name alone has Keras' defaults.
func readSTFT(s *Settings) Initializer {
	side := s.String("side", "")
	if side == "" {
		return STFT("real", "hann", "density", false)
	}
	return STFT(side, s.String("window", ""), s.String("scaling", ""), s.Bool("periodic", false))
}
