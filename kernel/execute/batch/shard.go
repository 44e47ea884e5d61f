package batch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gocifar/gocifar/kernel/execute"
)

// Shard is one of several shares of a run's notebooks, each run by a job of its
// own.
type Shard struct {
	Number int // from 1
	Of     int // how many shares there are
}

// String is the shard as it is typed: "2/4".
func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Number, s.Of) }

// ParseShard reads "2/4". Errors are an *execute.UsageError.
func ParseShard(text string) (Shard, error) {
	number, of, _ := strings.Cut(text, "/")
	s := Shard{}
	var wrong [2]error
	s.Number, wrong[0] = strconv.Atoi(number)
	s.Of, wrong[1] = strconv.Atoi(of)
	if wrong[0] != nil || wrong[1] != nil || s.Of < 1 || s.Number < 1 || s.Number > s.Of {
		return Shard{}, &execute.UsageError{Reason: fmt.Errorf(
			"shard %q: want a number from 1 and the number of shards, such as 1/4 for the first of four", text)}
	}
	return s, nil
}

// Shares says for each notebook which of the shards from 1 to of runs it, so
// that all end at about the same time: the longest notebook first, each to the
// shard that has least to do by then (Graham 1969: the last shard to end takes
// at most a third longer than the best division). Seconds are what the
// notebooks take, 0 where nobody knows; those count as much as the others do on
// average. The same input gives the same shares on every machine.
func Shares(seconds []float64, of int) []int {
	unknown := average(seconds)
	order := make([]int, len(seconds))
	takes := make([]float64, len(seconds))
	for i, s := range seconds {
		order[i], takes[i] = i, s
		if s <= 0 {
			takes[i] = unknown
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case takes[a] > takes[b]:
			return -1
		case takes[a] < takes[b]:
			return 1
		}
		return 0
	})
	shares := make([]int, len(seconds))
	busy := make([]float64, of)
	for _, i := range order {
		least := 0
		for k := range busy {
			if busy[k] < busy[least] {
				least = k
			}
		}
		shares[i] = least + 1
		busy[least] += takes[i]
	}
	return shares
}

// average is that of the known durations, 1 s if there is none.
func average(seconds []float64) float64 {
	sum, n := 0.0, 0
	for _, s := range seconds {
		if s > 0 {
			sum, n = sum+s, n+1
		}
	}
	if n == 0 {
		return 1
	}
	return sum / float64(n)
}
