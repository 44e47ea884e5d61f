package coverprofile

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestAdd(t *testing.T) {
	for name, c := range map[string]struct {
		profiles []string
		want     string
	}{
		"set": {[]string{
			"mode: set\na.go:10.1,12.2 1 0\na.go:3.1,4.2 2 1\n", "mode: set\na.go:3.1,4.2 2 0\na.go:10.1,12.2 1 1\nb.go:1.1,2.2 3 0",
			"mode: set\n"}, "mode: set\na.go:3.1,4.2 2 1\na.go:10.1,12.2 1 1\nb.go:1.1,2.2 3 0\n"},
		"count": {[]string{"mode: count\na.go:1.1,2.2 1 3\n", "mode: count\r\na.go:1.1,2.2 1 4\r\n"},
			"mode: count\na.go:1.1,2.2 1 7\n"},
		"as often as can be said": {[]string{"mode: atomic\na.go:1.1,2.2 1 18446744073709551615\n",
			"mode: atomic\na.go:1.1,2.2 1 4\n"}, "mode: atomic\na.go:1.1,2.2 1 18446744073709551615\n"},
		"a block twice": {[]string{"mode: count\na.go:1.1,2.2 1 3\na.go:1.1,2.2 1 4\n"}, "mode: count\na.go:1.1,2.2 1 7\n"},
		"none":          {nil, "mode: set\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var p Profile
			for _, text := range c.profiles {
				if err := p.Add("p", text); err != nil {
					t.Fatal(err)
				}
			}
			if got := string(p.Bytes()); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

func TestAddBadInput(t *testing.T) {
	const first = "mode: set\na.go:1.1,2.2 1 1\n"
	for text, want := range map[string]string{
		"": "two is no profile of coverage: it is empty",
		"<html>\n": `two is no profile of coverage: its first line is "<html>", want "mode: set", "mode: count" or ` +
			`"mode: atomic"`,
		"mode: set\na.go\n": `two, line 2: "a.go" is no block of code, want "FILE:LINE.COLUMN,LINE.COLUMN STATEMENTS COUNT"`,
		"mode: set\na.go:1.1,2.2 1 99999999999999999999\n": `two, line 2: "a.go:1.1,2.2 1 99999999999999999999" is no ` +
			`block of code, want "FILE:LINE.COLUMN,LINE.COLUMN STATEMENTS COUNT"`,
		"mode: atomic\n": "one has the mode set, but two has the mode atomic: make all profiles with one mode",
		"mode: set\nb.go:1.1,2.2 1 1\na.go:1.1,3.2 1 1\n": "one and two are of different code of a.go: make both profiles " +
			"with the same code",
	} {
		var p Profile
		if err := p.Add("one", first); err != nil {
			t.Fatal(err)
		}
		if err := p.Add("two", text); err == nil || err.Error() != want {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
		if got := string(p.Bytes()); got != first {
			t.Errorf("%q has changed the profile to %q", text, got)
		}
	}
}

// TestAsCovdata joins what three runs of a program have reached, and compares
// with `go tool covdata`, which joins the folders themselves.
func TestAsCovdata(t *testing.T) {
	for _, mode := range []string{"set", "count", "atomic"} {
		t.Run(mode, func(t *testing.T) {
			dir := t.TempDir()
			command := func(name string, args ...string) {
				t.Helper()
				cmd := exec.Command(name, args...)
				cmd.Dir = "testdata/program"
				cmd.Env = append(os.Environ(), "GOCOVERDIR="+filepath.Join(dir, "run-"+args[len(args)-1]), "GOWORK=off")
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%s %q: %v\n%s", name, args, err, out)
				}
			}
			text := func(from ...string) string {
				t.Helper()
				file := filepath.Join(dir, "profile")
				command("go", "tool", "covdata", "textfmt", "-i="+strings.Join(from, ","), "-o="+file)
				raw, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				return string(raw)
			}
			program := filepath.Join(dir, "program")
			command("go", "build", "-cover", "-covermode="+mode, "-o", program, ".")
			var p Profile
			var folders []string
			for _, argument := range []string{"one", "two", "many"} {
				folder := filepath.Join(dir, "run-"+argument)
				if err := os.Mkdir(folder, 0o755); err != nil {
					t.Fatal(err)
				}
				command(program, argument)
				folders = append(folders, folder)
				if err := p.Add(argument, text(folder)); err != nil {
					t.Fatal(err)
				}
			}
			sorted := func(text string) []string { return slices.Sorted(strings.Lines(text)) }
			got, want := string(p.Bytes()), text(folders...)
			if !slices.Equal(sorted(got), sorted(want)) || strings.Count(want, "\n") < 5 {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}
