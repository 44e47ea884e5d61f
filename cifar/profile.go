package cifar

import (
	"fmt"
	"os"

	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/gocifar/gocifar/layers"
)

// A Profile says how much of the walkthrough's work is done. In full it is
// the walkthrough's own; quick is for trying things out, where each training
// takes about half a minute on two cores.
type Profile struct {
	// Name is "full" or "quick".
	Name string
	// MaxExamples is the most examples that Examples leaves, 0 for all.
	MaxExamples int
	// EpochDivisor divides numbers of epochs, at least 1.
	EpochDivisor int
}

// The profiles.
var (
	Full  = Profile{Name: "full", EpochDivisor: 1}
	Quick = Profile{Name: "quick", MaxExamples: 8000, EpochDivisor: 3}
)

// CurrentProfile returns the profile that the environment variable
// GOCIFAR_PROFILE names: full, or quick, which is also the default. Any other
// name is taken for quick, and said so by String.
func CurrentProfile() Profile {
	switch name := os.Getenv("GOCIFAR_PROFILE"); name {
	case "full":
		return Full
	case "quick", "":
		return Quick
	default:
		p := Quick
		p.Name = fmt.Sprintf("quick (GOCIFAR_PROFILE=%q is neither full nor quick)", name)
		return p
	}
}

// Epochs returns how many epochs to train where the walkthrough trains full
// ones; at least 1.
func (p Profile) Epochs(full int) int {
	return max(1, (full+p.EpochDivisor-1)/max(1, p.EpochDivisor))
}

// Examples returns the first examples, as many as the profile allows.
func (p Profile) Examples(all *Pictures) *layers.Examples {
	if p.MaxExamples == 0 || all.Len() <= p.MaxExamples {
		return all.Examples
	}
	short, err := all.Slice(0, p.MaxExamples)
	if err != nil {
		return all.Examples // cannot be: the range was checked
	}
	return short
}

// String returns a line for a notebook that says what the profile does.
func (p Profile) String() string {
	if p.MaxExamples == 0 && p.EpochDivisor <= 1 {
		return "Profile " + p.Name + ": all pictures, the walkthrough's own settings."
	}
	return fmt.Sprintf("Profile %s: at most %s pictures and a third of the epochs, so accuracies are lower than the "+
		"walkthrough's; "+
		"GOCIFAR_PROFILE=full runs its own settings.", p.Name, termtext.Thousands(p.MaxExamples))
}
