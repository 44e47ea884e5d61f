package engine

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/engine/host"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
)

var (
	// cellPlace is a file name of a cell.
	cellPlace = regexp.MustCompile(`(?:^|/)(cell\[\d+\])$`)
	// statements is the function of a cell's statements.
	statements = regexp.MustCompile(`^main\.(?:main|gocell_statements)$`)
)

// traceback makes a panic's stack readable: it names cells and lines.
func traceback(message string, frames []host.Frame) []string {
	lines := []string{"panic: " + message, ""}
	for _, f := range frames {
		if f.Function == "" || strings.HasSuffix(f.Function, ".gocell_main") {
			continue // what calls the statements
		}
		place := fmt.Sprintf("%s:%d", f.File, f.Line)
		if c := cellPlace.FindStringSubmatch(f.File); c != nil {
			place = fmt.Sprintf("%s line %d", c[1], f.Line)
		}
		name := strings.TrimPrefix(library.GivenSymbol(library.WithoutVersions(f.Function)), "main.")
		if statements.MatchString(f.Function) {
			name = "the cell's statements"
		}
		lines = append(lines, place+": "+name)
	}
	return lines
}
