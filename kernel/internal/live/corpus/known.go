package corpus

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Known are differences that are known, each with its reason: by form and
// program.
type Known map[Form]map[string]string

// ReadKnown reads lines "form program reason". Empty lines, and those that
// begin with "#", say nothing.
func ReadKnown(r io.Reader) (Known, error) {
	known := Known{}
	lines := bufio.NewScanner(r)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		form, rest, _ := strings.Cut(line, " ")
		program, reason, _ := strings.Cut(strings.TrimSpace(rest), " ")
		if !slices.Contains(Forms, Form(form)) || reason == "" {
			return nil, fmt.Errorf("line %d is no \"form program reason\": %q", number, line)
		}
		if known[Form(form)] == nil {
			known[Form(form)] = map[string]string{}
		}
		known[Form(form)][program] = strings.TrimSpace(reason)
	}
	return known, lines.Err()
}
