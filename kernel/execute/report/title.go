package report

import (
	"regexp"
	"strings"
)

var (
	// importLine begins an import in Go and in Python.
	importLine = regexp.MustCompile(`^(from\s+\S+\s+)?import\b`)
	// silentLine says nothing of what a cell does: where its statements begin,
	// comments of Go and Python, Go's package clause, and the line that opens a
	// group of declarations.
	silentLine = regexp.MustCompile(`^(%%|//.*|#.*|package\s+\w+|(var|const|type)\s*\()$`)
)

// title is the first line of a cell that says what it does. A cell of imports
// and comments alone goes by the first of them.
func title(source string) string {
	fallback := ""
	inImport, inComment := false, false
	for line := range strings.Lines(source) {
		line = strings.Join(strings.Fields(line), " ")
		if line == "" {
			continue
		}
		if fallback == "" || inImport && strings.HasSuffix(fallback, "(") {
			fallback = strings.TrimSuffix(fallback, "(") + line
		}
		if inComment {
			inComment = !strings.Contains(line, "*/")
			continue
		}
		code, _, _ := strings.Cut(line, "//")
		switch {
		case inImport:
			inImport = !strings.Contains(code, ")")
		case importLine.MatchString(line):
			inImport = strings.Contains(code, "(") && !strings.Contains(code, ")")
		case strings.HasPrefix(line, "/*"):
			inComment = !strings.Contains(line, "*/")
		case !silentLine.MatchString(line):
			return line
		}
	}
	return fallback
}
