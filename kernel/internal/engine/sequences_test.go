package engine

import (
	"regexp"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/internal/engine/enginetest"
)

// TestSequences runs the notebooks of testdata/sequences. They are the
// specification of what lives on from cell to cell, and of the special
// commands.
func TestSequences(t *testing.T) {
	testLibrary.Get(t)
	enginetest.RunNotebooks(t, "testdata/sequences/*.txtar", func(t *testing.T) func(string) []enginetest.Section {
		n := newNotebook(t)
		return func(code string) (list []enginetest.Section) {
			shows, stderr := n.both(strings.ReplaceAll(code, "$DIR", n.home))
			for _, s := range []struct{ name, text string }{{"shows", shows}, {"stderr", stderr}} {
				if s.text != "" {
					list = append(list, enginetest.Section{Name: s.name, Data: []byte(n.steady(s.text) + "\n")})
				}
			}
			return list
		}
	})
}

var (
	seconds   = regexp.MustCompile(`\d+\.\d\ds`)
	benchmark = regexp.MustCompile(`(?m)^(Benchmark\w+?)-\d+ *\t *\d+\t *[\d.]+ ns/op$`)
	arch      = regexp.MustCompile(`goarch: \w+\n(pkg: main\n)(?:cpu: .*\n)?`)
	goFile    = regexp.MustCompile(`(?m)^    \w+\.go:\d+: `)
)

// steady leaves out what is another one each time: folders, times, machines.
func (n *notebook) steady(text string) string {
	text = seconds.ReplaceAllString(strings.ReplaceAll(text, n.home, "$DIR"), "0.00s")
	text = benchmark.ReplaceAllString(text, "$1-N\tN\tN ns/op")
	return goFile.ReplaceAllString(arch.ReplaceAllString(text, "goarch: ARCH\n$1"), "    FILE: ")
}
