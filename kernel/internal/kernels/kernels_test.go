package kernels

import (
	"slices"
	"testing"
)

// TestWhichKernel: Go notebooks run on the live kernel where there is one,
// others on the kernel that they name.
func TestWhichKernel(t *testing.T) {
	here := Live
	if Live.Supported() != nil {
		here = GoNB
	}
	gonb, live := GoNB.Name, Live.Name
	for _, c := range []struct {
		name string
		wish Wish
		want *Kernel // nil: none of ours
		firm bool
	}{
		{"our notebooks", Wish{Named: gonb, Language: "go"}, here, false},
		{"stock GoNB's", Wish{Named: "gonb", Language: "go"}, here, false},
		{"without a name", Wish{Language: "go"}, here, false},
		{"the live kernel's", Wish{Named: live, Language: "go"}, Live, true},
		{"Python's", Wish{Named: "python3", Language: "python"}, nil, false},
		{"another Go kernel's", Wish{Named: "gophernotes", Language: "go"}, nil, false},
		{"of nothing", Wish{}, nil, false},
		{"GoNB asked for", Wish{Asked: gonb, Named: gonb, Language: "go"}, GoNB, true},
		{"stock GoNB asked for", Wish{Asked: "gonb", Named: live, Language: "go"}, GoNB, true},
		{"the live kernel asked for", Wish{Asked: live, Named: gonb, Language: "go"}, Live, true},
		{"Python asked for", Wish{Asked: "python3", Named: gonb, Language: "go"}, nil, true},
		{"from a cell", Wish{Named: gonb, Language: "go", Middle: true}, GoNB, false},
		{"from a cell, live asked for", Wish{Asked: live, Named: gonb, Language: "go", Middle: true}, Live, true},
		{"a console", Wish{Language: "go"}, here, false},
		{"a console, stock GoNB asked for", Wish{Asked: "gonb", Language: "go"}, GoNB, true},
	} {
		if got, firm := Choose(c.wish); got != c.want || firm != c.firm {
			t.Errorf("%s: runs on %v, firm %v; want %v, %v", c.name, got, firm, c.want, c.firm)
		}
	}
}

func TestNames(t *testing.T) {
	gonb, live := GoNB.Name, Live.Name
	for _, c := range []struct {
		wish Wish
		want []string
	}{
		{Wish{}, nil},
		{Wish{Named: gonb, Language: "go"}, []string{live, gonb, "gonb"}},
		{Wish{Named: "gonb", Language: "go", Middle: true}, []string{gonb, "gonb"}},
		{Wish{Language: "go"}, []string{live, gonb, "gonb"}},
		{Wish{Named: live, Language: "go", Middle: true}, []string{live}},
		{Wish{Asked: "gonb", Named: live, Language: "go"}, []string{gonb, "gonb"}},
		{Wish{Named: "python3", Language: "python"}, []string{"python3"}},
		{Wish{Asked: "ir", Named: gonb, Language: "go"}, []string{"ir"}},
		{Wish{Named: "gophernotes", Language: "go"}, []string{"gophernotes"}},
	} {
		if got := Names(c.wish); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.wish, got, c.want)
		}
	}
}

func TestSupported(t *testing.T) {
	for _, c := range []struct {
		kernel       *Kernel
		system, arch string
		want         string // "" for supported
	}{
		{Live, "linux", "amd64", ""},
		{Live, "linux", "386", "the live kernel needs linux/amd64 or linux/arm64, and this is linux/386: use GoNB " +
			"(-kernel gonb)"},
		{Live, "darwin", "arm64", "the live kernel needs linux/amd64 or linux/arm64, and this is darwin/arm64: use GoNB " +
			"(-kernel gonb)"},
		{GoNB, "darwin", "arm64", ""},
		{GoNB, "windows", "amd64",
			"GoNB needs linux or darwin, and this is windows/amd64: on Windows use WSL; notebooks of other languages run here"},
	} {
		got := ""
		if err := c.kernel.supportedOn(c.system, c.arch); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s on %s/%s: %q, want %q", c.kernel.Name, c.system, c.arch, got, c.want)
		}
	}
}
