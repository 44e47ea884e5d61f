package report

import "math"

// Scores are the figures of one class, or an average over classes.
type Scores struct {
	// Precision is the part of the examples taken for the class that are of
	// it, Recall the part of the class' examples that were found, F1 their
	// harmonic mean; all 0 to 1.
	Precision, Recall, F1 float64
	// Support is the number of examples.
	Support int
}

// scores computes each class' figures as scikit-learn's
// precision_recall_fscore_support does; a division by zero gives undefined.
func (m *ConfusionMatrix) scores(undefined float64) []Scores {
	all := make([]Scores, len(m.Classes))
	for i := range all {
		hits, found, support := m.Counts[i][i], m.Predicted(i), m.Support(i)
		all[i] = Scores{
			Precision: ratio(hits, found, undefined),
			Recall:    ratio(hits, support, undefined),
			F1:        ratio(2*hits, support+found, undefined),
			Support:   support,
		}
	}
	return all
}

func ratio(a, b int, undefined float64) float64 {
	if b == 0 {
		return undefined
	}
	return float64(a) / float64(b)
}

// macro is the mean over classes, weighted the mean over examples. What is no
// number counts in neither (sklearn.utils.extmath._nanaverage).
func macro(all []Scores) Scores {
	return average(all, func(values []float64, _ []Scores) float64 { return nanMean(values) })
}

func weighted(all []Scores) Scores {
	return average(all, func(values []float64, of []Scores) float64 {
		var kept, products, weights []float64
		for i, v := range values {
			if !math.IsNaN(v) {
				kept = append(kept, v)
				products = append(products, v*float64(of[i].Support))
				weights = append(weights, float64(of[i].Support))
			}
		}
		total := pairwiseSum(weights)
		if total == 0 {
			return nanMean(kept)
		}
		return pairwiseSum(products) / total
	})
}

// average applies mean to each of the three figures.
func average(all []Scores, mean func([]float64, []Scores) float64) Scores {
	of := func(figure func(Scores) float64) float64 {
		values := make([]float64, len(all))
		for i, s := range all {
			values[i] = figure(s)
		}
		return mean(values, all)
	}
	out := Scores{
		Precision: of(func(s Scores) float64 { return s.Precision }),
		Recall:    of(func(s Scores) float64 { return s.Recall }),
		F1:        of(func(s Scores) float64 { return s.F1 }),
	}
	for _, s := range all {
		out.Support += s.Support
	}
	return out
}

// nanMean is numpy.nanmean: NaN if there are no numbers.
func nanMean(values []float64) float64 {
	numbers := 0
	zeroed := make([]float64, len(values))
	for i, v := range values {
		if !math.IsNaN(v) {
			zeroed[i] = v
			numbers++
		}
	}
	return pairwiseSum(zeroed) / float64(numbers)
}

// pairwiseSum adds in numpy's order, as the last bit of a sum can decide how
// its last shown digit is rounded
// (numpy/_core/src/umath/loops_utils.h.src, pairwise_sum).
func pairwiseSum(v []float64) float64 {
	switch n := len(v); {
	case n < 8:
		sum := 0.0
		for _, x := range v {
			sum += x
		}
		return sum
	case n <= 128:
		var r [8]float64
		copy(r[:], v)
		i := 8
		for ; i < n-n%8; i += 8 {
			for k := range r {
				r[k] += v[i+k]
			}
		}
		sum := ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]))
		for ; i < n; i++ {
			sum += v[i]
		}
		return sum
	default:
		half := n / 2
		half -= half % 8
		return pairwiseSum(v[:half]) + pairwiseSum(v[half:])
	}
}
