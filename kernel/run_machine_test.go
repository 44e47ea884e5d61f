package main

import (
	"testing"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/setup"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// TestWhichKernel: Go notebooks run on the live kernel where there is one, others on the kernel that they name.
func TestWhichKernel(t *testing.T) {
	const gonb, live, other = setup.KernelName, setup.LiveKernelName, ""
	here := live
	if library.Supported() != nil {
		here = gonb
	}
	for _, c := range []struct {
		name, kernelspec, language string
		flags                      runFlags
		want                       string
	}{
		{"our notebooks", gonb, "go", runFlags{}, here},
		{"stock GoNB's", "gonb", "go", runFlags{}, here},
		{"without a name", "", "go", runFlags{}, here},
		{"the live kernel's", live, "go", runFlags{}, live},
		{"Python's", "python3", "python", runFlags{}, other},
		{"another Go kernel's", "gophernotes", "go", runFlags{}, other},
		{"of nothing", "", "", runFlags{}, other},
		{"GoNB asked for", gonb, "go", runFlags{kernel: gonb}, gonb},
		{"stock GoNB asked for", live, "go", runFlags{kernel: "gonb"}, gonb},
		{"the live kernel asked for", gonb, "go", runFlags{kernel: live}, live},
		{"Python asked for", gonb, "go", runFlags{kernel: "python3"}, other},
		{"from a cell", gonb, "go", runFlags{fromCell: 3}, gonb},
		{"from a cell, live asked for", gonb, "go", runFlags{fromCell: 3, kernel: live}, live},
	} {
		nb := nbformat.New()
		if c.kernelspec != "" || c.language != "" {
			nb.Metadata().Set("kernelspec", map[string]any{"name": c.kernelspec, "display_name": c.kernelspec, "language": c.language})
		}
		got := other
		if c.flags.ownKernel(nb) {
			if got = gonb; c.flags.live(nb) {
				got = live
			}
		}
		if got != c.want {
			t.Errorf("%s: runs on %q, want %q", c.name, got, c.want)
		}
	}
}
