// Package kernels knows our own kernels: what they are called, where they run,
// and which of them is meant by a name or for a notebook. How they are built
// and started is for package setup.
package kernels

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// Kernel is one of our kernels.
type Kernel struct {
	// Name is the name of its kernelspec, as notebooks, flags and Jupyter use
	// it.
	Name string
	// DisplayName is what JupyterLab's launcher shows.
	DisplayName string
	// Aliases are other names that mean this kernel.
	Aliases []string
	// Title names the kernel in a sentence.
	Title string
	// Platforms are the systems that it runs on, as GOOS/GOARCH or GOOS.
	Platforms []string
	// Elsewhere says what helps on other systems.
	Elsewhere string
}

var (
	// Live is our own kernel, whose values live on in one process.
	Live = &Kernel{
		Name: "gocifar-live", DisplayName: "Go (live + XLA)", Title: "the live kernel",
		Platforms: []string{"linux/amd64", "linux/arm64"}, Elsewhere: "use GoNB (-kernel gonb)",
	}
	// GoNB is GoNB with our module, its pins and XLA. It is a better equipped
	// GoNB, so notebooks and flags that say gonb get it as well.
	GoNB = &Kernel{
		Name: "gocifar-gonb", DisplayName: "Go (GoNB + XLA)", Title: "GoNB", Aliases: []string{"gonb"},
		Platforms: []string{"linux", "darwin"}, Elsewhere: "on Windows use WSL; notebooks of other languages run here",
	}
)

// All are our kernels, the preferred one first.
func All() []*Kernel { return []*Kernel{Live, GoNB} }

// Here are those of our kernels that run on this system.
func Here() []*Kernel {
	return slices.DeleteFunc(All(), func(k *Kernel) bool { return k.Supported() != nil })
}

// Supported says why the kernel cannot run on this system, or returns nil.
func (k *Kernel) Supported() error { return k.supportedOn(runtime.GOOS, runtime.GOARCH) }

func (k *Kernel) supportedOn(system, architecture string) error {
	if slices.Contains(k.Platforms, system) || slices.Contains(k.Platforms, system+"/"+architecture) {
		return nil
	}
	return fmt.Errorf("%s needs %s, and this is %s/%s: %s",
		k.Title, strings.Join(k.Platforms, " or "), system, architecture, k.Elsewhere)
}

// Named returns the kernel of ours that a name means, nil for all others.
func Named(name string) *Kernel {
	for _, k := range All() {
		if name == k.Name || slices.Contains(k.Aliases, name) {
			return k
		}
	}
	return nil
}

// IsGo tells whether a kernel of this name runs Go, as far as a name can tell:
// other people's GoNB has a name of any kind with gonb in it.
func IsGo(name string) bool { return Named(name) != nil || strings.Contains(name, "gonb") }

// Wish is what is known of what is to run. The zero value of a field says that
// nothing is known.
type Wish struct {
	Asked    string // the kernel that the user asked for
	Named    string // the kernel that the notebook names
	Language string // the language of the code
	// Middle says that not all cells run, but those from a cell in the middle.
	Middle bool
}

// Choose returns the kernel of ours that a wish is for; nil means that the
// kernel called Asked, or else Named, is none of ours. Firm says that no other
// kernel of ours may take its place.
//
// Go runs on the live kernel wherever there is one, also if the notebook names
// GoNB. GoNB starts in the middle, because only on GoNB the declarations of the
// earlier cells can be made again without running these.
func Choose(w Wish) (kernel *Kernel, firm bool) {
	if w.Asked != "" {
		return Named(w.Asked), true
	}
	named := Named(w.Named)
	switch {
	case named == Live:
		return Live, true
	case named == nil && (w.Named != "" || w.Language != "go"):
		return nil, false
	case w.Middle, Live.Supported() != nil:
		return GoNB, false
	}
	return Live, false
}

// Names are names of kernelspecs that would do for a wish, the preferred one
// first, for machines that are not this one: which kernels it has must be asked
// there. Without a wish there are none.
func Names(w Wish) (names []string) {
	if w.Asked != "" {
		if k := Named(w.Asked); k != nil {
			return append([]string{k.Name}, k.Aliases...)
		}
		return []string{w.Asked}
	}
	if named := Named(w.Named); named != nil || w.Named == "" && w.Language == "go" {
		if named == Live || !w.Middle {
			names = append(names, Live.Name)
		}
		if named != Live {
			names = append(append(names, GoNB.Name), GoNB.Aliases...)
		}
		return names
	}
	if w.Named != "" {
		names = append(names, w.Named)
	}
	return names
}
