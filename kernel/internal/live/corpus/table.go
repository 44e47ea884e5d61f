package corpus

import (
	"fmt"
	"slices"
	"strings"
)

// Result is what the comparison of a program with its notebooks found.
type Result struct {
	Program string
	// Left says why the program was left out, if it was: what fails by itself
	// proves nothing.
	Left string
	// Differences has a line for each form; empty is equal.
	Differences map[Form]string
}

// Verdict is what the results of a run mean.
type Verdict struct {
	// Table is for people: a line for each form, then every program that
	// differs.
	Table string
	// Wrong are differences that are not known, Stale known ones that are gone.
	Wrong, Stale []string
}

// Judge sums up results, by the differences that are known.
func Judge(results []Result, known Known) Verdict {
	var v Verdict
	var table, lines strings.Builder
	left := 0
	for _, r := range results {
		if r.Left != "" {
			left++
			fmt.Fprintf(&lines, "left out  %s: %s\n", r.Program, r.Left)
		}
	}
	fmt.Fprintf(&table, "%-8s %8s %8s %8s\n", "form", "programs", "equal", "known")
	for _, form := range Forms {
		programs, equal, expected := 0, 0, 0
		for _, r := range results {
			difference, ran := r.Differences[form]
			if !ran {
				continue
			}
			programs++
			reason, isKnown := known[form][r.Program]
			line := fmt.Sprintf("%-8s  %s: %s", form, r.Program, difference)
			switch {
			case difference == "":
				equal++
				if isKnown {
					v.Stale = append(v.Stale,
						fmt.Sprintf("%s %s is equal now, though a difference is known: %s", form, r.Program, reason))
				}
				continue
			case isKnown:
				expected++
				line += " (known: " + reason + ")"
			default:
				v.Wrong = append(v.Wrong, line)
			}
			fmt.Fprintln(&lines, line)
		}
		fmt.Fprintf(&table, "%-8s %8d %8d %8d\n", form, programs, equal, expected)
	}
	fmt.Fprintf(&table, "left out: %d of %d programs\n", left, len(results))
	slices.Sort(v.Stale)
	v.Table = table.String() + lines.String()
	return v
}
