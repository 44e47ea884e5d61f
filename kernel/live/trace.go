package live

import (
	"regexp"
	"strings"
)

var (
	// traceFrame is the second line of a frame: the place.
	traceFrame = regexp.MustCompile(`^\t(.*?):(\d+)(?: \+0x[0-9a-f]+)?$`)
	// cellPlace is a place in a cell.
	cellPlace = regexp.MustCompile(`(?:^|/)(cell\[\d+\])$`)
	entryCall = regexp.MustCompile(`^(?:cell/\d+\.main|gocell\.gocell_main)\(`)
)

// traceback makes a goroutine's stack readable: it begins at the panic, names
// cells and lines, and leaves out the host's own frames.
func traceback(message, stack string) []string {
	lines := []string{"panic: " + message, ""}
	all := strings.Split(strings.TrimSpace(stack), "\n")
	begun := false
	for i := 1; i+1 < len(all); i += 2 {
		call, place := all[i], all[i+1]
		if strings.HasPrefix(call, "panic(") {
			begun = true
			lines = lines[:2]
			continue
		}
		if strings.Contains(call, "kernel/live/host.guarded") || strings.HasPrefix(call, "created by ") {
			break
		}
		m := traceFrame.FindStringSubmatch(place)
		if !begun || m == nil || strings.Contains(call, "kernel/live/host.") {
			continue
		}
		if c := cellPlace.FindStringSubmatch(m[1]); c != nil {
			name := strings.TrimPrefix(call, "gocell.")
			if entryCall.MatchString(call) {
				name = "the cell's statements"
			}
			lines = append(lines, c[1]+" line "+m[2]+": "+name)
			continue
		}
		if strings.HasPrefix(call, "runtime.") {
			continue
		}
		lines = append(lines, "    "+call, "        "+m[1]+":"+m[2])
	}
	return lines
}
