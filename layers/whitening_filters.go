package layers

import "math"

// covariance is the mean of the products of each two values of a patch; means
// are not taken off.
type covariance struct {
	channels int
	matrix   [][]float64
}

// patchCovariance goes through all patches of images.
func patchCovariance(v *Values, height, width int) *covariance {
	rows, columns, channels := v.Shape[0], v.Shape[1], v.Shape[2]
	n, size := height*width*channels, rows*columns*channels
	c := &covariance{channels, make([][]float64, n)}
	for i := range c.matrix {
		c.matrix[i] = make([]float64, n)
	}
	patch, image := make([]float64, n), make([]float64, size)
	for example := range v.len() {
		for i := range image {
			image[i] = v.at(example*size + i)
		}
		for top := range rows - height + 1 {
			for left := range columns - width + 1 {
				for row := range height {
					at := ((top+row)*columns + left) * channels
					copy(patch[row*width*channels:], image[at:at+width*channels])
				}
				for i, a := range patch {
					for j, b := range patch[:i+1] {
						c.matrix[i][j] += a * b
					}
				}
			}
		}
	}
	count := float64(v.len() * (rows - height + 1) * (columns - width + 1))
	for i := range n {
		for j := range i + 1 {
			c.matrix[i][j] /= count
			c.matrix[j][i] = c.matrix[i][j]
		}
	}
	return c
}

// at is a value as a model reads it: scaled.
func (v *Values) at(i int) float64 {
	if v.Bytes != nil {
		return float64(float32(v.Bytes[i])*v.scale() + v.Offset)
	}
	return float64(v.Floats[i]*v.scale() + v.Offset)
}

// independent is the covariance of values that are independent, of variance 1.
func independent(n int) [][]float64 {
	matrix := make([][]float64, n)
	for i := range matrix {
		matrix[i] = make([]float64, n)
		matrix[i][i] = 1
	}
	return matrix
}

// whiteningFilters are the eigenvectors, each divided by sqrt(value+epsilon),
// and the same with the other sign: a kernel [values of a patch, filters].
func whiteningFilters(matrix [][]float64, epsilon float64) []float32 {
	values, vectors := symmetricEigen(matrix) // which nobody needs after this
	n := len(values)
	kernel := make([]float32, n*2*n)
	for k, vector := range vectors {
		scale := 1 / math.Sqrt(max(values[k], 0)+epsilon)
		for i, v := range vector {
			kernel[i*2*n+k], kernel[i*2*n+n+k] = float32(v*scale), float32(-v*scale)
		}
	}
	return kernel
}
