package layers

import "math"

// symmetricEigen returns eigenvalues and eigenvectors of a symmetric matrix,
// which it destroys, by Jacobi's rotations: vectors[k] belongs to values[k].
// Matrices here have a dozen rows; a library for large ones would weigh more
// than all of this package.
func symmetricEigen(a [][]float64) (values []float64, vectors [][]float64) {
	n := len(a)
	vectors = make([][]float64, n)
	for i := range vectors {
		vectors[i] = make([]float64, n)
		vectors[i][i] = 1
	}
	for range 100 {
		off, all := 0.0, 0.0
		for i := range n {
			for j := range n {
				if all += a[i][j] * a[i][j]; i != j {
					off += a[i][j] * a[i][j]
				}
			}
		}
		if off <= 1e-28*all {
			break
		}
		for p := range n {
			for q := p + 1; q < n; q++ {
				rotate(a, vectors, p, q)
			}
		}
	}
	for i := range n {
		values = append(values, a[i][i])
	}
	return values, vectors
}

// rotate turns the axes p and q so that a[p][q] becomes 0 (Golub and Van Loan,
// Matrix Computations, 8.5).
func rotate(a, vectors [][]float64, p, q int) {
	if a[p][q] == 0 {
		return
	}
	tau := (a[q][q] - a[p][p]) / (2 * a[p][q])
	t := math.Copysign(1/(math.Abs(tau)+math.Hypot(1, tau)), tau)
	c := 1 / math.Hypot(1, t)
	s := t * c
	for k := range a {
		a[k][p], a[k][q] = c*a[k][p]-s*a[k][q], s*a[k][p]+c*a[k][q]
	}
	for k := range a {
		a[p][k], a[q][k] = c*a[p][k]-s*a[q][k], s*a[p][k]+c*a[q][k]
		vectors[p][k], vectors[q][k] = c*vectors[p][k]-s*vectors[q][k], s*vectors[p][k]+c*vectors[q][k]
	}
}
