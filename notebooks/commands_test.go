package notebooks_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestCommandsAreRun holds .ci/run to the README: each of our commands that
// the README shows is run there.
func TestCommandsAreRun(t *testing.T) {
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	scripts := read("../.ci/run") + read("../.ci/peers") + read("../.ci/browser_test.py")
	command := regexp.MustCompile(`go (?:run \./kernel(?: [a-z]+)?|test \./\.\.\.)`)
	shown := command.FindAllString(read("../README.md"), -1)
	if len(shown) < 5 {
		t.Fatalf("found only %q in the README", shown)
	}
	for _, c := range shown {
		c = strings.ReplaceAll(c, "go test ./...", "./...")
		if !strings.Contains(scripts, c) {
			t.Errorf("the README shows %q, which .ci/run does not run", c)
		}
	}
}
