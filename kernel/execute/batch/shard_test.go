package batch

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gocifar/gocifar/kernel/execute"
)

func TestParseShard(t *testing.T) {
	if s, err := ParseShard("2/4"); err != nil || s != (Shard{Number: 2, Of: 4}) || s.String() != "2/4" {
		t.Errorf("2/4 is %v, %v", s, err)
	}
	for _, text := range []string{"", "0/0", "0/4", "5/4", "x/y", "1", "1/", "/4", "-1/4", "1/4/2", "1/0x4", " 1/4", "1/99999999999999999999"} {
		if s, err := ParseShard(text); execute.ExitCode(err) != execute.ExitUsage {
			t.Errorf("%q is %v, %v", text, s, err)
		}
	}
}

func TestShares(t *testing.T) {
	for _, c := range []struct {
		seconds []float64
		of      int
		want    []int
	}{
		{[]float64{0, 0, 0, 0, 0}, 2, []int{1, 2, 1, 2, 1}},
		{[]float64{1, 1, 1, 3}, 2, []int{2, 2, 2, 1}},
		{[]float64{7, 5, 4, 4}, 2, []int{1, 2, 2, 1}},
		{[]float64{9, 0, 0, 0}, 2, []int{1, 2, 1, 2}}, // the unknown ones count 9 s each
		{[]float64{1, 2}, 4, []int{2, 1}},
		{nil, 3, nil},
	} {
		if got := Shares(c.seconds, c.of); !slices.Equal(got, c.want) {
			t.Errorf("%v in %d: %v, want %v", c.seconds, c.of, got, c.want)
		}
	}
}

// TestSharesAreAlmostTheBest compares with the best division, found by trying
// all of them.
func TestSharesAreAlmostTheBest(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		of := 2 + random.IntN(2)
		seconds := make([]float64, 1+random.IntN(8))
		for i := range seconds {
			seconds[i] = 1 + float64(random.IntN(100))
		}
		shares := Shares(seconds, of)
		bound := best(seconds, make([]float64, of)) * (4.0/3 - 1/(3*float64(of)))
		if got := longest(seconds, shares, of); got > bound+1e-9 {
			t.Errorf("%v in %d: %v ends after %v, Graham's bound is %v", seconds, of, shares, got, bound)
		}
	}
}

func longest(seconds []float64, shares []int, of int) float64 {
	busy := make([]float64, of)
	for i, s := range seconds {
		busy[shares[i]-1] += s
	}
	return slices.Max(busy)
}

// best is when the last shard of the best division ends.
func best(seconds, busy []float64) float64 {
	if len(seconds) == 0 {
		return slices.Max(busy)
	}
	least := -1.0
	for k := range busy {
		busy[k] += seconds[0]
		if end := best(seconds[1:], busy); least < 0 || end < least {
			least = end
		}
		busy[k] -= seconds[0]
	}
	return least
}
