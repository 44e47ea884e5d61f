package repl

import (
	"strings"
	"testing"
)

func TestGoContext(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{"fmt.Pri", "%%\nfmt.Pri"},
		{"func f() { fmt.", "func f() { fmt."},
		{"import \"fm", "import \"fm"},
		{"%en", "%en"},
		{"%%\nfmt.", "%%\nfmt."},
	} {
		got, shift := goContext(c.source)
		if got != c.want || shift != len(c.want)-len(c.source) {
			t.Errorf("%q: %q, moved by %d", c.source, got, shift)
		}
	}
}

func TestUTF16(t *testing.T) {
	const code = "a😀ö世"
	for _, c := range []struct{ runes, units int }{{0, 0}, {1, 1}, {2, 3}, {3, 4}, {4, 5}} {
		if got := utf16Length(runesUpTo(code, c.runes)); got != c.units {
			t.Errorf("%d runes are %d units, want %d", c.runes, got, c.units)
		}
		if got := runesOfUTF16(code, c.units); got != c.runes {
			t.Errorf("%d units are %d runes, want %d", c.units, got, c.runes)
		}
	}
}

func TestSplitCells(t *testing.T) {
	for _, c := range []struct {
		name, script string
		want         []string
	}{
		{"nothing", " \n\n", nil},
		{"one", "a\n\nb\n", []string{"a\n\nb"}},
		{"marks", "// %%\na\n# %% title\nb\n//%%\nc\n", []string{"a", "b", "c"}},
		{"GoNB's own mark is code", "%%\na\n", []string{"%%\na"}},
		{"directives", "a\n:timing\nb\n:save x.ipynb\n", []string{"a", ":timing", "b", ":save x.ipynb"}},
		{"no directive", "  :x\na :b\n", []string{"  :x\na :b"}},
	} {
		if got := splitCells(c.script); strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDropPackage(t *testing.T) {
	for source, want := range map[string]string{
		"package main\n\nfunc main() {}\n":       "\n\nfunc main() {}\n",
		"// Doc.\npackage x // why\nvar y int\n": "// Doc.\n\nvar y int\n",
		"var s = \"package main\"\n":             "var s = \"package main\"\n",
		"x := 1\n":                               "x := 1\n",
	} {
		if got := dropPackage(source); got != want {
			t.Errorf("%q: %q, want %q", source, got, want)
		}
	}
}

func TestDirectivesAndHelp(t *testing.T) {
	for source, want := range map[string]string{
		":help": "directive", ":save x y.ipynb\n": "directive", ":": "", ": help": "", ":Help": "", ":a\nb": "", "x :a": "",
		"?x": "help", "??fmt.Println": "help", "x?": "help", "größe?\n": "help", "?": "", "?x y": "",
		"x ? y": "", "?x\ny": "",
	} {
		got := ""
		if isDirective(source) {
			got = "directive"
		}
		if isHelp(source) {
			got += "help"
		}
		if got != want {
			t.Errorf("%q is %q, want %q", source, got, want)
		}
	}
}
