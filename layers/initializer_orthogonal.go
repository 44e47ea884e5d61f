package layers

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// orthogonalMatrix is Keras' Orthogonal.
type orthogonalMatrix struct{ gain float64 }

// Orthogonal draws a matrix with orthogonal columns of length gain, or rows if
// there are fewer rows than columns (Saxe et al., 2014, arXiv:1312.6120). Of
// more than two axes, all but the last count as rows. Keras' default gain is 1.
func Orthogonal(gain float64) Initializer { return orthogonalMatrix{gain} }

// Class is Keras' class name.
func (orthogonalMatrix) Class() string { return "Orthogonal" }

// Config returns Keras' configuration.
func (i orthogonalMatrix) Config() map[string]any { return map[string]any{"gain": i.gain, "seed": nil} }

func (i orthogonalMatrix) check() error {
	if math.IsNaN(i.gain) || math.IsInf(i.gain, 0) {
		return fmt.Errorf("initializer Orthogonal wants a finite gain, got %g", i.gain)
	}
	return nil
}

// CheckShape wants at least two axes.
func (orthogonalMatrix) CheckShape(s Shape) error {
	if len(s) < 2 {
		return fmt.Errorf("initializer Orthogonal wants a variable of at least 2 axes, got %s", s.Tuple())
	}
	return nil
}

// Draw returns the values of a variable of the given shape: the factor Q of the
// QR decomposition of a matrix of normal values, whose R has a positive
// diagonal.
func (i orthogonalMatrix) Draw(shape Shape, rng *rand.Rand) []float32 {
	columns := shape[len(shape)-1]
	rows := shape.Size() / columns
	long, short := max(rows, columns), min(rows, columns)
	basis := make([][]float64, short)
	for k := range basis {
		basis[k] = orthogonalTo(basis[:k], long, rng)
	}
	values := make([]float32, shape.Size())
	for k, vector := range basis {
		for j, v := range vector {
			at := j*columns + k
			if rows < columns {
				at = k*columns + j
			}
			values[at] = float32(i.gain * v)
		}
	}
	return values
}

// orthogonalTo draws a vector of length 1 orthogonal to others, which are so
// among themselves. It takes their parts off twice, since rounding leaves some
// after the first time.
func orthogonalTo(others [][]float64, n int, rng *rand.Rand) []float64 {
	vector := make([]float64, n)
	for j := range vector {
		vector[j] = rng.NormFloat64()
	}
	for range 2 {
		for _, other := range others {
			part := 0.0
			for j, v := range other {
				part += v * vector[j]
			}
			for j, v := range other {
				vector[j] -= part * v
			}
		}
	}
	squares := 0.0
	for _, v := range vector {
		squares += v * v
	}
	for j := range vector {
		vector[j] /= math.Sqrt(squares)
	}
	return vector
}

// identityMatrix is Keras' Identity.
type identityMatrix struct{ gain float64 }

// Identity is a matrix with gain on its diagonal and 0 elsewhere. Keras' default
// gain is 1.
func Identity(gain float64) Initializer { return identityMatrix{gain} }

// Class is Keras' class name.
func (identityMatrix) Class() string { return "Identity" }

// Config returns Keras' configuration. Keras 3.15 leaves the gain out, so that
// its files lose it, but reads it.
func (i identityMatrix) Config() map[string]any {
	if i.gain == 1 {
		return map[string]any{}
	}
	return map[string]any{"gain": i.gain}
}

func (i identityMatrix) check() error {
	if math.IsNaN(i.gain) || math.IsInf(i.gain, 0) {
		return fmt.Errorf("initializer Identity wants a finite gain, got %g", i.gain)
	}
	return nil
}

// CheckShape wants a matrix.
func (identityMatrix) CheckShape(s Shape) error {
	if len(s) != 2 {
		return fmt.Errorf("initializer Identity wants a matrix, got %s", s.Tuple())
	}
	return nil
}

// Draw returns the values of a variable of the given shape.
func (i identityMatrix) Draw(shape Shape, _ *rand.Rand) []float32 {
	values := make([]float32, shape.Size())
	for k := range min(shape[0], shape[1]) {
		values[k*shape[1]+k] = float32(i.gain)
	}
	return values
}
