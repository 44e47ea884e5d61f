package engine

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/gocell"
)

// magicRerun runs cells again, by their numbers.
func (r *run) magicRerun(args []string) error {
	numbers, err := r.cellNumbers(args)
	if err != nil {
		return err
	}
	for _, n := range numbers {
		r.stdout("running cell [%d] again\n", n)
		code := r.cells[n]
		if _, err := r.goCode(gocell.Parse(code).Sort(), code, r.execution(Cell{})); err != nil {
			return err
		}
	}
	return nil
}

// cellNumbers reads "1 3-5" or "all".
func (e *Engine) cellNumbers(args []string) ([]int, error) {
	var numbers []int
	for _, arg := range args {
		if arg == "all" {
			for n := range e.cells {
				numbers = append(numbers, n)
			}
			slices.Sort(numbers)
			continue
		}
		from, to, isRange := strings.Cut(strings.Trim(arg, "[],"), "-")
		first, err := strconv.Atoi(from)
		last := first
		if err == nil && isRange {
			last, err = strconv.Atoi(to)
		}
		if err != nil || last < first || last > e.count {
			return nil, magicErrorf("%q is no number of a cell, no range such as 3-5 and not the word all", arg)
		}
		for n := first; n <= last; n++ {
			if e.cells[n] != "" {
				numbers = append(numbers, n)
			} else if !isRange {
				return nil, magicErrorf("cell [%d] has no Go code, or has not run", n)
			}
		}
	}
	return numbers, nil
}
